#include "http/http1_session.h"

#include <chrono>
#include <exception>

#include "base/metrics.h"
#include "base/trace.h"
#include "http/date.h"
#include "http/lists.h"
#include "log/throttle.h"

namespace pollux::http {

namespace {

constexpr int kPipelined = 32;                  // Answers queued before they are sent,
constexpr std::uint64_t kQueued = 1024 * 1024;  // or octets.

std::string_view date_of(const Now& now) {
  return cached_date(std::chrono::floor<std::chrono::seconds>(now.wall));
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

enum class Expectation { kNone, kContinue, kUnknown };

// RFC 9110 10.1.1: a list, of which one element is defined; from a client of HTTP/1.0 it is ignored.
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

}  // namespace

Http1Session::Http1Session(const Service& service, std::string peer)
    : service_(service),
      peer_(std::move(peer)),
      log_(service.access_log == nullptr ? nullptr : std::make_unique<SentLog>(*service.access_log, peer_)) {}

Request Http1Session::current_request() const {
  Request request = parser_->request();
  request.peer = peer_;
  request.secure = service_.secure;
  return request;
}

net::Protocol::Step Http1Session::on_input(Io io) {
  if (log_ && io.out.empty()) log_->write_until(io.out.consumed(), false);
  if (!parser_) parser_ = std::make_unique<RequestParser>(service_.limits);
  for (int answers = 0; answers < kPipelined && io.out.size() < kQueued;) {
    if (log_ && !io.in.empty()) log_->begin_request(io.now.steady);
    switch (parser_->parse(io.in)) {
      case RequestParser::Result::kNeedMore: return wait_for_input(io);
      case RequestParser::Result::kHead:
        if (accept_head(io)) continue;
        return {.next = Next::kLinger};
      case RequestParser::Result::kError: {
        const bool head_was_good = parser_->in_body();
        const Request request = head_was_good ? current_request() : Request();
        answer_error(io, parser_->error_status(), head_was_good ? &request : nullptr);
        return {.next = Next::kLinger};
      }
      case RequestParser::Result::kComplete: break;
    }
    if (must_block(io)) return {.next = Next::kBlock};  // And find it complete again, there.
    answer_request(io);
    if (successor_) return {.next = Next::kSwitch};
    ++answers;
    // A client that did not ask for the end may be sending its next request.
    const Next end = parser_->keep_alive() ? Next::kLinger : Next::kClose;
    parser_->reset();
    body_seen_ = 0;
    if (closing_) return {.next = end};
  }
  return {};
}

net::Protocol::Step Http1Session::wait_for_input(const Io& io) {
  // The client has gone, or a part of a request is all it will ever send.
  if (io.end_of_input) return {.next = Next::kClose};
  if (parser_->in_body()) {
    const bool progressed = parser_->body_received() > body_seen_;
    body_seen_ = parser_->body_received();
    return {.phase = net::Phase::kBody, .restart = progressed};
  }
  const bool between_requests = requests_ > 0 && !parser_->in_head() && io.in.empty();
  return {.phase = between_requests ? net::Phase::kKeepAlive : net::Phase::kHeader};
}

bool Http1Session::must_block(const Io& io) const {
  if (io.may_block) return false;
  const Request request = current_request();
  return request.path_error == PathError::kOk && service_.router.find(request).blocks(request);
}

// A complete request.
void Http1Session::answer_request(const Io& io) {
  ++requests_;
  const Request request = current_request();
  if (expectation_of(request) == Expectation::kUnknown) {
    answer(io, service_.errors.make(Status::kExpectationFailed, io.now), &request);
  } else {
    Response response = handle(request, io.now);
    answer(io, response, &request);
    successor_ = std::move(response.successor);
  }
}

Response Http1Session::handle(const Request& request, const Now& now) const {
  if (request.path_error == PathError::kEncodedSlash) return service_.errors.make(Status::kNotFound, now);
  if (request.path_error != PathError::kOk) return service_.errors.make(Status::kBadRequest, now);
  try {
    Handler& handler = service_.router.find(request);
    if (trace::on()) trace::note("route", "{} -> {}", request.path, service_.router.name_of(handler));
    return handler.handle(request, now);
  } catch (const std::exception& error) {
    static log::Throttle throttle(10);
    throttle.log(log::Level::kError, "{} {}: {}", request.method_name, request.target, error.what());
  }
  Response response = service_.errors.make(Status::kInternalServerError, now);
  response.close = true;
  return response;
}

// A head that announces a body. false: it has been answered already, and the connection ends.
bool Http1Session::accept_head(const Io& io) {
  const Request request = current_request();
  const Expectation expectation = expectation_of(request);
  const Handler& handler = service_.router.find(request);
  const bool wanted = handler.wants_body(request);
  if (!wanted) parser_->discard_body();
  if (expectation == Expectation::kNone) return true;
  if (expectation == Expectation::kUnknown) {
    answer_error(io, Status::kExpectationFailed, &request);
    return false;
  }
  if (!wanted && !handler.blocks(request)) {
    // The client waits to hear whether to send the body. It need not: the final answer comes instead.
    closing_ = true;
    answer(io, handle(request, io.now), &request);
    return false;
  }
  if (io.in.empty()) io.out.append({status_line(Status::kContinue), "\r\n"});
  return true;
}

void Http1Session::answer(const Io& io, const Response& response, const Request* request,
                          std::string_view fields) {
  const bool last = request == nullptr || !parser_->keep_alive() ||
                    requests_ >= service_.keepalive_requests ||
                    service_.draining.load(std::memory_order_relaxed);
  closing_ = closing_ || response.close || (last && !response.successor);
  const std::uint64_t body =
      write_response(io.out, response,
                     {.date = date_of(io.now),
                      .with_body = request == nullptr || request->method != Method::kHead,
                      .keep_alive = !closing_,
                      .http10 = request != nullptr && request->version == Version::k10,
                      .fields = fields});
  count_answer(response.status, request);
  if (trace::on()) {
    trace::note("answer", "{}, {} octets of content; the connection {}", static_cast<int>(response.status),
                body,
                closing_             ? "ends"
                : response.successor ? "is a WebSocket from now on"
                                     : "is kept");
    trace::answered();
  }
  if (!log_) return;
  log_->note(response.status, request, io.in.readable(), body, io.out.consumed() + io.out.size(), io.now);
}

void Http1Session::answer_error(const Io& io, Status status, const Request* request) {
  closing_ = true;
  answer(io, service_.errors.make(status, io.now), request);
}

void Http1Session::on_trouble(Io io, Trouble trouble) {
  closing_ = true;
  switch (trouble) {
    case Trouble::kDeadline: {
      // RFC 9110 15.5.9. To a client that has sent nothing at all there is nothing to say.
      const bool begun = parser_ && (parser_->in_head() || parser_->in_body());
      if (begun || !io.in.empty()) answer_error(io, Status::kRequestTimeout);
      return;
    }
    case Trouble::kOverload: {
      Response response = service_.errors.make(Status::kServiceUnavailable, io.now);
      response.add_field("Retry-After", "1");
      const bool known = parser_ && parser_->complete();  // It should have blocked.
      const Request request = known ? current_request() : Request();
      return answer(io, response, known ? &request : nullptr);
    }
    case Trouble::kNotEncrypted: {
      Response response;
      response.status = Status::kBadRequest;
      response.body = "This port speaks HTTPS. Ask for an address that begins with https://\n";
      response.add_field("Content-Type", "text/plain; charset=utf-8");
      response.add_content_length();
      return answer(io, response, nullptr, {});  // What is said of https does not hold for it (RFC 6797 7.2).
    }
  }
}

void Http1Session::on_close(std::uint64_t sent) {
  if (log_) log_->write_until(sent, true);
}

std::unique_ptr<net::Protocol> Http1Session::successor() { return std::move(successor_); }

void Http1Session::trim() {
  if (parser_ && parser_->untouched()) parser_.reset();
  if (log_) log_->trim();
}

}  // namespace pollux::http
