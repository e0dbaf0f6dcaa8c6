#include "http/http1_session.h"

#include <fmt/format.h>

#include <utility>

#include "base/trace.h"
#include "http/date.h"
#include "net/terms.h"

namespace pollux::http {

namespace {

constexpr int kPipelined = 32;                  // Responses queued before they are sent,
constexpr std::uint64_t kQueued = 1024 * 1024;  // or octets.
constexpr std::size_t kPiece = 64 * 1024;       // Octets asked of a source at a time.

}  // namespace

// The session's services for a kept exchange.
class Http1Session::Host final : public ExchangeHost {
 public:
  Host(Http1Session& session, const Io& io) : session_(session), io_(io) {}

  Owned own_request() override {
    struct Octets {
      std::unique_ptr<AtHand> at_hand;
      std::string peer;
    };
    auto octets = std::make_shared<Octets>();
    std::shared_ptr<net::Waker> waker = io_.connection != nullptr ? io_.connection->waker() : nullptr;
    session_.at_hand_->parser.own_head();
    Request request = session_.current_request();
    octets->peer = request.peer;
    request.peer = octets->peer;
    octets->at_hand = std::move(session_.at_hand_);
    return {std::move(octets), request, std::move(waker)};
  }

 private:
  Http1Session& session_;
  const Io& io_;
};

Http1Session::Http1Session(const Service& service, std::string peer)
    : service_(service),
      dispatcher_(service, std::move(peer)),
      host_(&service.hosts.by_default()),
      log_(service.hosts.any_log() ? std::make_unique<SentLog>(dispatcher_.peer()) : nullptr) {}

Request Http1Session::current_request() const {
  Request request = at_hand_->parser.request();
  dispatcher_.complete(request, at_hand_->forwarded_for);
  return request;
}

// --- Requests ------------------------------------------------------------------------------------

net::Protocol::Step Http1Session::on_input(Io io) {
  if (log_ && io.out.empty()) log_->write_until(io.out.consumed(), false);
  if (unfinished_) {
    if (const auto step = go_on_answering(io)) return *step;
  }
  for (int answers = 0; answers < kPipelined && io.out.size() < kQueued; ++answers) {
    if (!at_hand_) at_hand_ = std::make_unique<AtHand>(service_.limits);
    if (log_ && !io.in.empty()) log_->begin_request(io.now.steady);
    RequestParser::Result result = at_hand_->parser.parse(io.in);
    if (result == RequestParser::Result::kHead) {
      if (!accept_head(io)) return last_answer(io);
      result = at_hand_->parser.parse(io.in);
    }
    if (at_hand_->parser.secret()) io.in.wipe();
    switch (result) {
      case RequestParser::Result::kHead:
      case RequestParser::Result::kNeedMore: return wait_for_input(io);
      case RequestParser::Result::kError: return fail(io);
      case RequestParser::Result::kComplete: break;
    }
    if (const auto step = answer_request(io)) return *step;
  }
  return {};
}

net::Protocol::Step Http1Session::wait_for_input(const Io& io) {
  // The client has gone, or will never send more than a part of a request.
  if (io.end_of_input) return {.next = Next::kClose};
  if (at_hand_->parser.in_body()) {
    const std::uint64_t received = at_hand_->parser.body_received();
    if (at_hand_->pace->too_slow(received, io.now.steady)) {
      const Request request = current_request();
      answer_error(io, Status::kRequestTimeout, &request);
      return {.next = Next::kLinger};
    }
    const bool progressed = received > std::exchange(at_hand_->body_seen, received);
    return {.phase = net::Phase::kBody, .restart = progressed};
  }
  const bool between_requests = requests_ > 0 && !at_hand_->parser.in_head() && io.in.empty();
  return {.phase = between_requests ? net::Phase::kKeepAlive : net::Phase::kHeader};
}

net::Protocol::Step Http1Session::fail(const Io& io) {
  const bool head_was_good = at_hand_->parser.in_body();
  const Request request = head_was_good ? current_request() : Request();
  answer_error(io, at_hand_->parser.error_status(), head_was_good ? &request : nullptr);
  return {.next = Next::kLinger};
}

// Finds the site and the handler of a request with a complete head.
void Http1Session::route(const Io& io, const Request& request) {
  at_hand_->route = dispatcher_.route(request, io.connection);
  host_ = at_hand_->route->host;
}

// Handles a head that announces a body. false: it has its response already, or its handler keeps it, and the
// connection ends with that.
bool Http1Session::accept_head(const Io& io) {
  const Request request = current_request();
  route(io, request);
  const Dispatcher::Route& route = *at_hand_->route;
  if (const auto refusal = dispatcher_.too_many(request, route, io.now)) {
    answer(io, *refusal, &request, false, service_.fields_for(&request));
    return false;
  }
  const Expectation expectation = expectation_of(request);
  at_hand_->pace.emplace(service_.body_pace, io.now.steady);
  const std::uint64_t max = route.handler->max_body(request);
  const bool wanted = max > 0;
  if (route.handler->has_secrets()) at_hand_->parser.keep_secret();
  if (!wanted) at_hand_->parser.discard_body();
  if (wanted && !at_hand_->parser.limit_body(max)) {
    answer_error(io, at_hand_->parser.error_status(), &request);
    return false;
  }
  if (expectation == Expectation::kNone) return true;
  if (expectation == Expectation::kUnknown) {
    answer_error(io, Status::kExpectationFailed, &request);
    return false;
  }
  if (!wanted) {
    // The client waits for permission to send the body. It need not: the final response comes instead.
    closing_ = true;
    handle(io, request);
    return false;
  }
  if (io.in.empty()) io.out.append({status_line(Status::kContinue), "\r\n"});
  return true;
}

net::Protocol::Step Http1Session::last_answer(const Io& io) {
  const auto step = unfinished_ ? go_on_answering(io) : std::nullopt;
  return step.value_or(Step{.next = Next::kLinger});
}

// --- Answers -------------------------------------------------------------------------------------

// A complete request.
std::optional<net::Protocol::Step> Http1Session::answer_request(const Io& io) {
  ++requests_;
  const Request request = current_request();
  const bool keep_alive = at_hand_->parser.keep_alive();
  std::optional<Response> refusal;
  if (!at_hand_->route) {  // It has no body: accept_head() has not seen it.
    route(io, request);
    refusal = dispatcher_.too_many(request, *at_hand_->route, io.now);
  }
  if (refusal) {
    answer_now(io, std::move(*refusal), request, keep_alive);
  } else if (expectation_of(request) == Expectation::kUnknown) {
    answer_now(io, host_->errors.make(Status::kExpectationFailed, io.now), request, keep_alive);
  } else {
    handle(io, request);
  }
  return unfinished_ ? go_on_answering(io) : end_request(keep_alive);
}

void Http1Session::handle(const Io& io, const Request& request) {
  const bool keep_alive = at_hand_->parser.keep_alive();
  if (auto refusal = Dispatcher::refuse(request, *at_hand_->route, io.now)) {
    return answer_now(io, std::move(*refusal), request, keep_alive);
  }
  Host host(*this, io);
  Exchange exchange(request, io.now, host);
  Dispatcher::run(*at_hand_->route, exchange);
  if (exchange.pending()) {
    unfinished_ = std::make_unique<Unfinished>();
    unfinished_->pending = exchange.pending();
    unfinished_->keep_alive = keep_alive;
    return;
  }
  answer_now(io, std::move(*exchange.response()), request, keep_alive);
}

// Continues an incomplete response with the output of its handler or its source.
std::optional<net::Protocol::Step> Http1Session::go_on_answering(const Io& io) {
  if (const auto pending = unfinished_->pending) {
    if (!pending->answered()) return Step{.next = Next::kWait, .phase = net::Phase::kHandling};
    trace::take_over(pending->take_notes());
    unfinished_->pending.reset();
    answer_now(io, pending->take_response(), pending->request(), unfinished_->keep_alive);
  }
  if (unfinished_->source) {
    if (const auto step = produce(io)) return step;
  }
  const bool keep_alive = unfinished_->keep_alive;
  unfinished_.reset();
  return end_request(keep_alive);
}

std::optional<net::Protocol::Step> Http1Session::produce(const Io& io) {
  std::string piece;
  while (io.out.size() < kQueued) {
    piece.clear();
    const BodySource::Result result = unfinished_->source->produce(piece, kPiece);
    if (result == BodySource::Result::kBroken) return Step{.next = Next::kClose};
    if (!unfinished_->chunked) {
      io.out.append(piece);
    } else if (!piece.empty()) {
      io.out.append({fmt::format("{:x}\r\n", piece.size()), piece, "\r\n"});
    }
    const bool end = result == BodySource::Result::kEnd;
    if (end && unfinished_->chunked) io.out.append("0\r\n\r\n");
    if (log_) log_->extend(io.out.consumed() + io.out.size(), end);
    if (end) return std::nullopt;
  }
  return Step{};  // The queued output is sent first.
}

std::optional<net::Protocol::Step> Http1Session::end_request(bool keep_alive) {
  if (successor_) return Step{.next = Next::kSwitch};
  if (at_hand_) at_hand_->reset();
  host_ = &service_.hosts.by_default();  // Until the next request names its own.
  // A client that did not ask for the end may be sending its next request.
  if (closing_) return Step{.next = keep_alive ? Next::kLinger : Next::kClose};
  return std::nullopt;
}

void Http1Session::answer_now(const Io& io, Response&& response, const Request& request, bool keep_alive) {
  successor_ = std::move(response.successor);
  BodySource* source = response.source();
  if (source != nullptr && request.version == Version::k10) response.close = true;  // Its end is the body's.
  answer(io, response, &request, keep_alive, service_.fields_for(&request));
  if (source == nullptr || request.method == Method::kHead) return;
  if (!unfinished_) unfinished_ = std::make_unique<Unfinished>();
  unfinished_->source = std::move(std::get<std::unique_ptr<BodySource>>(response.body));
  unfinished_->keep_alive = keep_alive;
  unfinished_->chunked = request.version != Version::k10;
}

void Http1Session::answer(const Io& io, const Response& response, const Request* request, bool keep_alive,
                          std::string_view fields) {
  const bool last = request == nullptr || !keep_alive || requests_ >= service_.keepalive_requests ||
                    service_.draining.load(std::memory_order_relaxed);
  closing_ = closing_ || response.close || (last && !successor_);
  const bool head_alone = request != nullptr && request->method == Method::kHead;
  const bool produced = response.source() != nullptr;
  const bool http10 = request != nullptr && request->version == Version::k10;
  const std::uint64_t body = write_response(io.out, response,
                                            {.date = cached_date(io.now),
                                             .with_body = !head_alone,
                                             .keep_alive = !closing_,
                                             .http10 = http10,
                                             .chunked = produced && !http10,
                                             .fields = fields});
  count_answer(response.status, request);
  if (trace::on()) {
    trace::note("answer", "{}, {} octets of content; the connection {}", static_cast<int>(response.status),
                body,
                closing_     ? "ends"
                : successor_ ? "is a WebSocket from now on"
                             : "is kept");
    trace::answered();
  }
  if (!log_) return;
  const std::string_view tls = io.connection != nullptr ? io.connection->tls_version() : "";
  log_->note(host_->access_log, response.status, request, io.in.readable(), tls, body,
             io.out.consumed() + io.out.size(), io.now, head_alone || !produced);
}

std::optional<Request> Http1Session::request_in_body() const {
  if (!at_hand_ || !at_hand_->parser.in_body()) return std::nullopt;
  return current_request();
}

void Http1Session::answer_error(const Io& io, Status status, const Request* request) {
  closing_ = true;
  answer(io, host_->errors.make(status, io.now), request, false, service_.fields_for(request));
}

// --- The end -------------------------------------------------------------------------------------

void Http1Session::on_trouble(Io io, Trouble trouble) {
  closing_ = true;
  const std::optional<Request> in_body = request_in_body();
  switch (trouble) {
    case Trouble::kDeadline: {
      if (unfinished_ && unfinished_->pending) break;  // Its handler took too long.
      // RFC 9110 15.5.9. A client that has sent no octet gets no response.
      const bool begun = at_hand_ && (at_hand_->parser.in_head() || at_hand_->parser.in_body());
      if (begun || !io.in.empty()) answer_error(io, Status::kRequestTimeout, in_body ? &*in_body : nullptr);
      return;
    }
    case Trouble::kOverload: break;
    case Trouble::kNotEncrypted: {
      Response response;
      response.status = Status::kBadRequest;
      response.body = "This port speaks HTTPS. Ask for an address that begins with https://\n";
      response.add_field("Content-Type", "text/plain; charset=utf-8");
      response.add_content_length();
      // The fields of https do not apply to it (RFC 6797 7.2).
      return answer(io, response, nullptr, false, {});
    }
  }
  if (unfinished_ && unfinished_->source) return;         // In the middle of a body nothing else can be sent.
  if (unfinished_ && unfinished_->pending->answered()) {  // The work was done, so do not deny it.
    const std::shared_ptr<PendingExchange> pending = unfinished_->pending;
    return answer_now(io, pending->take_response(), pending->request(), false);
  }
  const Request* request = unfinished_ ? &unfinished_->pending->request() : in_body ? &*in_body : nullptr;
  answer(io, host_->errors.unavailable(io.now), request, false, service_.fields_for(request));
}

void Http1Session::on_close(std::uint64_t sent) {
  if (log_) log_->write_until(sent, true);
  at_hand_.reset();
  unfinished_.reset();
}

std::unique_ptr<net::Protocol> Http1Session::renewed(const net::Terms& terms) const {
  return terms.new_protocol(dispatcher_.peer());
}

std::size_t Http1Session::memory() const { return at_hand_ ? at_hand_->parser.memory() : 0; }

std::unique_ptr<net::Protocol> Http1Session::successor() { return std::move(successor_); }

void Http1Session::trim() {
  if (at_hand_ && at_hand_->parser.untouched()) at_hand_.reset();
  if (log_) log_->trim();
}

}  // namespace pollux::http
