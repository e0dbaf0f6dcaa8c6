// Frames of the WebSocket protocol (RFC 6455 section 5): their head, and how ours are written.
//
//    0                   1                   2                   3
//   +-+-+-+-+-------+-+-------------+-------------------------------+
//   |F|R|R|R| opcode|M| Payload len |  extended length, 16 or 64 bit|
//   |I|S|S|S|       |A|     7 bit   |  if Payload len is 126 or 127 |
//   |N|1|2|3|       |S|             |                               |
//   +-+-+-+-+-------+K+-------------+-------------------------------+
//   |  masking key, 32 bit, if MASK (from clients always)           |
//   +---------------------------------------------------------------+
//
// Values only; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pollux::websocket {

enum class Opcode : std::uint8_t {
  kContinuation = 0x0,
  kText = 0x1,
  kBinary = 0x2,
  kClose = 0x8,
  kPing = 0x9,
  kPong = 0xA,
};

[[nodiscard]] constexpr bool is_control(Opcode opcode) { return opcode >= Opcode::kClose; }

// RFC 6455 7.4.1. kNone and kAbnormal are never sent: a close frame without a code, and an end without one.
enum class CloseCode : std::uint16_t {
  kNormal = 1000,
  kGoingAway = 1001,
  kProtocolError = 1002,
  kUnsupported = 1003,
  kNone = 1005,
  kAbnormal = 1006,
  kInvalidPayload = 1007,
  kPolicy = 1008,
  kTooBig = 1009,
  kInternalError = 1011,
  kTryAgainLater = 1013,
};

// Whether a peer may send this code (RFC 6455 7.4.2, and the registry up to 1014).
[[nodiscard]] constexpr bool may_be_sent(std::uint16_t code) {
  const bool registered = code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
  return registered || (code >= 3000 && code <= 4999);
}

inline constexpr std::size_t kLongestControl = 125;  // Octets of a control frame's payload.

// A whole frame of a server, which masks nothing: `fin` is set. `compressed`: RSV1, RFC 7692.
[[nodiscard]] std::string make_frame(Opcode opcode, std::string_view payload, bool compressed = false);

// REQUIRES: may_be_sent(code). What of the reason has no room is cut off, between characters.
[[nodiscard]] std::string make_close_frame(CloseCode code, std::string_view reason = {});

}  // namespace pollux::websocket
