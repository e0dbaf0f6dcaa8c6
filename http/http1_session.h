// HTTP/1.1 on one connection: requests in, answers out, in their order (RFC 9112).
//
//   parse --> find the handler, once, when the head is there --> handle --> answered: write, next request
//                                                                   \----> kept: wait for the answer, then
//                                                                   write
//
// While a handler keeps a request, nothing more is read: pipelined requests wait, as their answers would have
// to.
//
// Thread: whichever holds the connection.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

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
  [[nodiscard]] std::size_t memory() const override;
  void trim() override;

 private:
  class Host;

  // The request that is being received.
  struct AtHand {
    explicit AtHand(const ParserLimits& limits) : parser(limits) {}
    void reset() {
      parser.reset();
      handler = nullptr;
      misdirected = false;
      pace.reset();
      body_seen = 0;
    }

    RequestParser parser;
    Handler* handler = nullptr;    // When its head is there.
    bool misdirected = false;      // The certificate is not for its host.
    std::optional<BodyPace> pace;  // While its body comes.
    std::uint64_t body_seen = 0;   // Octets, at the last call.
    std::string forwarded_for;     // Where Request::peer may point to.
  };

  // A host by the name that a request had for it.
  struct NamedHost {
    std::string name;
    const VirtualHost& host;
    bool misdirected;  // Our certificate is not for it.
  };

  // An answer that is not whole yet.
  struct Unfinished {
    std::shared_ptr<PendingExchange> pending;  // Its handler is still to answer; or nullptr, and
    std::unique_ptr<BodySource> source;        // its body is made while it is sent.
    bool keep_alive = true;                    // As the client wants it.
    bool chunked = false;                      // How the source's pieces are framed.
  };

  [[nodiscard]] Request current_request() const;  // REQUIRES: its head is there.
  void believe_proxy(Request& request) const;
  [[nodiscard]] Step wait_for_input(const Io& io);
  void route(const Io& io, const Request& request);
  void look_for_host(const Io& io, std::string_view name);
  [[nodiscard]] bool is_misdirected(const Io& io, std::string_view name) const;
  [[nodiscard]] bool accept_head(const Io& io);
  // For how long the client must not make this request, by its rate; 0: it may. Asked once for each request,
  // when its head is there.
  [[nodiscard]] std::chrono::nanoseconds wait_of(const Request& request, const Now& now) const {
    return service_.rate_limit == nullptr ? std::chrono::nanoseconds(0)
                                          : service_.rate_limit->wait_of(request.peer, now.steady);
  }
  [[nodiscard]] Response too_many_requests(std::chrono::nanoseconds wait, const Now& now) const;
  [[nodiscard]] Step last_answer(const Io& io);
  [[nodiscard]] Step fail(const Io& io);

  // Each says how the connection goes on, or std::nullopt: with the next request.
  [[nodiscard]] std::optional<Step> answer_request(const Io& io);
  [[nodiscard]] std::optional<Step> go_on_answering(const Io& io);
  [[nodiscard]] std::optional<Step> produce(const Io& io);
  [[nodiscard]] std::optional<Step> end_request(bool keep_alive);

  void handle(const Io& io, const Request& request);
  void run_handler(Handler& handler, Exchange& exchange);
  void answer_now(const Io& io, Response&& response, const Request& request, bool keep_alive);
  // `request`: nullptr when it could not be understood.
  void answer(const Io& io, const Response& response, const Request* request, bool keep_alive,
              std::string_view fields);
  // The request whose body is being received. The log gets it instead of what input there is: that may be
  // octets of the body, such as a password.
  [[nodiscard]] std::optional<Request> request_in_body() const;
  void answer_error(const Io& io, Status status, const Request* request = nullptr);

  const Service& service_;
  const std::string peer_;
  const bool from_proxy_;             // The peer is a trusted one.
  const VirtualHost* host_;           // Of the request at hand, when its head is there; else the default.
  std::unique_ptr<NamedHost> named_;  // The last host that was asked for; nullptr: none has a name.
  std::unique_ptr<AtHand> at_hand_;   // nullptr while the connection is idle.
  std::unique_ptr<SentLog> log_;      // nullptr: no access log is kept.
  std::unique_ptr<Unfinished> unfinished_;  // nullptr: every answer so far is whole.
  std::unique_ptr<Protocol> successor_;     // The answer just queued is the last, and this goes on.
  std::uint32_t requests_ = 0;
  bool closing_ = false;  // The answer just queued is the last.
};

}  // namespace pollux::http
