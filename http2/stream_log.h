// Lines of the access log for streams that have ended, but whose last octets are still on their way. A line
// is written when these have left, or never will.
//
// Thread: whichever holds the connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "http/access_log.h"

namespace pollux::http2 {

class StreamLog {
 public:
  // `body` octets of body were sent, the last of them at `end`, counted in octets of output since the
  // connection began. Ends come in order.
  void add(http::AccessLog& log, http::AccessLog::Line line, std::uint64_t body, std::uint64_t end) {
    leaving_.push_back({&log, std::move(line), body, end});
  }

  // `sent` octets have left, just now. `ended`: no more will; of a body that is cut off, what is missing is
  // taken from its end, although it may have been another's.
  void write_until(std::uint64_t sent, bool ended) {
    while (!leaving_.empty() && (ended || leaving_.front().end <= sent)) {
      const Leaving& line = leaving_.front();
      const std::uint64_t missing = line.end > sent ? line.end - sent : 0;
      line.log->finish(line.line, line.body > missing ? line.body - missing : 0);
      leaving_.pop_front();
    }
  }

  [[nodiscard]] std::size_t memory() const { return leaving_.size() * kPerLine; }  // Bytes, about.

 private:
  static constexpr std::size_t kPerLine = 512;

  struct Leaving {
    http::AccessLog* log;
    http::AccessLog::Line line;
    std::uint64_t body;
    std::uint64_t end;
  };

  std::deque<Leaving> leaving_;
};

}  // namespace pollux::http2
