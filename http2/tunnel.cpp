#include "http2/tunnel.h"

#include <utility>

namespace pollux::http2 {

Tunnel::Tunnel(std::unique_ptr<net::Protocol> protocol, net::ProtocolHost* connection)
    : protocol_(std::move(protocol)) {
  if (connection != nullptr) protocol_->on_open(*connection);
}

void Tunnel::run(const Io& connection) {
  using Next = net::Protocol::Next;
  if (ended_) return;
  const net::Protocol::Step step = protocol_->on_input({.in = in_,
                                                        .out = out_,
                                                        .end_of_input = end_of_input_,
                                                        .now = connection.now,
                                                        .overdue = connection.overdue,
                                                        .connection = connection.connection});
  ended_ = step.next == Next::kClose || step.next == Next::kLinger;
}

std::size_t Tunnel::take(std::span<char> to) {
  std::size_t taken = 0;
  while (taken < to.size() && !out_.empty()) {
    taken += out_.take(to.subspan(taken)).value_or(0);  // There are no files in it that could have changed.
  }
  if (out_.empty()) out_.release();
  return taken;
}

}  // namespace pollux::http2
