// What a connection has still to send: pieces of memory, one behind the other, and how far it has come.
#pragma once

#include <sys/uio.h>

#include <algorithm>
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
    if (!octets.empty()) pieces_.push_back({const_cast<char*>(octets.data()), octets.size()});
  }

  [[nodiscard]] bool empty() const { return pieces_.empty(); }
  [[nodiscard]] const std::vector<iovec>& pieces() const { return pieces_; }

  // The kernel has accepted so many octets. REQUIRES: no more than there are.
  void consume(std::size_t octets) {
    std::size_t sent = 0;  // Pieces.
    while (sent < pieces_.size() && octets >= pieces_[sent].iov_len) octets -= pieces_[sent++].iov_len;
    pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(sent));
    if (octets == 0) return;
    pieces_.front().iov_base = static_cast<char*>(pieces_.front().iov_base) + octets;
    pieces_.front().iov_len -= octets;
  }

  // `fd` is non-blocking.
  Flush flush(int fd) {
    while (!empty()) {
      const std::size_t count = std::min(pieces_.size(), kPieces);
      const ssize_t sent = ::writev(fd, pieces_.data(), static_cast<int>(count));
      if (sent >= 0) {
        consume(static_cast<std::size_t>(sent));
      } else if (errno == EAGAIN) {
        return Flush::kBlocked;
      } else if (errno != EINTR) {
        return Flush::kBroken;
      }
    }
    return Flush::kDone;
  }

 private:
  std::vector<iovec> pieces_;
};
