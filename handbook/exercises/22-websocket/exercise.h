// Finds frames in what a WebSocket client sends (RFC 6455 section 5.2): the slave state machine.
//
// This version takes a whole frame of at most 125 octets from the beginning of what it gets, and believes
// everything. Mend feed():
//   - octets may be split anywhere, within the head, too; a call may bring several frames, or a part of
//     one;
//   - the length is 7 bits; 126 says that 16 more follow, 127 that 64 do (the highest octet first);
//   - the payload is unmasked: octet i of it is combined (^) with octet i % 4 of the mask;
//   - it fails, for good, if a client breaks a rule: there is no mask; one of the three reserved bits
//     (0x70) is set; the opcode is none of 0, 1, 2, 8, 9, 10; a control frame (8 and above) has more than
//     125 octets or no FIN; a length is not written in its shortest form; or it is more than `longest`. It
//     must not wait for a payload that is too long, nor take memory for it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

struct Frame {
  int opcode = 0;
  bool fin = false;
  std::string payload;
};

class FrameReader {
 public:
  explicit FrameReader(std::uint64_t longest) : longest_(longest) {}

  // The frames that are complete with these octets are appended. false: a rule was broken, now or before.
  [[nodiscard]] bool feed(std::string_view octets, std::vector<Frame>& frames) {
    if (octets.size() < 6) return true;
    Frame frame;
    frame.opcode = octets[0] & 0x0F;
    frame.fin = (octets[0] & 0x80) != 0;
    const std::size_t length = octets[1] & 0x7F;
    frame.payload = octets.substr(6, length);
    frames.push_back(frame);
    return true;
  }

 private:
  [[maybe_unused]] const std::uint64_t longest_;  // Octets of a payload.
};
