// One stream: a request and its answer (RFC 9113 section 5).
//
//   kHead --> kBody --> kReady --> kKept --> kAnswering          kReady: what the handler needs is there
//     \----------------/   \--------------/                     kKept: its handler answers later
//
// Thread: whichever holds the connection.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/buffer.h"
#include "http/access_log.h"
#include "http/body_pace.h"
#include "http/dispatcher.h"
#include "http/exchange.h"
#include "http2/outgoing_body.h"
#include "http2/request_head.h"
#include "http2/tunnel.h"

namespace pollux::http2 {

// A request's octets. Shared, because a handler that keeps the request needs them longer than the stream may
// last.
struct Inbound {
  explicit Inbound(const http::ParserLimits& limits) : head(limits) {}
  Inbound(const Inbound&) = delete;
  Inbound& operator=(const Inbound&) = delete;
  ~Inbound() {
    if (!secret) return;
    body.consume(body.size());
    body.wipe();
  }

  RequestHead head;
  Buffer body;
  std::string peer;           // Where Request::peer points to.
  std::string forwarded_for;  // The same, if a proxy says who the client is.
  bool secret = false;        // The body is to be overwritten.
};

struct Stream {
  enum class State : std::uint8_t { kHead, kBody, kReady, kKept, kAnswering };

  Stream(std::int32_t number, const http::ParserLimits& limits, TimePoint now)
      : id(number), inbound(std::make_shared<Inbound>(limits)), begun(now), moved(now) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // REQUIRES: the head is finished.
  [[nodiscard]] http::Request request(const http::Dispatcher& dispatcher) const {
    http::Request request = inbound->head.request();
    dispatcher.complete(request, inbound->forwarded_for);
    request.body = inbound->body.readable();
    return request;
  }

  const std::int32_t id;
  State state = State::kHead;
  std::shared_ptr<Inbound> inbound;  // nullptr: it is answered.
  std::optional<http::Dispatcher::Route> route;
  std::optional<http::Response> refusal;  // State::kReady: its answer, without asking its handler.

  // Of the request's body.
  std::optional<http::BodyPace> pace;
  std::uint64_t max_body = 0;  // Octets that are kept at most; 0: it is discarded.
  std::uint64_t received = 0;  // Octets of it.
  bool input_ended = false;    // The client has sent all.
  bool wants_tunnel = false;   // It is an extended CONNECT.

  std::shared_ptr<http::PendingExchange> pending;  // State::kKept.
  std::unique_ptr<OutgoingBody> body;              // State::kAnswering: one of the two, or neither.
  std::unique_ptr<Tunnel> tunnel;

  std::uint64_t sent = 0;  // Octets of body in DATA frames.

  TimePoint begun;
  // The last progress: octets came, or were framed, or it was not waiting for the client.
  TimePoint moved;

  // The line of the access log, when it is answered and there is a log.
  http::AccessLog* log = nullptr;
  http::AccessLog::Line line;
};

}  // namespace pollux::http2
