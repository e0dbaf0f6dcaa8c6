// The master state machine of WebSocket: makes messages of frames (RFC 6455 sections 5.4 to 5.6, 8.1).
//
//   kIdle --data frame--> kMessage --continuation with FIN--> kIdle       control frames may come in between
//
// Text is checked as it comes, also within a fragment. A compressed message (RFC 7692) is inflated as it
// comes, within the bound of a message.
//
// A message takes the memory of what has arrived and a quarter more at most (base/buffer.h); what its frames
// announce takes none. The memory of a large one is free when the next is read.
//
// Octets in, values out; the same octets give the same result however they are split.
// Thread: none of its own; call it on whichever thread holds the connection.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/buffer.h"
#include "websocket/deflate.h"
#include "websocket/frame.h"
#include "websocket/frame_parser.h"
#include "websocket/utf8.h"

namespace pollux::websocket {

struct MessageLimits {
  // Octets of payload: 1009. A compressed one may have what deflate adds to so many at most.
  std::uint64_t frame = 16 * 1024 * 1024;
  std::size_t message = 16 * 1024 * 1024;  // Octets, inflated: 1009.
};

class MessageReader {
 public:
  enum class Result {
    kNeedMore,
    kText,    // payload() is a message: UTF-8,
    kBinary,  // or any octets.
    kPing,    // payload() is what the pong has to carry.
    kPong,
    kClose,  // close_code() and payload(), the reason. Nothing may follow.
    kError,  // error() says with which code to close. Nothing may follow.
  };

  // `deflate`: what was agreed on; std::nullopt: messages are not compressed. The limits must outlive this.
  MessageReader(const MessageLimits& limits, const std::optional<DeflateParameters>& deflate);

  [[nodiscard]] Result read(Buffer& in);

  // Until the next read().
  [[nodiscard]] std::string_view payload() const {
    return in_control_ ? control_.readable() : message_.readable();
  }
  [[nodiscard]] CloseCode close_code() const { return close_code_; }  // kNone: the frame had none.
  [[nodiscard]] CloseCode error() const { return error_; }

  // Whether a message has begun and is not complete.
  [[nodiscard]] bool in_message() const { return state_ == State::kMessage || frame_open_; }

  // Bytes held. The inflater's window, a constant of 12 KB, does not count.
  [[nodiscard]] std::size_t memory() const {
    return message_.capacity() + control_.capacity() + piece_.capacity();
  }

  void release();  // Frees the buffers. REQUIRES: not in_message(), or read() is not called again.

 private:
  enum class State : std::uint8_t { kIdle, kMessage };

  [[nodiscard]] Result fail(CloseCode code);
  // std::nullopt: nothing to tell yet.
  [[nodiscard]] std::optional<Result> begin_frame();
  [[nodiscard]] std::optional<Result> take_payload();
  [[nodiscard]] std::optional<Result> end_frame();
  [[nodiscard]] std::optional<Result> inflated(Inflater::Result result);
  [[nodiscard]] std::optional<Result> check_text();
  [[nodiscard]] Result end_control();
  [[nodiscard]] Result end_close();

  const MessageLimits& limits_;
  FrameParser frames_;
  std::unique_ptr<Inflater> inflater_;  // nullptr: nothing is compressed.
  Utf8Validator utf8_;
  State state_ = State::kIdle;
  bool frame_open_ = false;
  bool in_control_ = false;  // The frame at hand is one.
  bool told_ = false;        // message_ was handed out.
  bool text_ = false;        // The message at hand is.
  bool compressed_ = false;  // The same.
  bool failed_ = false;
  CloseCode close_code_ = CloseCode::kNone;
  CloseCode error_ = CloseCode::kNone;
  Buffer message_;
  std::size_t checked_ = 0;  // Octets of message_ that are UTF-8.
  Buffer control_;
  Buffer piece_;  // Compressed octets that have just come.
};

}  // namespace pollux::websocket
