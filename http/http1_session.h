// HTTP/1.1 on one connection: requests in, responses out, in the same order (RFC 9112).
//
//   parse --> route, once its head is complete --> handle --> answered: write, next request
//                                                        \--> kept: wait for the answer, then the same
//
// While a handler keeps a request, nothing more is read: pipelined requests wait, since their responses would
// have to wait, too.
//
// Thread: the one that holds the connection.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "http/dispatcher.h"
#include "http/request_parser.h"
#include "http/sent_log.h"
#include "http/service.h"
#include "net/protocol.h"

namespace pollux::http {

class Http1Session final : public net::Protocol {
 public:
  // `peer`: the client's address, for the access log and for handlers.
  Http1Session(const Service& service, std::string peer);

  [[nodiscard]] Step on_input(Io io) override;
  void on_trouble(Io io, Trouble trouble) override;
  void on_close(std::uint64_t sent) override;
  [[nodiscard]] std::unique_ptr<Protocol> successor() override;
  [[nodiscard]] std::unique_ptr<Protocol> renewed(const net::Terms& terms) const override;
  [[nodiscard]] std::size_t memory() const override;
  void trim() override;

 private:
  class Host;

  // The request that is being received.
  struct AtHand {
    explicit AtHand(const ParserLimits& limits) : parser(limits) {}
    void reset() {
      parser.reset();
      route.reset();
      pace.reset();
      body_seen = 0;
    }

    RequestParser parser;
    std::optional<Dispatcher::Route> route;  // Set once its head is complete.
    std::optional<BodyPace> pace;            // Set while its body arrives.
    std::uint64_t body_seen = 0;             // Octets, at the previous call.
    std::string forwarded_for;               // Request::peer may point into it.
  };

  // A response that is not yet complete.
  struct Unfinished {
    std::shared_ptr<PendingExchange> pending;  // Its handler is still to respond; or nullptr, and
    std::unique_ptr<BodySource> source;        // its body is made while it is sent.
    bool keep_alive = true;                    // By the client's wish.
    bool chunked = false;                      // The framing of the source's pieces.
  };

  [[nodiscard]] Request current_request() const;  // REQUIRES: its head is complete.
  [[nodiscard]] Step wait_for_input(const Io& io);
  void route(const Io& io, const Request& request);
  [[nodiscard]] bool accept_head(const Io& io);
  [[nodiscard]] Step last_answer(const Io& io);
  [[nodiscard]] Step fail(const Io& io);

  // Each returns how the connection goes on; std::nullopt: with the next request.
  [[nodiscard]] std::optional<Step> answer_request(const Io& io);
  [[nodiscard]] std::optional<Step> go_on_answering(const Io& io);
  [[nodiscard]] std::optional<Step> produce(const Io& io);
  [[nodiscard]] std::optional<Step> end_request(bool keep_alive);

  void handle(const Io& io, const Request& request);
  void answer_now(const Io& io, Response&& response, const Request& request, bool keep_alive);
  // `request`: nullptr when it could not be parsed.
  void answer(const Io& io, const Response& response, const Request* request, bool keep_alive,
              std::string_view fields);
  // The request whose body is being received. The log gets it instead of the unparsed input, which may be
  // octets of the body, such as a password.
  [[nodiscard]] std::optional<Request> request_in_body() const;
  void answer_error(const Io& io, Status status, const Request* request = nullptr);

  const Service& service_;
  Dispatcher dispatcher_;
  const VirtualHost* host_;          // The current request's, once its head is complete; else the default.
  std::unique_ptr<AtHand> at_hand_;  // nullptr while the connection is idle.
  std::unique_ptr<SentLog> log_;     // nullptr: no access log is kept.
  std::unique_ptr<Unfinished> unfinished_;  // nullptr: every response so far is complete.
  std::unique_ptr<Protocol> successor_;     // Goes on after the response just queued, which is the last.
  std::uint32_t requests_ = 0;
  bool closing_ = false;  // The response just queued is the last.
};

}  // namespace pollux::http
