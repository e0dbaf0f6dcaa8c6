// The requests and unsent answers of one client. Knows no socket, so epoll and io_uring share it.
//
// Thread: one, that of the loop which owns the client.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/limit_answers.h"

namespace pollux::bench {

class Dialogue {
 public:
  // Queues an answer for each request in `input`, and keeps the octets of an unfinished request.
  // false: an unknown path or a head that is too long, so the connection must end.
  [[nodiscard]] bool take(std::string_view input, const Answers& answers);

  // Points `slices` at unsent octets, one answer each. Returns the number of slices filled.
  [[nodiscard]] std::size_t unsent(std::span<iovec> slices) const;

  // The first `octets` of unsent() have been taken by the socket.
  void sent(std::size_t octets);

  // The number of answers that are not completely sent.
  [[nodiscard]] std::size_t size() const { return answers_.size() - next_; }

  // A request has asked for the connection to end once everything is sent.
  [[nodiscard]] bool closes() const { return close_; }

 private:
  std::vector<const Answer*> answers_;  // To be sent, from next_ on.
  std::size_t next_ = 0;
  std::size_t sent_ = 0;  // Octets of the answer at next_.
  std::string partial_;   // A request that came in pieces.
  bool close_ = false;
};

}  // namespace pollux::bench
