// A request, and interfaces for bodies that are too large for memory: a source for the request's body, a sink
// for the response's.
//
// Both have backpressure. A source without octets and a sink that wants no more for now return kWait and
// kPause, and HttpClient::resume() goes on with them. Meanwhile nothing is read from the server: its window
// (HTTP/2) or the socket's buffer (HTTP/1.1) fills up, and the server must wait.
//
// Thread: the worker makes all calls of a source or sink, one at a time. They must not block or throw.
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
    kEnd,     // The body is complete.
    kWait,    // Until resume().
    kFailed,  // The request ends with send: invalid.
  };
  struct Read {
    std::size_t octets = 0;  // The number written to the room.
    State state = State::kEnd;
  };

  virtual ~BodySource() = default;

  // Writes as many octets as there are and fit.
  [[nodiscard]] virtual Read read(std::span<char> room) = 0;
  // For Content-Length; a body of another length is a failure. std::nullopt: unknown (chunks in HTTP/1.1).
  [[nodiscard]] virtual std::optional<std::uint64_t> length() const { return std::nullopt; }
};

class BodySink {
 public:
  enum class Flow : std::uint8_t {
    kMore,
    kPause,  // Until resume(), or until the connection has ended after the last octets.
    kStop,   // The request ends with receive: cancelled.
  };

  virtual ~BodySink() = default;

  // Status and fields have arrived. Not called for redirects that are followed.
  virtual void on_head(const Response& /*head*/) {}
  // `octets` is never empty. The outcome says whether the content was complete.
  [[nodiscard]] virtual Flow on_content(std::string_view octets) = 0;
};

struct Request {
  std::string method = "GET";
  std::string url;
  HeaderFields fields = {};  // Host, Content-Length and Transfer-Encoding are added.
  std::string body = {};
  // Replaces `body`. Such a request is never sent twice. Shared with the caller, who resumes it.
  std::shared_ptr<BodySource> source = nullptr;
  // Replaces Response::body. Shared with the caller, who resumes it.
  std::shared_ptr<BodySink> sink = nullptr;
};

}  // namespace pollux::client
