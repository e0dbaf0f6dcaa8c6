// What a connection has still to send: pieces of memory, one behind the other, and how far it has come.
//
// This version works as long as the socket takes everything at once. Mend
//
//   consume()  after a partial write: pieces that were sent are gone, the first one left begins where the
//              kernel stopped. The kernel may stop anywhere, also at the end of a piece; there may be empty
//              pieces.
//   flush()    a partial write is no reason to stop, a full socket is (EAGAIN): then the caller waits
//              for EPOLLOUT and calls again. A signal (EINTR) is no reason either. It gives the kernel
//              at most kPieces pieces at a time.
#pragma once

#include <sys/uio.h>

#include <cerrno>
#include <cstddef>
#include <string_view>
#include <vector>

class Output {
 public:
  enum class Flush { kDone, kBlocked, kBroken };
  static constexpr std::size_t kPieces = 4;

  // The memory is somebody else's, and stays good until it is sent.
  void append(std::string_view octets) {
    pieces_.push_back({const_cast<char*>(octets.data()), octets.size()});
  }

  [[nodiscard]] bool empty() const { return pieces_.empty(); }
  [[nodiscard]] const std::vector<iovec>& pieces() const { return pieces_; }

  // The kernel has accepted so many octets. REQUIRES: no more than there are.
  void consume(std::size_t octets) {
    if (octets > 0) pieces_.clear();
  }

  // `fd` is non-blocking.
  Flush flush(int fd) {
    const ssize_t sent = ::writev(fd, pieces_.data(), static_cast<int>(pieces_.size()));
    if (sent < 0) return Flush::kBroken;
    consume(static_cast<std::size_t>(sent));
    return Flush::kDone;
  }

 private:
  std::vector<iovec> pieces_;
};
