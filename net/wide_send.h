// More room in the kernel for files that leave by sendfile(2).
//
// Normally the kernel keeps 256 KiB of unsent octets per client (TCP_NOTSENT_LOWAT, net/acceptor.cpp): with
// thousands of slow readers, more would exhaust the memory of TCP. But a file of a megabyte then takes three
// or four calls instead of one, and octets sent by reference need no copy while they wait. So the first kMax
// connections that send such files get room for kUnsent octets, for as long as they last.
//
// All connections of a server share one WidePlaces, which counts them.
//
// Thread: the one that holds the connection.
#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <atomic>
#include <cstdint>

namespace pollux::net {

// Counts the connections that have more room. Thread: any.
class WidePlaces {
 public:
  static constexpr int kMax = 64;  // Connections at a time.

  // false: all places are taken.
  [[nodiscard]] bool take() {
    if (taken_.fetch_add(1, std::memory_order_relaxed) < kMax) return true;
    give_back();
    return false;
  }
  void give_back() { taken_.fetch_sub(1, std::memory_order_relaxed); }

 private:
  std::atomic<int> taken_{0};  // Relaxed: it guards nothing.
};

class WideSend {
 public:
  static constexpr std::uint64_t kWorthIt = 256 * 1024;  // Octets left to send.
  static constexpr int kUnsent = 2 * 1024 * 1024;        // Octets.

  WideSend() = default;
  WideSend(const WideSend&) = delete;
  WideSend& operator=(const WideSend&) = delete;
  ~WideSend() { give_back(); }

  // Does nothing if the connection has the room already, or all places are taken. `places` must outlive this
  // object.
  void widen(int socket, WidePlaces& places) {
    if (place_ != nullptr || !places.take()) return;
    place_ = &places;
    (void)::setsockopt(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsent, sizeof kUnsent);
  }

  void give_back() {
    if (place_ != nullptr) place_->give_back();
    place_ = nullptr;
  }

 private:
  WidePlaces* place_ = nullptr;  // nullptr: the connection has none.
};

}  // namespace pollux::net
