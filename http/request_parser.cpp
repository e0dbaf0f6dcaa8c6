#include "http/request_parser.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/trace.h"
#include "http/chars.h"
#include "http/field_line.h"
#include "http/lists.h"

namespace pollux::http {

namespace {

constexpr std::uint8_t kMaxBlankLines = 4;  // RFC 9112 2.2: "at least one empty line" is to be ignored.

// A method, or an empty line before it. TLS, SOCKS and most other protocols begin otherwise, and their
// clients would wait for a response without ever sending a line.
bool may_begin_a_request(std::string_view octets) {
  return octets.empty() || is_tchar(octets.front()) || octets.front() == '\r';
}

// std::nullopt: malformed. A minor version above 1 is treated as 1.1 (RFC 9110 2.5).
std::optional<int> major_version(std::string_view text, Version& version) {
  if (text.size() != 8 || text.substr(0, 5) != "HTTP/" || text[6] != '.') return std::nullopt;
  if (!is_digit(text[5]) || !is_digit(text[7])) return std::nullopt;
  version = text[7] == '0' ? Version::k10 : Version::k11;
  return text[5] - '0';
}

}  // namespace

void RequestParser::reset() {
  state_ = State::kRequestLine;
  scanner_.reset();
  parsed_ = 0;
  blank_lines_ = 0;
  keep_body_ = true;
  fields_.clear();
  head_ = nullptr;
  head_copy_.clear();
  forget_secret();
  body_octets_.consume(body_octets_.size());
  body_octets_.trim();
}

void RequestParser::forget_secret() {
  if (!std::exchange(secret_, false)) return;
  body_octets_.consume(body_octets_.size());
  body_octets_.wipe();
}

RequestParser::Result RequestParser::fail(Status status) {
  error_status_ = status;
  return Result::kError;
}

FieldTable::Place RequestParser::place(std::string_view text, std::string_view line) const {
  return {parsed_ + static_cast<std::uint32_t>(text.data() - line.data()),
          static_cast<std::uint32_t>(text.size())};
}

RequestParser::Result RequestParser::parse(Buffer& in) {
  while (state_ == State::kRequestLine || state_ == State::kFields) {
    if (state_ == State::kRequestLine && !may_begin_a_request(in.readable()))
      return fail(Status::kBadRequest);
    const Line line = scanner_.next(in.readable().substr(parsed_));
    // The limits come first, so that a line has the same result whole and in pieces.
    if (state_ == State::kRequestLine && line.length > limits_.request_line) return fail(Status::kUriTooLong);
    if (state_ == State::kFields && parsed_ - fields_begin_ + line.length > limits_.headers) {
      return fail(Status::kHeaderFieldsTooLarge);
    }
    if (line.status == LineStatus::kOpen) {
      if (line.length > 0) trace::note("parser", "a line is not complete: {} octets of it", line.length);
      return Result::kNeedMore;
    }
    if (line.status == LineStatus::kBad) return fail(Status::kBadRequest);
    if (trace::on()) trace_line(line.text);
    const Result result = parse_head_line(in, line);
    if (result != Result::kNeedMore) return result;
  }
  return state_ == State::kDone ? Result::kComplete : parse_body(in);
}

// A trace must not reveal credentials.
void RequestParser::trace_line(std::string_view line) const {
  const auto field = state_ == State::kFields ? parse_field_line(line) : std::nullopt;
  const bool secret = field && (equals_ignoring_case(field->name, "cookie") ||
                                equals_ignoring_case(field->name, "authorization"));
  trace::note("parser", "{} <- {}", state_ == State::kRequestLine ? "kRequestLine" : "kFields",
              secret         ? field->name
              : line.empty() ? std::string_view("(the empty line)")
                             : line);
}

// kNeedMore: go on with the next line.
RequestParser::Result RequestParser::parse_head_line(Buffer& in, Line line) {
  if (state_ == State::kRequestLine && line.text.empty()) {
    in.consume(2);
    return ++blank_lines_ > kMaxBlankLines ? fail(Status::kBadRequest) : Result::kNeedMore;
  }
  head_ = in.readable().data();
  if (state_ == State::kRequestLine) {
    if (!parse_request_line(line.text)) return Result::kError;
    state_ = State::kFields;
  } else if (!line.text.empty()) {
    if (!parse_field(line.text)) return Result::kError;
  } else {
    parsed_ += 2;
    return finish_head(in);
  }
  parsed_ += static_cast<std::uint32_t>(line.text.size()) + 2;
  if (fields_.size() == 0) fields_begin_ = parsed_;
  return Result::kNeedMore;
}

// method SP request-target SP HTTP-version (RFC 9112 3)
bool RequestParser::parse_request_line(std::string_view line) {
  error_status_ = Status::kBadRequest;
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return false;
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  if (!is_token(method) || target.empty()) return false;
  const auto major = major_version(line.substr(last + 1), version_);
  if (!major) return false;
  if (*major != 1) {
    error_status_ = Status::kVersionNotSupported;
    return false;
  }
  method_ = parse_method(method);
  method_name_ = place(method, line);
  target_ = place(target, line);
  return true;
}

bool RequestParser::parse_field(std::string_view line) {
  const auto field = parse_field_line(line);
  if (!field) {
    error_status_ = Status::kBadRequest;
    return false;
  }
  if (fields_.size() >= limits_.header_fields) {
    error_status_ = Status::kHeaderFieldsTooLarge;
    return false;
  }
  fields_.add(field_id(field->name), place(field->name, line), place(field->value, line));
  return true;
}

RequestParser::Result RequestParser::finish_head(Buffer& in) {
  fields_.set_octets(head_);
  std::uint64_t length = 0;
  error_status_ = Status::kBadRequest;
  const Framing how = framing(length);
  if (how == Framing::kInvalid || !check_target_and_host()) return Result::kError;
  decide_keep_alive();

  if (how == Framing::kNone) {
    in.consume(parsed_);  // Its octets stay where they are until more input is read.
    state_ = State::kDone;
    return Result::kComplete;
  }
  own_head();
  in.consume(parsed_);
  scanner_.reset();
  body_limit_ = limits_.body;
  if (how == Framing::kFixed) {
    body_.start_fixed(length);
  } else {
    body_.start_chunked();
  }
  state_ = State::kBody;
  return Result::kHead;
}

void RequestParser::own_head() {
  if (head_ == head_copy_.data()) return;
  head_copy_.assign(head_, parsed_);
  head_ = head_copy_.data();
  fields_.set_octets(head_);
  (void)check_target_and_host();  // Again: the parts of the target are views.
}

// RFC 9112 3.2 and 3.3: the forms of target that a method allows, and the rules for Host.
bool RequestParser::check_target_and_host() {
  const auto target = parse_target(view(target_));
  if (!target) return false;
  if ((target->form == Target::Form::kAuthority) != (method_ == Method::kConnect)) return false;
  if (target->form == Target::Form::kAsterisk && method_ != Method::kOptions) return false;
  uri_ = *target;
  path_ = uri_.path.empty() ? PathResult() : normalise_path(uri_.path, path_octets_);

  const auto host = fields_.find(FieldId::kHost);
  if (fields_.repeated(FieldId::kHost)) return false;
  if (!host) return version_ == Version::k10;
  return valid_host(*host);
}

// RFC 9112 6.3. Every ambiguous framing is invalid.
RequestParser::Framing RequestParser::framing(std::uint64_t& length) {
  const auto coding = fields_.find(FieldId::kTransferEncoding);
  const auto digits = fields_.find(FieldId::kContentLength);
  if (coding) {
    if (digits || version_ == Version::k10 || fields_.repeated(FieldId::kTransferEncoding))
      return Framing::kInvalid;
    if (equals_ignoring_case(*coding, "chunked")) return Framing::kChunked;
    // A coding before chunked is well-framed, but none is implemented here (RFC 9112 6.1).
    ListReader codings(*coding);
    std::string_view last;
    int chunked = 0;
    while (const auto element = codings.next()) {
      last = *element;
      if (equals_ignoring_case(last, "chunked")) ++chunked;
    }
    if (chunked == 1 && equals_ignoring_case(last, "chunked")) error_status_ = Status::kNotImplemented;
    return Framing::kInvalid;
  }
  if (!digits) return Framing::kNone;
  if (fields_.repeated(FieldId::kContentLength)) return Framing::kInvalid;
  if (digits->empty() || !all_of(*digits, is_digit)) return Framing::kInvalid;
  const auto [end, error] = std::from_chars(digits->data(), digits->data() + digits->size(), length);
  if (error != std::errc() || length > limits_.body) {
    error_status_ = Status::kContentTooLarge;
    return Framing::kInvalid;
  }
  return length == 0 ? Framing::kNone : Framing::kFixed;
}

void RequestParser::decide_keep_alive() {
  std::string storage;
  const auto options = fields_.find_list(FieldId::kConnection, storage);
  keep_alive_ = version_ == Version::k11;
  if (!options) return;
  if (version_ == Version::k10) keep_alive_ = has_token(*options, "keep-alive");
  if (has_token(*options, "close")) keep_alive_ = false;
}

bool RequestParser::limit_body(std::uint64_t octets) {
  body_limit_ = std::min(octets, limits_.body);
  if (body_.announced() <= body_limit_) return true;
  error_status_ = Status::kContentTooLarge;
  return false;
}

RequestParser::Result RequestParser::parse_body(Buffer& in) {
  using Read = BodyReader::Result;
  const BodyReader::Limits limits{body_limit_, limits_.headers};
  for (;;) {
    switch (body_.read(in, limits)) {
      case Read::kContent:
        if (keep_body_) body_octets_.append(body_.content());
        continue;
      case Read::kNeedMore: return Result::kNeedMore;
      case Read::kError: return fail(body_.error_status());
      case Read::kComplete: break;
    }
    state_ = State::kDone;
    return Result::kComplete;
  }
}

Request RequestParser::request() const {
  return {.method = method_,
          .version = version_,
          .method_name = view(method_name_),
          .target = view(target_),
          .uri = uri_,
          .path = path_.path,
          .path_error = path_.error,
          .fields = &fields_,
          .body = body_octets_.readable()};
}

}  // namespace pollux::http
