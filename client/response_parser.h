// Incremental HTTP/1.1 response parser (RFC 9112), the client's counterpart of http::RequestParser.
//
//   master:  kStatusLine -> kFields -> kDone              no body: HEAD, 204, 304, Content-Length: 0
//                 ^            |  +--> kBody -> kDone     Content-Length or chunks (http/body_reader.h)
//                 +--- 1xx ----+  +--> kUntilClose        neither: the end of the connection is the end
//
// Octets in, values out: no socket, no clock. Everything has a bound, since the server may be hostile.
// Ambiguous messages are refused (Content-Length twice or beside Transfer-Encoding, a line feed alone), so
// that a connection is never reused at the wrong octet. Folded fields are accepted: a user agent must read
// the fold as spaces (RFC 9112 5.2).
//
// Thread: the one that holds the connection.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/buffer.h"
#include "client/outcome.h"
#include "http/body_reader.h"
#include "http/line.h"

namespace pollux::client {

class ResponseParser {
 public:
  enum class Result : std::uint8_t { kNeedMore, kComplete, kError };

  enum class Fault : std::uint8_t {
    kNone,
    kBadStatusLine,
    kBadField,
    kHeadersTooLarge,
    kBadFraming,         // Content-Length and Transfer-Encoding are contradictory.
    kUnsupportedCoding,  // A Transfer-Encoding other than chunked.
    kBadChunk,
    kBodyTooLarge,
    kUnexpectedUpgrade,  // 101, without a request for it.
  };

  // The facts in a head about its response.
  struct Head {
    int status = 0;  // 100 to 999; from 600 on it counts as 5xx.
    bool version_11 = true;
    bool close = false;    // Connection: close
    bool keep = false;     // Connection: keep-alive
    bool chunked = false;  // Transfer-Encoding: chunked
    bool has_length = false;
    std::uint64_t length = 0;
  };

  explicit ResponseParser(const ResponseLimits& limits = {}) : limits_(limits) {}

  // To be called before each response. `head`: it is the response to HEAD. `fields` and `body` may be
  // nullptr. `streamed`: the body is not held in memory, so it may have any length.
  void start(bool head, HeaderFields* fields = nullptr, std::string* body = nullptr, bool streamed = false);

  // Consumes whole lines and body octets; a partial line stays in `in`. kComplete: the rest of `in` belongs
  // to the next response.
  [[nodiscard]] Result parse(Buffer& in);

  // Replaces parse() for a known head: behaves as if its octets had been read, except that `fields` is not
  // filled. REQUIRES: start() was the last call, and parse() has returned this head for the same octets.
  [[nodiscard]] Result skip_head(const Head& known);

  // The server has ended the connection. kComplete: that was the end of the body.
  [[nodiscard]] Result end_of_input();

  // REQUIRES: kError was returned, and not by end_of_input().
  [[nodiscard]] Fault fault() const { return fault_; }

  // Valid once the head is complete: past_head().
  [[nodiscard]] bool past_head() const { return state_ > State::kFields; }
  [[nodiscard]] int status() const { return said_.status; }
  [[nodiscard]] const Head& head() const { return said_; }
  [[nodiscard]] std::size_t head_octets() const { return head_octets_; }  // Interim responses included.
  // Whether the connection may carry another request after this one.
  [[nodiscard]] bool keep_alive() const { return keep_alive_; }

  [[nodiscard]] std::uint64_t body_octets() const { return body_.received() + until_close_; }

 private:
  enum class State : std::uint8_t { kStatusLine, kFields, kBody, kUntilClose, kDone };

  Result fail(Fault fault);
  [[nodiscard]] Result parse_head_line(Buffer& in);
  [[nodiscard]] bool parse_status_line(std::string_view line);
  [[nodiscard]] bool may_be_folded(std::string_view line) const;
  [[nodiscard]] Result parse_field_line(std::string_view line, bool goes_on);
  [[nodiscard]] Result parse_field(std::string_view line);
  [[nodiscard]] Result finish_head();
  [[nodiscard]] Result parse_body(Buffer& in);
  [[nodiscard]] Result parse_until_close(Buffer& in);
  [[nodiscard]] std::uint64_t max_body() const { return streamed_ ? UINT64_MAX : limits_.body; }

  ResponseLimits limits_;  // Constant after construction.
  HeaderFields* fields_ = nullptr;
  std::string* content_ = nullptr;
  State state_ = State::kDone;
  Fault fault_ = Fault::kNone;
  bool head_ = false;
  bool streamed_ = false;
  bool keep_alive_ = false;
  Head said_;
  std::uint32_t head_octets_ = 0;  // Of all heads of this response.
  std::uint32_t head_lines_ = 0;
  std::uint64_t until_close_ = 0;        // Octets of a body that ends with the connection.
  std::unique_ptr<std::string> folded_;  // A field whose last line has not arrived. Folded fields are rare.
  http::LineScanner scanner_;
  http::BodyReader body_;
};

// The name of a fault in an outcome.
[[nodiscard]] ErrorKind kind_of_fault(ResponseParser::Fault fault);
[[nodiscard]] std::string_view reason_of_fault(ResponseParser::Fault fault);

}  // namespace pollux::client
