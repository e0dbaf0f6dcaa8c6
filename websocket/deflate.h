// permessage-deflate (RFC 7692) over zlib: what is agreed on, and both directions of it.
//
// Memory of a session that uses it, with the windows we ask for (2 KiB ours, 4 KiB the client's): some 25 KB
// for what we send, which trim() frees, and 12 KB for what comes, the first time there is something; with
// no_context_takeover, none between two messages.
//
// Thread: none of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/buffer.h"

struct z_stream_s;

namespace pollux::websocket {

struct DeflateParameters {
  int server_window_bits = 11;  // Of what we send.
  int client_window_bits = 15;
  bool server_no_context_takeover = false;  // Each message on its own.
  bool client_no_context_takeover = false;

  // As the value of Sec-WebSocket-Extensions in our answer. `client_may_be_told`: it offered to be.
  [[nodiscard]] std::string text(bool client_may_be_told) const;
};

struct DeflateAgreement {
  DeflateParameters parameters;
  std::string field;  // The value of Sec-WebSocket-Extensions.
};

// The first offer among the elements of Sec-WebSocket-Extensions that we can take; std::nullopt: none, which
// is no error.
[[nodiscard]] std::optional<DeflateAgreement> negotiate_deflate(std::string_view offers);

// The octets that a compressed message of `octets` may have at most, whoever compresses it: deflate makes
// incompressible octets longer (zlib's deflateBound(), for any window and memory level).
[[nodiscard]] constexpr std::uint64_t max_deflated(std::uint64_t octets) {
  return octets + octets / 8 + octets / 64 + 16;
}

class Deflater {
 public:
  explicit Deflater(const DeflateParameters& parameters);
  ~Deflater();
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  // A whole message's payload. Throws std::bad_alloc.
  [[nodiscard]] std::string compress(std::string_view message);

  // Forgets what was sent: the next message does not refer to it, which the other end need not know.
  void trim() { stream_.reset(); }

 private:
  void open();

  struct Close {
    void operator()(z_stream_s* stream) const;
  };
  const DeflateParameters parameters_;
  std::unique_ptr<z_stream_s, Close> stream_;  // nullptr: before the first message.
};

class Inflater {
 public:
  explicit Inflater(const DeflateParameters& parameters);
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  enum class Result { kOk, kBroken, kTooBig };

  // Appends what a piece of a message's payload stands for. Never lets `to` pass `max` octets.
  [[nodiscard]] Result inflate(std::string_view piece, Buffer& to, std::size_t max);
  // The message ends here.
  [[nodiscard]] Result finish(Buffer& to, std::size_t max);

 private:
  struct Close {
    void operator()(z_stream_s* stream) const;
  };
  const DeflateParameters parameters_;
  std::unique_ptr<z_stream_s, Close> stream_;  // nullptr: before the first message.
};

}  // namespace pollux::websocket
