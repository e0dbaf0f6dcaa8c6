// A handler's response, and its way to the wire.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/output_queue.h"
#include "http/field_lines.h"
#include "http/message.h"
#include "net/protocol.h"

namespace pollux::http {

// Octets of a file. Shared, because they may be sent after the file has left the cache.
struct FileSlice {
  std::shared_ptr<const FileVersion> file;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

// Octets, and a slice of a file after them.
struct BodyPart {
  std::string octets;
  FileSlice slice = {};
};

// A body that is made while it is sent. It is asked for the next piece when the previous one has left.
// Destroyed early if the client goes.
//
// Thread: the one that holds the connection. It must not wait.
class BodySource {
 public:
  enum class Result { kMore, kEnd, kBroken };  // kBroken: the connection is closed short.

  BodySource() = default;
  BodySource(const BodySource&) = delete;
  BodySource& operator=(const BodySource&) = delete;
  virtual ~BodySource() = default;

  // Appends the next octets to `to`: at least one unless the body ends, and about `room` at most.
  [[nodiscard]] virtual Result produce(std::string& to, std::size_t room) = 0;
};

// Own octets, octets shared with other responses, a slice of a file, several parts, or a source.
using Body = std::variant<std::string, std::shared_ptr<const std::string>, FileSlice, std::vector<BodyPart>,
                          std::unique_ptr<BodySource>>;

// Length in octets; std::nullopt: a source, whose length is unknown.
[[nodiscard]] std::optional<std::uint64_t> length_of(const Body& body);

struct Response {
  Status status = Status::kOk;

  // Serialised header lines, each ended by CRLF, borrowed from their owner. They are sent before `fields`.
  std::shared_ptr<const void> prepared_owner;
  std::string_view prepared;
  FieldLines fields;

  Body body;

  bool close = false;  // The connection ends with this response.

  // With 101: the protocol that the connection speaks afterwards.
  std::unique_ptr<net::Protocol> successor;

  // Fields, prepared or own; FieldLines describes each function.
  void add_field(std::string_view name, std::string_view value) { fields.add(name, value); }
  [[nodiscard]] std::optional<std::string_view> find_field(std::string_view name) const;
  void set_field(std::string_view name, std::string_view value);
  void remove_field(std::string_view name);
  // All fields as own ones, which may be changed at will.
  [[nodiscard]] FieldLines& own_fields();

  // For the body as it is now; also right for HEAD. REQUIRES: the body is no source.
  void add_content_length();
  [[nodiscard]] BodySource* source() const;  // nullptr: the body is of another kind.
};

struct WriteOptions {
  std::string_view date;  // For the Date field, RFC 9110 6.6.1.
  bool with_body = true;  // Not for HEAD.
  bool keep_alive = true;
  bool http10 = false;           // The client must be told that the connection stays open.
  bool chunked = false;          // The body is a source, and its pieces are sent as chunks (RFC 9112 7.1).
  std::string_view fields = {};  // Header lines of every response, each ended by CRLF.
};

// Queues head and body; of a source, only the head. Returns the octets of body queued.
std::uint64_t write_response(OutputQueue& out, const Response& response, const WriteOptions& options);

}  // namespace pollux::http
