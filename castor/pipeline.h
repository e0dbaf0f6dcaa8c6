// The requests of one client, in order: sent whole, sent in part, and waiting to be sent.
//
//   answered | sent_whole() ... | one of them in part | the others
//            ^ front()
//
// A ring of fixed capacity. The octets of each request are prepared (target.h). It lists unsent octets and is
// told how many were sent, so it knows no socket.
//
// Thread: none of its own.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "castor/pending_request.h"

namespace pollux::castor {

class Pipeline {
 public:
  explicit Pipeline(std::size_t capacity);

  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] std::size_t size() const { return count_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

  // `request.asks` is set by now, and outlives the pipeline. REQUIRES: size() < capacity().
  PendingRequest& push(const PendingRequest& request);
  // REQUIRES: not empty().
  [[nodiscard]] PendingRequest& front() { return at(0); }
  [[nodiscard]] const PendingRequest& front() const { return ring_[first_]; }
  PendingRequest pop();  // The first has ended. REQUIRES: not empty().

  [[nodiscard]] std::size_t sent_whole() const { return sent_; }
  [[nodiscard]] bool all_sent() const { return sent_ == count_; }

  // Lists the octets of as many requests as there are pieces; returns the number of pieces filled.
  [[nodiscard]] std::size_t unsent(std::span<iovec> pieces) const;
  void sent(std::size_t octets, TimePoint now);

  // The connection has ended: the remaining requests are to be sent again, from their first octet.
  void rewind() {
    sent_ = 0;
    offset_ = 0;
  }

 private:
  [[nodiscard]] PendingRequest& at(std::size_t index) { return ring_[(first_ + index) % capacity_]; }
  [[nodiscard]] std::string_view octets_of(std::size_t index) const {
    return ring_[(first_ + index) % capacity_].asks->octets;
  }

  std::unique_ptr<PendingRequest[]> ring_;
  const std::uint32_t capacity_;
  std::uint32_t first_ = 0;
  std::uint32_t count_ = 0;
  std::uint32_t sent_ = 0;  // Of count_, completely sent.
  std::size_t offset_ = 0;  // Octets sent of the next request.
};

}  // namespace pollux::castor
