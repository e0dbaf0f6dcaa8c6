#include "http2/request_head.h"

#include <charconv>
#include <utility>

#include "base/trace.h"
#include "http/chars.h"
#include "http/lists.h"

namespace pollux::http2 {

namespace {

using http::FieldId;
using http::Status;

constexpr std::size_t kFieldOverhead = 4;  // Octets: what ": " and CRLF are in HTTP/1.1.

// What proves who somebody is, is nobody else's business.
bool is_secret(std::string_view name) { return name == "cookie" || name == "authorization"; }

}  // namespace

RequestHead::Place RequestHead::keep(std::string_view text) {
  const Place place{static_cast<std::uint32_t>(octets_.size()), static_cast<std::uint32_t>(text.size())};
  octets_.append(text);
  return place;
}

void RequestHead::add(std::string_view name, std::string_view value) {
  if (trace::on()) trace::note("field", "{}: {}", name, is_secret(name) ? "..." : value);
  const bool pseudo = name.starts_with(':');
  if (!pseudo) field_octets_ += name.size() + value.size() + kFieldOverhead;
  if (error_) return;
  if (pseudo) {
    add_pseudo(name, value);
  } else {
    add_field(name, value);
  }
}

void RequestHead::add_pseudo(std::string_view name, std::string_view value) {
  if (value.size() > limits_.request_line) return fail(Status::kUriTooLong);
  if (name == ":method") {
    method_ = keep(value);
  } else if (name == ":scheme") {
    scheme_ = keep(value);
  } else if (name == ":authority") {
    authority_ = keep(value);
    has_authority_ = true;
  } else if (name == ":path") {
    path_ = keep(value);
  } else if (name == ":protocol") {
    protocol_ = keep(value);
  }
}

void RequestHead::add_field(std::string_view name, std::string_view value) {
  const bool too_many = fields_.size() >= limits_.header_fields;
  if (too_many || field_octets_ > limits_.headers) return fail(Status::kHeaderFieldsTooLarge);
  const FieldId id = http::field_id(name);
  if (id == FieldId::kCookie) {  // 8.2.3: it may come in crumbs, which are one field.
    cookies_.append(cookies_.empty() ? "" : "; ").append(value);
    return;
  }
  const Place name_place = keep(name);
  fields_.add(id, name_place, keep(value));
}

void RequestHead::finish() {
  if (!cookies_.empty()) {
    const Place name = keep("cookie");
    fields_.add(FieldId::kCookie, name, keep(cookies_));
  }
  if (has_authority_ && !fields_.has(FieldId::kHost)) {
    fields_.add(FieldId::kHost, authority_, authority_);
  }
  fields_.set_octets(octets_.data());
  check_host();
  check_target();
  read_content_length();
}

// 8.3.1: Host and :authority are the same, or which of them counts would depend on who reads.
void RequestHead::check_host() {
  const auto host = fields_.find(FieldId::kHost);
  if (!host || fields_.repeated(FieldId::kHost) || !http::valid_host(*host)) return fail(Status::kBadRequest);
  if (has_authority_ && !http::equals_ignoring_case(*host, view(authority_))) fail(Status::kBadRequest);
}

void RequestHead::check_target() {
  const bool tunnel = protocol_.length > 0;
  const http::Method method = http::parse_method(view(method_));
  if (!http::is_token(view(method_))) return fail(Status::kBadRequest);
  const bool connect = method == http::Method::kConnect && !tunnel;
  const std::string_view scheme = view(scheme_);
  if (!connect && scheme != "http" && scheme != "https") return fail(Status::kBadRequest);
  const auto target = http::parse_target(connect ? view(authority_) : view(path_));
  if (!target) return fail(Status::kBadRequest);
  using Form = http::Target::Form;
  const bool right = connect                           ? target->form == Form::kAuthority
                     : target->form == Form::kAsterisk ? method == http::Method::kOptions
                                                       : target->form == Form::kOrigin;
  if (!right) return fail(Status::kBadRequest);
  target_ = *target;
  if (!target_.path.empty()) decoded_ = http::normalise_path(target_.path, path_octets_);
}

// That it is right, and right about the octets of DATA, nghttp2 sees to (8.1.1).
void RequestHead::read_content_length() {
  const auto digits = fields_.find(FieldId::kContentLength);
  if (!digits) return;
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(digits->data(), digits->data() + digits->size(), length);
  if (error != std::errc() || end != digits->data() + digits->size()) return fail(Status::kBadRequest);
  content_length_ = length;
  if (length > limits_.body) fail(Status::kContentTooLarge);
}

http::Request RequestHead::request() const {
  const std::string_view method = view(method_);
  return {.method = http::parse_method(method),
          .version = http::Version::k20,
          .method_name = method,
          .target = path_.length > 0 ? view(path_) : view(authority_),
          .uri = target_,
          .path = decoded_.path,
          .path_error = decoded_.error,
          .fields = &fields_,
          .protocol = view(protocol_)};
}

}  // namespace pollux::http2
