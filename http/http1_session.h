// HTTP/1.1 on one connection: requests in, answers out, in their order (RFC 9112).
//
// Thread: whichever holds the connection.
#pragma once

#include <cstdint>
#include <memory>
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
  void trim() override;

 private:
  [[nodiscard]] Request current_request() const;  // REQUIRES: its head is there.
  [[nodiscard]] Step wait_for_input(const Io& io);
  [[nodiscard]] bool accept_head(const Io& io);
  [[nodiscard]] bool must_block(const Io& io) const;  // REQUIRES: the request is complete.
  void answer_request(const Io& io);
  [[nodiscard]] Response handle(const Request& request, const Now& now) const;
  // `request`: nullptr when it could not be understood.
  void answer(const Io& io, const Response& response, const Request* request) {
    answer(io, response, request, service_.fields);
  }
  void answer(const Io& io, const Response& response, const Request* request, std::string_view fields);
  void answer_error(const Io& io, Status status, const Request* request = nullptr);

  const Service& service_;
  const std::string peer_;
  std::unique_ptr<RequestParser> parser_;  // nullptr while the connection is idle.
  std::unique_ptr<SentLog> log_;           // nullptr: no access log is kept.
  std::uint64_t body_seen_ = 0;            // Of the request at hand, at the last call.
  std::uint32_t requests_ = 0;
  bool closing_ = false;                 // The answer just queued is the last.
  std::unique_ptr<Protocol> successor_;  // The same; and this goes on.
};

}  // namespace pollux::http
