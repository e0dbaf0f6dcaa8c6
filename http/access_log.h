// One line for each request, in the combined format of Apache and nginx or as JSON.
//
//   127.0.0.1 - - [22/Nov/2026:20:15:04 +0000] "GET / HTTP/1.1" 200 586 "-" "curl/7.88.1"
//   {"time":"2026-11-22T20:15:04.125+00:00","peer":"127.0.0.1","method":"GET","host":"localhost:8080",...}
//
// As JSON, a request has a name (http/request_id.h), and the time to the first octet of its answer stands
// beside that to the last.
//
// Whatever a client sends is escaped (log/escape.h), so that it cannot end a line or begin one.
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

  // `sink`: shared by the logs that write to one file: those of two configurations, while one takes the
  // other's place.
  AccessLog(std::shared_ptr<log::Sink> sink, Format format) : sink_(std::move(sink)), format_(format) {}

  // What is known when a request has been answered; views are copied by begin().
  struct Entry {
    std::string_view peer;
    Status status = Status::kOk;
    std::string_view method = {};  // Empty for a request that could not be understood.
    std::string_view target = {};
    std::string_view version = {};  // "HTTP/1.1"
    std::string_view host = {};     // As the client named it; empty: it did not.
    std::string_view referer = {};  // Empty: none.
    std::string_view user_agent = {};
    std::string_view tls = {};  // "TLSv1.3"; empty: plain text.
    std::string_view id = {};   // Empty: one is made.
    TimePoint begun = {};       // Its first octets came.
    std::int32_t stream = 0;    // Of HTTP/2; 0: of no other.

    void take(const Request& request);  // What it says of itself.
  };

  // A line of which only the octets sent and the time taken are missing.
  struct Line {
    std::string before;
    std::string after;
    TimePoint begun;
  };

  // The first octets of the answer are about to be sent.
  [[nodiscard]] Line begin(const Entry& entry, const Now& now) const;
  // `octets`: of the body, those the client was sent; the last of them just now.
  void finish(const Line& line, std::uint64_t octets);

 private:
  [[nodiscard]] static std::string begin_json(const Entry& entry, const Now& now);

  const std::shared_ptr<log::Sink> sink_;
  const Format format_;
};

}  // namespace pollux::http
