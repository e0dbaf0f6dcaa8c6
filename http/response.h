// A handler's answer, and the way it is put on the wire.
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

// Octets of a file, which is shared because they may be sent after it has left the cache.
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

// A body that is made while it is sent: asked for more whenever there is room, so that the next piece is made
// when the one before has left. Destroyed early if the client goes.
//
// Thread: one at a time, whichever holds the connection. It must not wait.
class BodySource {
 public:
  enum class Result { kMore, kEnd, kBroken };  // Broken: the connection is closed short.

  BodySource() = default;
  BodySource(const BodySource&) = delete;
  BodySource& operator=(const BodySource&) = delete;
  virtual ~BodySource() = default;

  // Appends the next octets to `to`: at least one unless it is the end, and about `room` at most.
  [[nodiscard]] virtual Result produce(std::string& to, std::size_t room) = 0;
};

// Octets of its own, octets shared with other responses, a slice of a file, parts of one, or a source.
using Body = std::variant<std::string, std::shared_ptr<const std::string>, FileSlice, std::vector<BodyPart>,
                          std::unique_ptr<BodySource>>;

// Octets of it; std::nullopt: of a source, nobody knows.
[[nodiscard]] std::optional<std::uint64_t> length_of(const Body& body);

struct Response {
  Status status = Status::kOk;

  // Header lines that are ready, each ended by CRLF, borrowed from their owner. They are sent before
  // `fields`.
  std::shared_ptr<const void> prepared_owner;
  std::string_view prepared;
  FieldLines fields;

  Body body;

  bool close = false;  // The connection ends with this response.

  // With 101: what is spoken on the connection from then on.
  std::unique_ptr<net::Protocol> successor;

  // Fields, be they prepared or the response's own; FieldLines says what each does.
  void add_field(std::string_view name, std::string_view value) { fields.add(name, value); }
  [[nodiscard]] std::optional<std::string_view> find_field(std::string_view name) const;
  void set_field(std::string_view name, std::string_view value);
  void remove_field(std::string_view name);
  // All of them, to be changed at will.
  [[nodiscard]] FieldLines& own_fields();

  // From the body as it is now; also right for HEAD. REQUIRES: not a source.
  void add_content_length();
  [[nodiscard]] BodySource* source() const;  // nullptr: the body is another kind.
};

struct WriteOptions {
  std::string_view date;  // For the Date field, RFC 9110 6.6.1.
  bool with_body = true;  // Not for HEAD.
  bool keep_alive = true;
  bool http10 = false;           // The client has to be told that the connection stays open.
  bool chunked = false;          // The body is a source, and its pieces are sent as chunks (RFC 9112 7.1).
  std::string_view fields = {};  // Header lines that every response has, each ended by CRLF.
};

// Queues head and body, but for a source: only its head. Returns the octets of body queued.
std::uint64_t write_response(OutputQueue& out, const Response& response, const WriteOptions& options);

}  // namespace pollux::http
