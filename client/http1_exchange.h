// HTTP/1.1 on a connection of the client library: one exchange at a time (RFC 9112).
//
//   add() --> sending and receiving at once --> completed: idle, or over if the connection is out of step
//
// A server may respond before it has read the whole request.
//
// Thread: the worker's.
#pragma once

#include <optional>
#include <string>

#include "client/client_protocol.h"
#include "client/response_parser.h"

namespace pollux::client {

class Http1Exchange final : public ClientProtocol {
 public:
  // All references must outlive it.
  Http1Exchange(Listener& listener, const Timeouts& timeouts, const ResponseLimits& limits)
      : listener_(listener), timeouts_(timeouts), limits_(limits), parser_(limits) {}

  void add(ExchangePtr exchange) override;
  [[nodiscard]] bool takes_more() const override { return status_ == Status::kIdle; }
  [[nodiscard]] bool one_at_a_time() const override { return true; }
  [[nodiscard]] Status status() const override { return status_; }
  [[nodiscard]] bool wants_input() const override { return !exchange_ || !exchange_->delivery.paused(); }

  void send(OutputQueue& out) override;
  [[nodiscard]] bool has_output() const override {
    return status_ == Status::kBusy && (unsent_ || exchange_->upload.wants_room());
  }
  void on_all_sent() override;

  void receive(Buffer& in) override;
  void end_of_input(bool cut) override;

  void end_all(ErrorKind kind, const std::string& reason) override;
  void end(const Exchange& exchange, ErrorKind kind, const std::string& reason) override;
  void resume(const Exchange& exchange) override;

 private:
  void parse(Buffer& in);
  void parsed(bool whole);
  void send_piece(OutputQueue& out);
  [[nodiscard]] bool check(std::optional<Delivery::Fault> fault);  // false: the exchange has ended.
  void complete(bool in_step);
  void fail(Stage stage, ErrorKind kind, std::string reason);
  [[nodiscard]] Stage stage() const { return !sent_ && !heard_ ? Stage::kSend : Stage::kReceive; }

  Listener& listener_;
  const Timeouts& timeouts_;
  const ResponseLimits& limits_;
  Status status_ = Status::kIdle;
  ExchangePtr exchange_;  // nullptr unless busy.
  ResponseParser parser_;
  std::string content_;       // The content just parsed.
  bool used_before_ = false;  // The connection has served an earlier exchange.
  bool unsent_ = false;       // The request is not queued yet.
  bool sent_ = false;
  bool heard_ = false;  // Octets of the response have arrived.
  bool in_body_ = false;
  bool whole_ = false;    // The response is complete, as far as it was to come,
  bool in_step_ = false;  // and no octets follow it.
};

}  // namespace pollux::client
