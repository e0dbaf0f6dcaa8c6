// Incremental HTTP/1.1 request parser (RFC 9112 sections 2 to 7).
//
// Two state machines: the slave (http/line.h) finds one line, and the master decides what the line means.
//
//   master:  kRequestLine -> kFields -> kDone                    a request without a body
//                               +-----> kBody -> kDone           http/body_reader.h
//
// Octets in, values out: no socket, no clock, no lock, so tests and fuzzers feed it strings. The same octets
// give the same result, however they are split.
//
// A head that arrives whole is parsed in place, without a copy or an allocation; only a request with a body
// has its head moved aside.
//
// Thread: the one that holds the connection.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/buffer.h"
#include "http/body_reader.h"
#include "http/fields.h"
#include "http/line.h"
#include "http/request.h"

namespace pollux::http {

struct ParserLimits {
  std::size_t request_line = 8 * 1024;  // Octets: 414.
  std::size_t headers = 32 * 1024;      // Octets of all field lines: 431.
  std::size_t header_fields = 100;      // 431.
  std::uint64_t body = 1024 * 1024;     // Octets: 413.
};

class RequestParser {
 public:
  enum class Result {
    kNeedMore,
    kHead,      // A head that announces a body. Look at request(), decide about the body, then parse on.
    kComplete,  // The rest of `in` belongs to the next, pipelined request.
    kError,     // Framing is lost: respond with error_status() and close (RFC 9112 2.2, 11.2).
  };

  // The limits must outlive the parser.
  explicit RequestParser(const ParserLimits& limits) : limits_(limits) {}
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;
  ~RequestParser() { forget_secret(); }

  [[nodiscard]] Result parse(Buffer& in);

  // REQUIRES: parse() returned kHead or kComplete.
  [[nodiscard]] Request request() const;
  // The same: whether the connection may be used for another request (RFC 9112 9.3).
  [[nodiscard]] bool keep_alive() const { return keep_alive_; }

  // REQUIRES: parse() returned kHead. The body is read and discarded.
  void discard_body() { keep_body_ = false; }
  // REQUIRES: parse() returned kHead. Lowers the limit of this request's body, before any of it is kept.
  // false: its Content-Length exceeds the limit, so parse() would return kError; error_status() is 413.
  // Chunks fail later.
  [[nodiscard]] bool limit_body(std::uint64_t octets);
  // REQUIRES: parse() returned kHead. The body is secret: reset() and the destructor overwrite it. The owner
  // of the input buffer must wipe that after each parse().
  void keep_secret() { secret_ = true; }
  [[nodiscard]] bool secret() const { return secret_; }
  // The octets of content received so far.
  [[nodiscard]] std::uint64_t body_received() const { return body_.received(); }

  // Keeps the views of request() valid for the life of the parser, whatever happens to the input buffer.
  // REQUIRES: parse() returned kHead or kComplete.
  void own_head();

  // REQUIRES: parse() returned kError. One of 400, 413, 414, 431, 501, 505.
  [[nodiscard]] Status error_status() const { return error_status_; }

  // Whether a head, or a body, has begun and is incomplete.
  [[nodiscard]] bool in_head() const { return state_ == State::kFields; }
  [[nodiscard]] bool in_body() const { return state_ == State::kBody; }
  // Whether a request is complete, and reset() was not called since.
  [[nodiscard]] bool complete() const { return state_ == State::kDone; }
  // Whether it has seen nothing of a next request, not even empty lines before it: a new parser would do.
  [[nodiscard]] bool untouched() const { return state_ == State::kRequestLine && blank_lines_ == 0; }

  // Makes it ready for the next request. Keeps its memory, except that of a large body.
  void reset();

  // Bytes held beside the input buffer. An announced length alone allocates nothing.
  [[nodiscard]] std::size_t memory() const {
    return head_copy_.capacity() + path_octets_.capacity() + body_octets_.capacity();
  }

 private:
  enum class State : std::uint8_t { kRequestLine, kFields, kBody, kDone };
  enum class Framing : std::uint8_t { kNone, kFixed, kChunked, kInvalid };

  Result fail(Status status);
  void forget_secret();
  [[nodiscard]] bool parse_request_line(std::string_view line);
  [[nodiscard]] bool parse_field(std::string_view line);
  void trace_line(std::string_view line) const;
  Result parse_head_line(Buffer& in, Line line);
  Result finish_head(Buffer& in);
  [[nodiscard]] bool check_target_and_host();
  [[nodiscard]] Framing framing(std::uint64_t& length);
  Result parse_body(Buffer& in);
  void decide_keep_alive();

  [[nodiscard]] FieldTable::Place place(std::string_view text, std::string_view line) const;
  [[nodiscard]] std::string_view view(FieldTable::Place place) const {
    return {head_ + place.offset, place.length};
  }

  const ParserLimits& limits_;
  State state_ = State::kRequestLine;
  LineScanner scanner_;
  std::uint32_t parsed_ = 0;        // Octets of the head before the current line.
  std::uint32_t fields_begin_ = 0;  // Where the field lines begin.
  std::uint8_t blank_lines_ = 0;    // Before the request line.
  Method method_ = Method::kUnknown;
  Version version_ = Version::k11;
  bool keep_alive_ = true;
  bool keep_body_ = true;
  bool secret_ = false;  // The body is.
  Status error_status_ = Status::kBadRequest;
  FieldTable::Place method_name_{};
  FieldTable::Place target_{};
  Target uri_;
  PathResult path_;
  std::string path_octets_;  // path_ points into it, unless the path is unchanged from the head.
  FieldTable fields_;
  const char* head_ = nullptr;  // The base of all offsets: the input buffer, or head_copy_.
  std::string head_copy_;
  BodyReader body_;
  std::uint64_t body_limit_ = 0;  // Octets, for the current request.
  Buffer body_octets_;
};

}  // namespace pollux::http
