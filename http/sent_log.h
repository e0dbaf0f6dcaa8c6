// The access log's unfinished lines of one connection: their responses were queued, but are not known to be
// sent. A line is written when its last octet has left, or never will.
//
// Thread: the one that holds the connection.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "http/access_log.h"
#include "http/request.h"

namespace pollux::http {

class SentLog {
 public:
  // `peer`: the client's address; it must outlive the object.
  explicit SentLog(std::string_view peer) : peer_(peer) {}

  // Octets of a request have arrived; only the first call counts.
  void begin_request(TimePoint now) {
    if (!begun_) begun_ = now;
  }

  // A response was queued; the last `body` octets before `end` are its body. `end` counts from the
  // connection's beginning. `request`: nullptr when it could not be parsed; `input` is then its text so far.
  // `log`: that of the request's host, which must outlive the object; nullptr: none is kept. `tls`: the TLS
  // version, or empty.
  void note(AccessLog* log, Status status, const Request* request, std::string_view input,
            std::string_view tls, std::uint64_t body, std::uint64_t end, const Now& now, bool whole = true);

  // The body of the last response, which was incomplete, goes on up to `end`. `whole`: this is all of it.
  void extend(std::uint64_t end, bool whole);

  // `sent` octets have left by now. `ended`: no more will.
  void write_until(std::uint64_t sent, bool ended);

  void trim() { std::vector<Unlogged>(unlogged_).swap(unlogged_); }

 private:
  struct Unlogged {
    AccessLog* log;
    AccessLog::Line line;
    std::uint64_t body_begin;  // In octets of output since the connection began.
    std::uint64_t body_end;
    bool whole;  // The whole body is queued.
  };

  const std::string_view peer_;
  std::optional<TimePoint> begun_;  // The current request's.
  bool noted_ = false;              // The last response has a line.
  std::vector<Unlogged> unlogged_;
};

}  // namespace pollux::http
