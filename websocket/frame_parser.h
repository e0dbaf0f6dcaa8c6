// The slave state machine of WebSocket: finds frames in what a client sends (RFC 6455 section 5.2).
//
//   kHead -> kPayload -> kHead ...        a head that breaks a rule: kError for good
//
// What a frame means for the message it belongs to is the master's, websocket/message_reader.h.
//
// Octets in, values out; the same octets give the same result however they are split. A payload is handed on
// as it comes: no frame is ever kept whole here.
//
// Thread: none of its own; call it on whichever thread holds the connection.
#pragma once

#include <array>
#include <cstdint>

#include "base/buffer.h"
#include "websocket/frame.h"

namespace pollux::websocket {

struct FrameHead {
  Opcode opcode = Opcode::kContinuation;
  bool fin = false;
  bool compressed = false;   // RSV1.
  std::uint64_t length = 0;  // Octets of payload.
};

class FrameParser {
 public:
  enum class Result {
    kNeedMore,
    kHead,     // head() is there; its payload follows.
    kPayload,  // Some more of the payload was appended.
    kEnd,      // The frame is complete.
    kError,    // Of the protocol (1002): there is no telling where the next frame begins.
  };

  // Consumes from `in`. `payload` gets what comes of it, unmasked. With each call one result.
  [[nodiscard]] Result parse(Buffer& in, Buffer& payload);

  [[nodiscard]] const FrameHead& head() const { return head_; }

 private:
  enum class State : std::uint8_t { kHead, kPayload, kError };

  [[nodiscard]] Result parse_head(Buffer& in);
  void read_payload(Buffer& in, Buffer& payload);

  State state_ = State::kHead;
  FrameHead head_;
  std::array<char, 4> mask_{};
  std::uint64_t left_ = 0;  // Of the payload.
};

}  // namespace pollux::websocket
