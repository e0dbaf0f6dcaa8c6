#include "websocket/frame.h"

#include <algorithm>

namespace pollux::websocket {

namespace {

constexpr unsigned kFin = 0x80;
constexpr unsigned kRsv1 = 0x40;

void append_number(std::string& text, std::uint64_t number, int octets) {
  for (int i = octets - 1; i >= 0; --i) text += static_cast<char>(number >> 8 * i & 0xFF);
}

// The longest part of `text` that fits and does not end within a character.
std::string_view whole_characters(std::string_view text, std::size_t max) {
  if (text.size() <= max) return text;
  while (max > 0 && (static_cast<unsigned char>(text[max]) & 0xC0U) == 0x80U) --max;
  return text.substr(0, max);
}

}  // namespace

std::string make_frame(Opcode opcode, std::string_view payload, bool compressed) {
  std::string frame;
  frame.reserve(10 + payload.size());
  frame += static_cast<char>(kFin | (compressed ? kRsv1 : 0U) | static_cast<unsigned>(opcode));
  if (payload.size() <= 125) {
    frame += static_cast<char>(payload.size());
  } else if (payload.size() <= 0xFFFF) {
    frame += static_cast<char>(126);
    append_number(frame, payload.size(), 2);
  } else {
    frame += static_cast<char>(127);
    append_number(frame, payload.size(), 8);
  }
  return frame.append(payload);
}

std::string make_close_frame(CloseCode code, std::string_view reason) {
  std::string payload;
  append_number(payload, static_cast<std::uint16_t>(code), 2);
  payload.append(whole_characters(reason, kLongestControl - payload.size()));
  return make_frame(Opcode::kClose, payload);
}

}  // namespace pollux::websocket
