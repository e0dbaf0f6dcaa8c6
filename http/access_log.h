// One line for each request, in the combined format of Apache and nginx or as JSON.
//
//   127.0.0.1 - - [22/Nov/2026:20:15:04 +0000] "GET / HTTP/1.1" 200 586 "-" "curl/7.88.1"
//   {"time":"2026-11-22T20:15:04.125+00:00","peer":"127.0.0.1","method":"GET","host":"localhost:8080",...}
//
// The JSON line also has the request's id (http/request_id.h), and the times to the first and to the last
// octet of its response.
//
// Text from clients is escaped (log/escape.h), so it cannot end a line or begin one.
//
// Thread: any.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/request.h"
#include "log/sink.h"

namespace pollux::http {

class AccessLog {
 public:
  enum class Format : std::uint8_t { kCombined, kJson };

  // `sink`: shared by all logs that write to one file, for example those of two configurations during a
  // reload.
  AccessLog(std::shared_ptr<log::Sink> sink, Format format) : sink_(std::move(sink)), format_(format) {}

  // The facts about a request that has its response. begin() copies the views.
  struct Entry {
    std::string_view peer;
    Status status = Status::kOk;
    std::string_view method = {};  // Empty: the request could not be parsed.
    std::string_view target = {};
    std::string_view version = {};  // "HTTP/1.1"
    std::string_view host = {};     // As the client wrote it; empty: it sent none.
    std::string_view referer = {};  // Empty: none.
    std::string_view user_agent = {};
    std::string_view tls = {};  // "TLSv1.3"; empty: plain text.
    std::string_view id = {};   // Empty: one is made.
    TimePoint begun = {};       // Its first octets came.
    std::int32_t stream = 0;    // HTTP/2's; 0: another version.

    void take(const Request& request);  // Copies the request's own facts.
  };

  // A line that lacks only the octets sent and the time taken.
  struct Line {
    std::string before;
    std::string after;
    TimePoint begun;
  };

  // To be called just before the first octets of the response are sent.
  [[nodiscard]] Line begin(const Entry& entry, const Now& now) const;
  // To be called when the last octet was sent. `octets`: those of the body that were sent.
  void finish(const Line& line, std::uint64_t octets);

 private:
  [[nodiscard]] static std::string begin_json(const Entry& entry, const Now& now);

  const std::shared_ptr<log::Sink> sink_;
  const Format format_;
};

}  // namespace pollux::http
