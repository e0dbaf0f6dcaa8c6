#include "http/dispatcher.h"

#include <chrono>
#include <exception>
#include <utility>

#include "base/metrics.h"
#include "base/trace.h"
#include "http/lists.h"
#include "http/request_id.h"
#include "log/throttle.h"

namespace pollux::http {

Dispatcher::Dispatcher(const Service& service, std::string peer)
    : service_(service), peer_(std::move(peer)), from_proxy_(service.proxies.include(peer_)) {}

void Dispatcher::complete(Request& request, std::string& storage) const {
  request.peer = peer_;
  request.secure = service_.secure;
  request.forwarded = service_.proxied;
  if (from_proxy_) believe_proxy(request, storage);
}

void Dispatcher::believe_proxy(Request& request, std::string& storage) const {
  request.forwarded = true;
  const std::string_view id = request.fields->find(FieldId::kXRequestId).value_or("");
  if (is_request_id(id)) request.id = id;
  if (service_.proxies.field() == TrustedProxies::Field::kForwarded) {
    const auto elements = request.fields->find_list(FieldId::kForwarded, storage);
    const ForwardedElement said = service_.proxies.read_forwarded(elements.value_or(""));
    if (!said.client.empty()) request.peer = said.client;
    if (!said.scheme.empty()) request.secure = equals_ignoring_case(said.scheme, "https");
    return;
  }
  const auto addresses = request.fields->find_list(FieldId::kXForwardedFor, storage);
  const std::string_view client = service_.proxies.client_of(addresses.value_or(""));
  if (!client.empty()) request.peer = client;
  std::string several;  // The proxy's own is the last; earlier ones are its client's.
  if (const auto schemes = request.fields->find_list(FieldId::kXForwardedProto, several)) {
    const std::string_view last = trim_ows(schemes->substr(schemes->rfind(',') + 1));
    request.secure = equals_ignoring_case(last, "https");
  }
}

Dispatcher::Route Dispatcher::route(const Request& request, const net::ProtocolHost* connection) {
  Route route{.host = &service_.hosts.by_default()};
  if (service_.hosts.has_names()) look_for_host(route, request.host(), connection);
  route.handler = &route.host->router.find(request);
  return route;
}

// A client seldom asks for two hosts on one connection, so the last one is remembered. But a host as long as
// a header may be is not, since an idle connection would keep it.
void Dispatcher::look_for_host(Route& route, std::string_view name, const net::ProtocolHost* connection) {
  if (name.size() > Hosts::kMaxName) {
    route.misdirected = is_misdirected(name, connection);
    return;
  }
  if (!named_ || named_->name != name) {
    named_ = std::make_unique<NamedHost>(
        NamedHost{std::string(name), service_.hosts.find(name), is_misdirected(name, connection)});
  }
  route.host = &named_->host;
  route.misdirected = named_->misdirected;
}

// A client may send requests for one site through a connection that has proved another site's name (RFC 9110
// 15.5.20). Sites with several names stay apart.
bool Dispatcher::is_misdirected(std::string_view name, const net::ProtocolHost* connection) const {
  return service_.secure && connection != nullptr && !connection->is_certified_for(name);
}

std::optional<Response> Dispatcher::too_many(const Request& request, const Route& route,
                                             const Now& now) const {
  if (service_.rate_limit == nullptr) return std::nullopt;
  const std::chrono::nanoseconds wait = service_.rate_limit->wait_of(request.peer, now.steady);
  if (wait <= std::chrono::nanoseconds(0)) return std::nullopt;
  metrics::count(metrics::Counter::kRateLimited);
  Response response = route.host->errors.make(Status::kTooManyRequests, now);
  response.add_field("Retry-After", std::to_string(std::chrono::ceil<std::chrono::seconds>(wait).count()));
  return response;
}

std::optional<Response> Dispatcher::refuse(const Request& request, const Route& route, const Now& now) {
  if (request.path_error != PathError::kOk) {
    const bool slash = request.path_error == PathError::kEncodedSlash;
    return route.host->errors.make(slash ? Status::kNotFound : Status::kBadRequest, now);
  }
  if (route.misdirected) return route.host->errors.make(Status::kMisdirectedRequest, now);
  return std::nullopt;
}

void Dispatcher::run(const Route& route, Exchange& exchange) {
  if (trace::on()) {
    trace::note("route", "{} -> {}", exchange.request().path, route.host->router.name_of(*route.handler));
  }
  try {
    route.handler->handle(exchange);
    if (exchange.response() || exchange.pending()) return;
  } catch (const std::exception& error) {
    static log::Throttle throttle(10);
    throttle.log(log::Level::kError, "a handler failed: {}", error.what());
    if (exchange.pending()) return;  // Its Later has responded when it was dropped.
  }
  Response response = route.host->errors.make(Status::kInternalServerError, exchange.now());
  response.close = true;
  exchange.respond(std::move(response));
}

Expectation expectation_of(const Request& request) {
  std::string storage;
  const auto list = request.fields->find_list(FieldId::kExpect, storage);
  if (!list || request.version == Version::k10) return Expectation::kNone;
  Expectation result = Expectation::kNone;
  ListReader expectations(*list);
  while (const auto expectation = expectations.next()) {
    if (!equals_ignoring_case(*expectation, "100-continue")) return Expectation::kUnknown;
    result = Expectation::kContinue;
  }
  return result;
}

void count_answer(Status status, const Request* request) {
  using metrics::Counter;
  const auto first = static_cast<int>(Counter::kAnswers1xx);
  metrics::count(static_cast<Counter>(first + static_cast<int>(status) / 100 - 1));
  if (request == nullptr) return metrics::count(Counter::kOtherMethod);
  switch (request->method) {
    case Method::kGet: return metrics::count(Counter::kGet);
    case Method::kHead: return metrics::count(Counter::kHead);
    case Method::kPost: return metrics::count(Counter::kPost);
    default: return metrics::count(Counter::kOtherMethod);
  }
}

}  // namespace pollux::http
