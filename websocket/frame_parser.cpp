#include "websocket/frame_parser.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>

namespace pollux::websocket {

namespace {

constexpr std::size_t kShortHead = 2;
constexpr unsigned kReserved = 0x30;  // RSV2 and RSV3: no extension of ours uses them.

bool known(unsigned opcode) { return opcode <= 0x2 || (opcode >= 0x8 && opcode <= 0xA); }

std::uint64_t number(std::string_view octets) {
  std::uint64_t value = 0;
  for (const char c : octets) value = value << 8U | static_cast<unsigned char>(c);
  return value;
}

// Octets of the extended length.
std::size_t length_octets(unsigned short_length) {
  return short_length == 126 ? 2 : short_length == 127 ? 8 : 0;
}

// The key begins at `phase` for the first octet. Eight at a time, whatever their place in memory.
void unmask(char* octets, std::size_t count, std::array<char, 4> key, std::size_t phase) {
  std::array<char, 8> turned{};
  for (std::size_t i = 0; i < turned.size(); ++i) turned[i] = key[(phase + i) % key.size()];
  std::uint64_t mask = 0;
  std::memcpy(&mask, turned.data(), sizeof mask);
  std::size_t at = 0;
  for (; at + sizeof mask <= count; at += sizeof mask) {
    std::uint64_t word = 0;
    std::memcpy(&word, octets + at, sizeof word);
    word ^= mask;
    std::memcpy(octets + at, &word, sizeof word);
  }
  for (; at < count; ++at) octets[at] = static_cast<char>(octets[at] ^ turned[at % turned.size()]);
}

}  // namespace

FrameParser::Result FrameParser::parse(Buffer& in, Buffer& payload) {
  switch (state_) {
    case State::kError: return Result::kError;
    case State::kHead: return parse_head(in);
    case State::kPayload: break;
  }
  if (left_ == 0) {
    state_ = State::kHead;
    return Result::kEnd;
  }
  if (in.empty()) return Result::kNeedMore;
  read_payload(in, payload);
  return Result::kPayload;
}

// What is wrong is told as soon as it is seen: some clients send no more before they are answered.
FrameParser::Result FrameParser::parse_head(Buffer& in) {
  const std::string_view octets = in.readable();
  const auto fail = [this] {
    state_ = State::kError;
    return Result::kError;
  };
  if (octets.empty()) return Result::kNeedMore;
  const auto first = static_cast<unsigned char>(octets[0]);
  const unsigned opcode = first & 0x0FU;
  if ((first & kReserved) != 0 || !known(opcode)) return fail();
  head_.opcode = static_cast<Opcode>(opcode);
  head_.fin = (first & 0x80U) != 0;
  head_.compressed = (first & 0x40U) != 0;
  const bool control = is_control(head_.opcode);
  if (control && (!head_.fin || head_.compressed)) return fail();

  if (octets.size() < kShortHead) return Result::kNeedMore;
  const auto second = static_cast<unsigned char>(octets[1]);
  if ((second & 0x80U) == 0) return fail();  // RFC 6455 5.1: a client masks.
  const unsigned short_length = second & 0x7FU;
  if (control && short_length > kLongestControl) return fail();
  const std::size_t extended = length_octets(short_length);
  if (octets.size() < kShortHead + extended) return Result::kNeedMore;
  head_.length = extended == 0 ? short_length : number(octets.substr(kShortHead, extended));
  // The least number of octets must be used (5.2), and the highest bit of 64 must be 0.
  if (extended == 2 && head_.length <= 125) return fail();
  if (extended == 8 && (head_.length <= 0xFFFF || head_.length >> 63U != 0)) return fail();

  const std::size_t whole = kShortHead + extended + mask_.size();
  if (octets.size() < whole) return Result::kNeedMore;
  std::copy_n(octets.begin() + static_cast<std::ptrdiff_t>(whole - mask_.size()), mask_.size(),
              mask_.begin());
  in.consume(whole);
  left_ = head_.length;
  state_ = State::kPayload;
  return Result::kHead;
}

void FrameParser::read_payload(Buffer& in, Buffer& payload) {
  const std::string_view octets =
      in.readable().substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size())));
  char* to = payload.prepare(octets.size()).data();
  std::memcpy(to, octets.data(), octets.size());
  unmask(to, octets.size(), mask_, (head_.length - left_) % mask_.size());
  payload.commit(octets.size());
  left_ -= octets.size();
  in.consume(octets.size());
}

}  // namespace pollux::websocket
