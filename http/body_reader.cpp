#include "http/body_reader.h"

#include <algorithm>

#include "http/chars.h"
#include "http/field_line.h"
#include "http/lists.h"

namespace pollux::http {

namespace {

constexpr std::size_t kUsualDigits = 16;  // For a size; further digits can only be leading zeros.

// Removes leading `wanted` octets from `text`, and returns whether there were any.
bool skip(std::string_view& text, bool (*wanted)(char)) {
  std::size_t octets = 0;
  while (octets < text.size() && wanted(text[octets])) ++octets;
  text.remove_prefix(octets);
  return octets > 0;
}

bool skip(std::string_view& text, char wanted) {
  if (!text.starts_with(wanted)) return false;
  text.remove_prefix(1);
  return true;
}

// RFC 9110 5.6.4
bool skip_quoted_string(std::string_view& text) {
  if (!skip(text, '"')) return false;
  while (!text.empty() && text.front() != '"') {
    if (skip(text, '\\') && text.empty()) return false;
    if (!is_field_octet(text.front())) return false;
    text.remove_prefix(1);
  }
  return skip(text, '"');
}

// *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] ), RFC 9112 7.1.1
bool valid_extensions(std::string_view text) {
  while (!text.empty()) {
    skip(text, is_ows);
    if (!skip(text, ';')) return false;
    skip(text, is_ows);
    if (!skip(text, is_tchar)) return false;
    std::string_view value = text;
    skip(value, is_ows);
    if (!skip(value, '=')) continue;
    skip(value, is_ows);
    if (!skip(value, is_tchar) && !skip_quoted_string(value)) return false;
    text = value;
  }
  return true;
}

}  // namespace

std::optional<std::uint64_t> parse_chunk_size(std::string_view digits) {
  if (digits.empty()) return std::nullopt;
  std::uint64_t size = 0;
  for (const char c : digits) {
    if (!is_hex(c) || size >> 60 != 0) return std::nullopt;
    size = size << 4 | static_cast<std::uint64_t>(hex_value(c));
  }
  return size;
}

void BodyReader::start_fixed(std::uint64_t length) {
  *this = {};
  state_ = State::kFixed;
  left_ = length;
}

void BodyReader::start_chunked() {
  *this = {};
  state_ = State::kChunkSize;
}

BodyReader::Result BodyReader::fail(Status status) {
  error_status_ = status;
  return Result::kError;
}

BodyReader::Result BodyReader::read(Buffer& in, const Limits& limits) {
  for (;;) {
    std::optional<Result> result;
    switch (state_) {
      case State::kFixed:
        if (!within(limits, left_)) return fail(Status::kContentTooLarge);
        if (left_ > 0) return take_content(in);
        state_ = State::kDone;
        break;
      case State::kChunkSize: result = read_size_line(in, limits); break;
      case State::kChunkData:
        if (left_ > 0) return take_content(in);
        state_ = State::kChunkEnd;
        break;
      case State::kChunkEnd: result = read_chunk_end(in); break;
      case State::kTrailers: result = read_trailer(in, limits); break;
      case State::kDone: return Result::kComplete;
    }
    if (result) return *result;
  }
}

bool BodyReader::within(const Limits& limits, std::uint64_t more) const {
  return received_ <= limits.body && more <= limits.body - received_;
}

BodyReader::Result BodyReader::take_content(Buffer& in) {
  const auto octets = static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size()));
  if (octets == 0) return Result::kNeedMore;
  content_ = in.readable().substr(0, octets);
  in.consume(octets);
  left_ -= octets;
  received_ += octets;
  return Result::kContent;
}

// chunk-size [ chunk-ext ] CRLF. Extensions are read and discarded (RFC 9112 7.1.1), within a limit.
std::optional<BodyReader::Result> BodyReader::read_size_line(Buffer& in, const Limits& limits) {
  const Line line = scanner_.next(in.readable());
  if (line.status == LineStatus::kBad || line.length > kLongestSizeLine) return fail(Status::kBadRequest);
  if (line.status == LineStatus::kOpen) return Result::kNeedMore;
  std::string_view extensions = line.text;
  skip(extensions, is_hex);
  const std::string_view digits = line.text.substr(0, line.text.size() - extensions.size());
  const auto size = parse_chunk_size(digits);
  overhead_ += extensions.size() + std::max(digits.size(), kUsualDigits) - kUsualDigits;
  if (overhead_ > limits.overhead) return fail(Status::kBadRequest);
  if (!size || !valid_extensions(extensions)) return fail(Status::kBadRequest);
  if (!within(limits, *size)) return fail(Status::kContentTooLarge);
  in.consume(line.text.size() + 2);
  left_ = *size;
  state_ = left_ == 0 ? State::kTrailers : State::kChunkData;
  if (left_ == 0) overhead_ = 0;
  return std::nullopt;
}

std::optional<BodyReader::Result> BodyReader::read_chunk_end(Buffer& in) {
  const std::string_view octets = in.readable();
  if (!octets.empty() && octets[0] != '\r') return fail(Status::kBadRequest);
  if (octets.size() < 2) return Result::kNeedMore;
  if (octets[1] != '\n') return fail(Status::kBadRequest);
  in.consume(2);
  state_ = State::kChunkSize;
  return std::nullopt;
}

// Trailer fields are checked like header fields and then dropped: none is defined for what is served here.
std::optional<BodyReader::Result> BodyReader::read_trailer(Buffer& in, const Limits& limits) {
  const Line line = scanner_.next(in.readable());
  if (overhead_ + line.length > limits.overhead) return fail(Status::kHeaderFieldsTooLarge);
  if (line.status == LineStatus::kBad) return fail(Status::kBadRequest);
  if (line.status == LineStatus::kOpen) return Result::kNeedMore;
  overhead_ += line.length;
  if (line.text.empty()) {
    state_ = State::kDone;
  } else if (!parse_field_line(line.text)) {
    return fail(Status::kBadRequest);
  }
  in.consume(line.text.size() + 2);
  return std::nullopt;
}

}  // namespace pollux::http
