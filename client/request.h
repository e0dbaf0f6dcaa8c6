// A request, and the two ends of bodies that are too large to be held: a source for its own, a sink for that
// of its response.
//
// Both have backpressure. A source that has nothing yet, and a sink that wants no more for now, say so, and
// HttpClient::resume() goes on with them. Meanwhile the server is not read from: its window (HTTP/2) or the
// socket's buffer (HTTP/1.1) fills up, and it has to wait.
//
// Thread: all calls of a source or sink come from the worker, one at a time. They must not block or throw.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "client/response.h"

namespace pollux::client {

class BodySource {
 public:
  enum class State : std::uint8_t {
    kMore,
    kEnd,     // That was all.
    kWait,    // Until resume().
    kFailed,  // It ends the request: send: invalid.
  };
  struct Read {
    std::size_t octets = 0;  // Written to the room.
    State state = State::kEnd;
  };

  virtual ~BodySource() = default;

  // Fills in as much as there is and fits.
  [[nodiscard]] virtual Read read(std::span<char> room) = 0;
  // For Content-Length; a body of another length is a failure. std::nullopt: not known (chunks in HTTP/1.1).
  [[nodiscard]] virtual std::optional<std::uint64_t> length() const { return std::nullopt; }
};

class BodySink {
 public:
  enum class Flow : std::uint8_t {
    kMore,
    kPause,  // Nothing more until resume(), or until the connection has ended with all that was to come.
    kStop,   // It ends the request: receive: cancelled.
  };

  virtual ~BodySink() = default;

  // The status and the fields are there. Not called for redirects that are followed.
  virtual void on_head(const Response& /*head*/) {}
  // Never empty. The outcome says whether it was all.
  [[nodiscard]] virtual Flow on_content(std::string_view octets) = 0;
};

struct Request {
  std::string method = "GET";
  std::string url;
  HeaderFields fields = {};  // Host, Content-Length and Transfer-Encoding are added.
  std::string body = {};
  // Instead of `body`. Such a request is never sent twice. Shared with the caller, who resumes it.
  std::shared_ptr<BodySource> source = nullptr;
  // Instead of Response::body. Shared with the caller, who resumes it.
  std::shared_ptr<BodySink> sink = nullptr;
};

}  // namespace pollux::client
