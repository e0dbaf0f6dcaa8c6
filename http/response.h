// What a handler answers, and how it is put on the wire.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/output_queue.h"
#include "http/message.h"
#include "http/request.h"
#include "net/protocol.h"

namespace pollux::http {

// A part of a body: octets of its own, then a slice of the response's file.
struct BodyPart {
  std::string octets;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

struct Response {
  Status status = Status::kOk;

  // Header lines, each ended by CRLF. `prepared` is borrowed from something that outlives the handler's
  // call and the write_response() after it, `fields` is this response's own.
  std::shared_ptr<const void> prepared_owner;
  std::string_view prepared;
  std::string fields;

  // The body: `body`, or the parts, or a slice of the file; by which of them is not empty.
  std::string body;
  std::shared_ptr<const FileVersion> file;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::vector<BodyPart> parts;

  bool close = false;  // The connection ends with this response.

  // With 101: what is spoken on the connection from then on.
  std::unique_ptr<net::Protocol> successor;

  // REQUIRES: neither holds CR, LF or NUL.
  void add_field(std::string_view name, std::string_view value);
  void add_content_length();  // From the body as it is now; also right for HEAD.
  [[nodiscard]] std::uint64_t body_length() const;
};

struct WriteOptions {
  std::string_view date;  // For the Date field, RFC 9110 6.6.1.
  bool with_body = true;  // Not for HEAD.
  bool keep_alive = true;
  bool http10 = false;           // The client has to be told that the connection stays open.
  std::string_view fields = {};  // Header lines that every answer has, each ended by CRLF.
};

// Queues head and body. Returns the octets of body queued.
std::uint64_t write_response(OutputQueue& out, const Response& response, const WriteOptions& options);

}  // namespace pollux::http
