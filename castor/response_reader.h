// The responses of one connection, one after the other: HTTP/1.x, or the bare octets of HTTP/0.9.
//
// Content is counted, not kept. Most servers respond to an HTTP/0.9 request with a head nevertheless; a
// response that begins like a status line has one, however few octets come at once.
//
// Thread: none of its own.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>

#include "castor/options/options.h"
#include "client/response_parser.h"

namespace pollux::castor {

class ResponseReader {
 public:
  using Result = client::ResponseParser::Result;

  explicit ResponseReader(const Options& options)
      : http09_(options.version == HttpVersion::k09), parser_(kLimits) {}

  // Begins a response. `head`: to HEAD, so it has no content.
  void begin(bool head);
  void end() { begun_ = false; }

  // Consumes complete parts; incomplete ones stay in `in`. REQUIRES: begun().
  [[nodiscard]] Result read(Buffer& in);
  // The connection has ended, and `in` holds what read() has left. kComplete: that was the end of the
  // response.
  [[nodiscard]] Result end_of_input(Buffer& in);

  [[nodiscard]] bool begun() const { return begun_; }  // Octets of this response have arrived.
  [[nodiscard]] bool keep_alive() const { return parser_.keep_alive(); }
  [[nodiscard]] int status() const { return bare_ ? 200 : parser_.status(); }
  [[nodiscard]] std::uint64_t octets() const { return bare_ ? bare_octets_ : parser_.body_octets(); }
  // REQUIRES: read() returned kError.
  [[nodiscard]] client::ResponseParser::Fault fault() const { return parser_.fault(); }

 private:
  static constexpr client::ResponseLimits kLimits{
      .headers = 256 * 1024, .header_fields = 1000, .body = std::numeric_limits<std::uint64_t>::max()};

  // The previous head. Heads of a server are mostly equal, to the octet, until the Date changes, and parsing
  // them would be most of castor's own work for a request.
  struct KnownHead {
    std::string octets;  // Empty: none.
    client::ResponseParser::Head said;
  };

  [[nodiscard]] Result read_first(Buffer& in);
  [[nodiscard]] bool is_undecided() const { return http09_ && !bare_ && parser_.status() == 0; }
  [[nodiscard]] Result read_bare(Buffer& in);

  const bool http09_;
  bool begun_ = false;
  bool fresh_ = false;  // No octet of this response has been read.
  bool bare_ = false;   // HTTP/0.9: all octets are content.
  std::uint64_t bare_octets_ = 0;
  client::ResponseParser parser_;
  std::unique_ptr<KnownHead> known_;  // nullptr until one has arrived: idle connections have none.
};

}  // namespace pollux::castor
