// Frames as a client sends them, for tests: masked.
#pragma once

#include <string>
#include <string_view>

#include "websocket/frame.h"

namespace pollux::websocket::test {

struct Kind {
  bool fin = true;
  bool compressed = false;
};

inline std::string client_frame(Opcode opcode, std::string_view payload, Kind kind = {}) {
  std::string frame = make_frame(opcode, payload, kind.compressed);
  const std::size_t head = frame.size() - payload.size();
  if (!kind.fin) frame[0] = static_cast<char>(frame[0] & 0x7F);
  frame[1] = static_cast<char>(frame[1] | 0x80);
  constexpr std::string_view kMask = "\x37\xfa\x21\x3d";
  for (std::size_t i = 0; i < payload.size(); ++i) {
    frame[head + i] = static_cast<char>(frame[head + i] ^ kMask[i % kMask.size()]);
  }
  return frame.insert(head, kMask);
}

}  // namespace pollux::websocket::test
