#include "client/response_parser.h"

#include <array>
#include <charconv>
#include <utility>

#include "http/chars.h"
#include "http/field_line.h"
#include "http/fields.h"
#include "http/lists.h"

namespace pollux::client {

void ResponseParser::start(bool head, HeaderFields* fields, std::string* body, bool streamed) {
  fields_ = fields;
  content_ = body;
  head_ = head;
  streamed_ = streamed;
  state_ = State::kStatusLine;
  fault_ = Fault::kNone;
  keep_alive_ = false;
  said_.status = 0;
  head_octets_ = head_lines_ = 0;
  until_close_ = 0;
  folded_.reset();
  scanner_.reset();
  body_ = {};
}

ResponseParser::Result ResponseParser::fail(Fault fault) {
  fault_ = fault;
  keep_alive_ = false;
  return Result::kError;
}

ResponseParser::Result ResponseParser::parse(Buffer& in) {
  if (fault_ != Fault::kNone) return Result::kError;
  while (state_ <= State::kFields) {
    const State before = state_;
    const std::size_t octets = in.size();
    const Result result = parse_head_line(in);
    if (result != Result::kNeedMore) return result;
    if (state_ == before && in.size() == octets) return result;
  }
  switch (state_) {
    case State::kBody: return parse_body(in);
    case State::kUntilClose: return parse_until_close(in);
    default: return Result::kComplete;
  }
}

ResponseParser::Result ResponseParser::skip_head(const Head& known) {
  said_ = known;
  return finish_head();
}

// Parses one line of the head. kNeedMore also after a line that was consumed.
ResponseParser::Result ResponseParser::parse_head_line(Buffer& in) {
  const http::Line line = scanner_.next(in.readable());
  if (head_octets_ + line.length > limits_.headers) return fail(Fault::kHeadersTooLarge);
  if (line.status == http::LineStatus::kOpen) return Result::kNeedMore;
  const bool first = state_ == State::kStatusLine;
  if (line.status == http::LineStatus::kBad) return fail(first ? Fault::kBadStatusLine : Fault::kBadField);
  Result result = Result::kNeedMore;
  if (first) {
    if (!parse_status_line(line.text)) return fail(Fault::kBadStatusLine);
    state_ = State::kFields;
  } else if (line.text.empty()) {
    result = finish_head();
  } else {
    const std::string_view after = in.readable().substr(line.text.size() + 2);
    if (after.empty() && may_be_folded(line.text)) return Result::kNeedMore;
    result = parse_field_line(line.text, !after.empty() && http::is_ows(after.front()));
  }
  head_octets_ += static_cast<std::uint32_t>(line.text.size() + 2);
  in.consume(line.text.size() + 2);
  return result;
}

// HTTP-version SP status-code SP [reason-phrase]; the last space is missing now and then, and that is
// harmless.
bool ResponseParser::parse_status_line(std::string_view line) {
  if (line.size() < 12 || !line.starts_with("HTTP/1.") || !http::is_digit(line[7]) || line[8] != ' ')
    return false;
  said_ = {};
  for (const char c : line.substr(9, 3)) {
    if (!http::is_digit(c)) return false;
    said_.status = said_.status * 10 + (c - '0');
  }
  if (said_.status < 100) return false;
  if (line.size() > 12 && (line[12] != ' ' || !http::all_of(line.substr(12), http::is_field_octet)))
    return false;
  said_.version_11 = line[7] != '0';
  return true;
}

// Whether the next octet could turn this line from a fault into the beginning of a longer field.
bool ResponseParser::may_be_folded(std::string_view line) const {
  return head_lines_ < limits_.header_fields && (folded_ || http::parse_field_line(line));
}

// `goes_on`: the next line belongs to the same field, since it begins with a space or a tab (RFC 9112 5.2).
// A line that cannot begin a field is a fault at once, whatever follows it.
ResponseParser::Result ResponseParser::parse_field_line(std::string_view line, bool goes_on) {
  if (++head_lines_ > limits_.header_fields) return fail(Fault::kHeadersTooLarge);
  if (!folded_ && !(goes_on && http::parse_field_line(line))) return parse_field(line);
  if (!folded_) folded_ = std::make_unique<std::string>();
  folded_->append(line);
  if (goes_on) return Result::kNeedMore;  // Between the lines stands the space the next one begins with.
  const auto field = std::exchange(folded_, nullptr);
  return parse_field(*field);
}

ResponseParser::Result ResponseParser::parse_field(std::string_view line) {
  const auto field = http::parse_field_line(line);
  if (!field) return fail(Fault::kBadField);
  if (fields_ != nullptr) fields_->push_back({std::string(field->name), std::string(field->value)});
  switch (http::field_id(field->name)) {
    case http::FieldId::kConnection:
      said_.close = said_.close || http::has_token(field->value, "close");
      said_.keep = said_.keep || http::has_token(field->value, "keep-alive");
      break;
    case http::FieldId::kContentLength: {
      if (said_.has_length || field->value.empty() || !http::all_of(field->value, http::is_digit)) {
        return fail(Fault::kBadFraming);
      }
      const char* end = field->value.data() + field->value.size();
      if (std::from_chars(field->value.data(), end, said_.length).ec != std::errc())
        return fail(Fault::kBodyTooLarge);
      said_.has_length = true;
      break;
    }
    case http::FieldId::kTransferEncoding:
      if (said_.chunked) return fail(Fault::kBadFraming);
      if (!http::equals_ignoring_case(field->value, "chunked")) return fail(Fault::kUnsupportedCoding);
      said_.chunked = true;
      break;
    default: break;
  }
  return Result::kNeedMore;
}

// RFC 9112 6.3: which of the three framings the body has.
ResponseParser::Result ResponseParser::finish_head() {
  if (said_.status == 101) return fail(Fault::kUnexpectedUpgrade);
  if (said_.status < 200) {  // Another head follows. Their number is bounded, as they all count as one head.
    if (fields_ != nullptr) fields_->clear();
    state_ = State::kStatusLine;
    return Result::kNeedMore;
  }
  if (said_.chunked && (said_.has_length || !said_.version_11)) return fail(Fault::kBadFraming);
  keep_alive_ = !said_.close && (said_.version_11 || said_.keep);
  if (head_ || said_.status == 204 || said_.status == 304) {
    state_ = State::kDone;
    return Result::kComplete;
  }
  if (said_.chunked) {
    body_.start_chunked();
    state_ = State::kBody;
  } else if (said_.has_length) {
    if (said_.length > max_body()) return fail(Fault::kBodyTooLarge);
    body_.start_fixed(said_.length);
    state_ = State::kBody;
  } else {
    keep_alive_ = false;
    state_ = State::kUntilClose;
  }
  return Result::kNeedMore;
}

ResponseParser::Result ResponseParser::parse_body(Buffer& in) {
  using Read = http::BodyReader::Result;
  const http::BodyReader::Limits limits{max_body(), limits_.headers};
  for (;;) {
    switch (body_.read(in, limits)) {
      case Read::kContent:
        if (content_ != nullptr) content_->append(body_.content());
        continue;
      case Read::kNeedMore: return Result::kNeedMore;
      case Read::kError:
        return fail(body_.error_status() == http::Status::kContentTooLarge ? Fault::kBodyTooLarge
                                                                           : Fault::kBadChunk);
      case Read::kComplete: break;
    }
    state_ = State::kDone;
    return Result::kComplete;
  }
}

ResponseParser::Result ResponseParser::parse_until_close(Buffer& in) {
  if (in.size() > max_body() - until_close_) return fail(Fault::kBodyTooLarge);
  until_close_ += in.size();
  if (content_ != nullptr) content_->append(in.readable());
  in.consume(in.size());
  return Result::kNeedMore;
}

ResponseParser::Result ResponseParser::end_of_input() {
  if (fault_ != Fault::kNone) return Result::kError;
  if (state_ == State::kUntilClose) state_ = State::kDone;
  return state_ == State::kDone ? Result::kComplete : Result::kError;
}

ErrorKind kind_of_fault(ResponseParser::Fault fault) {
  using Fault = ResponseParser::Fault;
  const bool large = fault == Fault::kHeadersTooLarge || fault == Fault::kBodyTooLarge;
  return large ? ErrorKind::kTooLarge : ErrorKind::kProtocol;
}

std::string_view reason_of_fault(ResponseParser::Fault fault) {
  constexpr std::array<std::string_view, 9> kReasons = {"nothing wrong",
                                                        "not the beginning of an HTTP/1 response",
                                                        "a malformed header field",
                                                        "the head is too large",
                                                        "contradictory framing",
                                                        "a transfer coding other than chunked",
                                                        "a malformed chunk",
                                                        "the body is too large",
                                                        "an upgrade that nobody asked for"};
  return kReasons.at(static_cast<std::size_t>(fault));
}

}  // namespace pollux::client
