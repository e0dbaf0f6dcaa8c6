// The head of one request as HTTP/2 brings it: pseudo-fields and fields, one after the other (RFC 9113 8.3).
//
// nghttp2 has seen to it that the pseudo-fields come first and once, that names are in lower case and no
// field speaks of the connection (8.2), and that octets are allowed. What is left is what HTTP/1.1 is asked
// as well: the target, the host, and the limits.
//
// Thread: none of its own; used by whichever thread holds the connection.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/fields.h"
#include "http/request.h"
#include "http/request_parser.h"

namespace pollux::http2 {

class RequestHead {
 public:
  // The limits must outlive it.
  explicit RequestHead(const http::ParserLimits& limits) : limits_(limits) { octets_.reserve(kUsual); }
  RequestHead(const RequestHead&) = delete;
  RequestHead& operator=(const RequestHead&) = delete;

  // What is beyond the limits is not kept. Throws std::bad_alloc.
  void add(std::string_view name, std::string_view value);
  // Far beyond the limits: a few octets may stand for thousands (RFC 7541 2.3), and who sends so many means
  // harm.
  [[nodiscard]] bool hopeless() const { return field_octets_ > kHopeless * limits_.headers; }
  // All fields are there. Throws std::bad_alloc.
  void finish();

  // After finish(): why it cannot be answered otherwise. One of 400, 413, 414, 431.
  [[nodiscard]] std::optional<http::Status> error() const { return error_; }

  // After finish(), also of one with an error, which then may have no path. Good as long as this lives.
  [[nodiscard]] http::Request request() const;
  // Octets that were announced; std::nullopt: nobody has said.
  [[nodiscard]] std::optional<std::uint64_t> content_length() const { return content_length_; }

  [[nodiscard]] std::size_t memory() const { return octets_.capacity() + path_octets_.capacity(); }

 private:
  using Place = http::FieldTable::Place;

  static constexpr std::size_t kUsual = 512;  // Octets of a head.
  static constexpr std::size_t kHopeless = 8;

  void fail(http::Status status) {
    if (!error_) error_ = status;
  }
  [[nodiscard]] Place keep(std::string_view text);
  void add_pseudo(std::string_view name, std::string_view value);
  void add_field(std::string_view name, std::string_view value);
  void check_target();
  void check_host();
  void read_content_length();
  [[nodiscard]] std::string_view view(Place place) const {
    return std::string_view(octets_).substr(place.offset, place.length);
  }

  const http::ParserLimits& limits_;
  std::string octets_;  // What the places are in.
  std::string cookies_;
  std::size_t field_octets_ = 0;  // With 4 for each, as ": " and CRLF have.
  Place method_{};
  Place scheme_{};
  Place authority_{};
  Place path_{};
  Place protocol_{};
  bool has_authority_ = false;
  http::FieldTable fields_;
  http::Target target_;
  http::PathResult decoded_;
  std::string path_octets_;
  std::optional<std::uint64_t> content_length_;
  std::optional<http::Status> error_;
};

}  // namespace pollux::http2
