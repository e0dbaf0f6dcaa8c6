// A WebSocket on one connection, the server's side, after the handshake (RFC 6455 sections 5 to 7).
//
//   kOpen --close sent--> kClosing --close came--> kEnded        and back again: close came, close answered
//     |                                              ^
//     +-------- a rule was broken: close sent -------+
//
// Its deadlines are the connection's: Phase::kOpen asks it for a sign of life now and then, Phase::kClosing
// ends it.
//
// Thread: whichever holds the connection.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "net/protocol.h"
#include "websocket/deflate.h"
#include "websocket/message_handler.h"
#include "websocket/message_reader.h"
#include "websocket/peer.h"

namespace pollux::websocket {

struct SessionOptions {
  MessageLimits limits;
  std::size_t outbox = 1024 * 1024;  // Octets that wait for a client that does not read; then it is given up.
  milliseconds ping_after{30'000};   // Of silence; after twice that, the session is over.
};

class Session final : public net::Protocol {
 public:
  // `options` and `handler` must outlive it. `address` and `name` are the peer's.
  Session(const SessionOptions& options, MessageHandler& handler,
          const std::optional<DeflateParameters>& deflate, std::string address, std::string name = {});

  void on_open(net::ProtocolHost& connection) override;
  [[nodiscard]] Step on_input(Io io) override;
  void on_trouble(Io io, Trouble trouble) override;
  void on_close(std::uint64_t sent) override;
  [[nodiscard]] std::size_t memory() const override { return reader_.memory() + peer_->memory(); }
  void trim() override;

 private:
  enum class State : std::uint8_t { kNew, kOpen, kClosing, kEnded };

  [[nodiscard]] bool read_one(const Io& io);  // false: nothing more is there to be read.
  void take_message(bool text);
  void take_close(const Io& io);
  void send_outbox(const Io& io);
  void send(const Io& io, const Message& message);
  void send_close(const Io& io, CloseCode code, std::string_view reason, State next);
  void look_for_life(const Io& io);
  [[nodiscard]] Step next_step(const Io& io, bool came) const;

  const SessionOptions& options_;
  MessageHandler& handler_;
  const PeerPtr peer_;
  MessageReader reader_;
  std::unique_ptr<Deflater> deflater_;  // nullptr: nothing is compressed.
  TimePoint heard_;                     // When something came last.
  State state_ = State::kNew;
  bool pinged_ = false;  // Since then.
  bool broken_ = false;  // By the client, which may still be sending.
  CloseCode code_ = CloseCode::kAbnormal;
};

}  // namespace pollux::websocket
