// Another protocol on one stream, as on a connection of its own: WebSocket after an extended CONNECT (RFC
// 8441).
//
//   DATA --> in --> protocol --> out --> DATA
//
// Its connection's waker is the session's, so it is run whenever that is.
//
// Thread: whichever holds the connection.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/buffer.h"
#include "base/output_queue.h"
#include "net/protocol.h"

namespace pollux::http2 {

class Tunnel {
 public:
  using Io = net::Protocol::Io;

  // `connection`: nullptr in tests.
  Tunnel(std::unique_ptr<net::Protocol> protocol, net::ProtocolHost* connection);
  Tunnel(const Tunnel&) = delete;
  Tunnel& operator=(const Tunnel&) = delete;
  ~Tunnel() { protocol_->on_close(out_.consumed()); }

  void receive(std::string_view octets) { in_.append(octets); }
  void end_input() { end_of_input_ = true; }

  // Has the protocol take what came, and say what it has to say. Throws what it throws.
  void run(const Io& connection);

  // Copies octets that are to be sent into `to`; returns how many.
  [[nodiscard]] std::size_t take(std::span<char> to);
  [[nodiscard]] bool has_output() const { return !out_.empty(); }
  [[nodiscard]] bool ended() const { return ended_; }  // With what is left to be sent, nothing follows.

  [[nodiscard]] std::size_t memory() const { return in_.capacity() + out_.memory() + protocol_->memory(); }
  void trim() { protocol_->trim(); }

 private:
  const std::unique_ptr<net::Protocol> protocol_;
  Buffer in_;
  OutputQueue out_;
  bool end_of_input_ = false;
  bool ended_ = false;
};

}  // namespace pollux::http2
