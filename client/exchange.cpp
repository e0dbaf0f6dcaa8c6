#include "client/exchange.h"

#include <algorithm>
#include <initializer_list>

#include "http/chars.h"
#include "http/lists.h"

namespace pollux::client {

namespace {

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view other) { return http::equals_ignoring_case(name, other); });
}

Error invalid(std::string reason) { return {Stage::kRequest, ErrorKind::kInvalid, std::move(reason)}; }

}  // namespace

void Exchange::on_deadline(TimePoint now) {
  holder->end(*this, ErrorKind::kTimeout, now >= deadline ? "in all" : "of this stage");
}

void Exchange::begin_delivery(std::uint64_t max_body) {
  constexpr int kNoContent = 204;
  constexpr int kNotModified = 304;
  const bool has_content =
      request.method != "HEAD" && response.status != kNoContent && response.status != kNotModified;
  const bool followed = redirects && is_redirect(response);
  delivery.begin(response, followed ? nullptr : request.sink.get(), decodes && has_content, max_body);
}

std::optional<Error> check(Exchange& exchange) {
  const Request& request = exchange.request;
  const auto url = Url::parse(request.url);
  if (!url) return invalid("not an http or https URL: " + request.url);
  exchange.url = *url;
  if (!http::is_token(request.method) || request.method == "CONNECT") {
    return invalid("not a method: " + request.method);
  }
  for (const auto& [name, value] : request.fields) {
    if (!http::is_token(name) || !http::all_of(value, http::is_field_octet))
      return invalid("not a field: " + name);
    // Only we announce the length of the body: a second value might contradict ours.
    if (is_one_of(name, {"Content-Length", "Transfer-Encoding"}))
      return invalid(name + " is not for the caller");
  }
  if (request.source && !request.body.empty()) return invalid("two bodies");
  return std::nullopt;
}

bool is_idempotent(std::string_view method) {
  constexpr std::string_view kMethods[] = {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"};
  return std::find(std::begin(kMethods), std::end(kMethods), method) != std::end(kMethods);
}

bool is_redirect(const Response& response) {
  constexpr int kStatuses[] = {301, 302, 303, 307, 308};
  return std::find(std::begin(kStatuses), std::end(kStatuses), response.status) != std::end(kStatuses) &&
         response.find("Location") != nullptr;
}

std::optional<Error> follow_redirect(Exchange& exchange, unsigned max) {
  const auto refuse = [](ErrorKind kind, std::string reason) {
    return Error{Stage::kRedirect, kind, std::move(reason)};
  };
  const std::string location = *exchange.response.find("Location");
  const auto url = exchange.url.resolve(location);
  if (exchange.response.redirects >= max)
    return refuse(ErrorKind::kTooMany, "more than " + std::to_string(max));
  if (!url) return refuse(ErrorKind::kProtocol, "not an http or https URL: " + location);
  if (exchange.url.https && !url->https) return refuse(ErrorKind::kProtocol, "from https to " + location);
  Request& request = exchange.request;
  const int status = exchange.response.status;
  // RFC 9110 15.4: a 303 leads to a GET; after 301 and 302, all clients turn a POST into one, too.
  if ((status == 303 && request.method != "HEAD") || (status < 303 && request.method == "POST")) {
    request.method = "GET";
    request.body.clear();
    request.source.reset();
    std::erase_if(request.fields, [](const HeaderField& field) {
      return is_one_of(field.name, {"Content-Type", "Content-Encoding", "Content-Language"});
    });
  }
  if (request.source) return refuse(ErrorKind::kInvalid, "the body cannot be sent again to " + location);
  if (url->origin() != exchange.url.origin()) {
    std::erase_if(request.fields, [](const HeaderField& field) {
      return is_one_of(field.name, {"Authorization", "Cookie", "Host", "Proxy-Authorization"});
    });
  }
  exchange.url = *url;
  exchange.response = {
      .status = 0, .fields = {}, .body = {}, .url = {}, .redirects = exchange.response.redirects + 1};
  exchange.fresh = false;
  exchange.repeats = 0;
  return std::nullopt;
}

}  // namespace pollux::client
