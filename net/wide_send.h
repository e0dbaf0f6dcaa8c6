// More room in the kernel for what leaves by sendfile(2).
//
// The kernel is to keep 256 KiB of what a client has not read (TCP_NOTSENT_LOWAT, net/acceptor.cpp): with
// thousands of slow readers more would take the memory of TCP from everybody. But a file of a megabyte then
// leaves in three or four calls where one would do, and what leaves by reference needs no copy to wait in. So
// the first kMax connections that send such files have room for kUnsent, for as long as they last.
//
// Thread: whichever holds the connection.
#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <atomic>
#include <cstdint>

namespace pollux::net {

class WideSend {
 public:
  static constexpr std::uint64_t kWorthIt = 256 * 1024;  // Octets that still have to leave.
  static constexpr int kUnsent = 2 * 1024 * 1024;        // Octets.
  static constexpr int kMax = 64;                        // Connections of the process at a time.

  WideSend() = default;
  WideSend(const WideSend&) = delete;
  WideSend& operator=(const WideSend&) = delete;
  ~WideSend() { give_back(); }

  // Does nothing where the connection has it already, or too many others have.
  void widen(int socket) {
    if (held_) return;
    held_ = taken().fetch_add(1, std::memory_order_relaxed) < kMax;
    if (!held_) {
      taken().fetch_sub(1, std::memory_order_relaxed);
      return;
    }
    (void)::setsockopt(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsent, sizeof kUnsent);
  }

  void give_back() {
    if (held_) taken().fetch_sub(1, std::memory_order_relaxed);
    held_ = false;
  }

 private:
  // Of the process. Relaxed: it guards nothing.
  [[nodiscard]] static std::atomic<int>& taken() {
    static std::atomic<int> count{0};
    return count;
  }

  bool held_ = false;
};

}  // namespace pollux::net
