// More room in the kernel for what leaves by sendfile(2).
//
// The kernel is to keep 256 KiB of what a client has not read (TCP_NOTSENT_LOWAT, net/acceptor.cpp): with
// thousands of slow readers more would take the memory of TCP from everybody. But a file of a megabyte then
// leaves in three or four calls where one would do, and what leaves by reference needs no copy to wait in. So
// the first kMax connections that send such files have room for kUnsent, for as long as they last.
//
// Places are counted in one WidePlaces, which all connections of a server share.
//
// Thread: whichever holds the connection.
#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <atomic>
#include <cstdint>

namespace pollux::net {

// How many have more room. Thread: any.
class WidePlaces {
 public:
  static constexpr int kMax = 64;  // Connections at a time.

  // false: all are taken.
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
  static constexpr std::uint64_t kWorthIt = 256 * 1024;  // Octets that still have to leave.
  static constexpr int kUnsent = 2 * 1024 * 1024;        // Octets.

  WideSend() = default;
  WideSend(const WideSend&) = delete;
  WideSend& operator=(const WideSend&) = delete;
  ~WideSend() { give_back(); }

  // Does nothing where the connection has it already, or all places are taken. `places` must outlive this.
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
