#include <algorithm>

#include "check.h"

namespace {

constexpr std::uint64_t kLongest = 70'000;

// As a client sends it: `first` is FIN, the reserved bits and the opcode.
std::string frame(unsigned first, std::uint64_t announced, int octets_of_length, const std::string& payload,
                  bool masked = true) {
  const std::string mask = "\x37\xfa\x21\x3d";
  std::string made(1, static_cast<char>(first));
  const std::uint64_t in_head = octets_of_length == 0 ? announced : octets_of_length == 2 ? 126 : 127;
  made.push_back(static_cast<char>((masked ? 0x80U : 0U) | in_head));
  for (int i = octets_of_length - 1; i >= 0; --i) made.push_back(static_cast<char>(announced >> (8 * i)));
  if (!masked) return made + payload;
  made += mask;
  for (std::size_t i = 0; i < payload.size(); ++i)
    made.push_back(static_cast<char>(payload[i] ^ mask[i % 4]));
  return made;
}

std::string frame(unsigned first, const std::string& payload) {
  const std::size_t size = payload.size();
  return frame(first, size, size < 126 ? 0 : size < 65'536 ? 2 : 8, payload);
}

std::string described(const std::vector<Frame>& frames) {
  std::string all;
  for (const Frame& each : frames) {
    all += std::to_string(each.opcode) + (each.fin ? "." : "+") + std::to_string(each.payload.size()) + ":" +
           each.payload.substr(0, 5) + " ";
  }
  std::replace_if(
      all.begin(), all.end(), [](char octet) { return octet < ' ' || octet > '~'; }, '?');
  return all;
}

// What comes of the octets in pieces of this size: the frames, and "broken" if they broke a rule.
std::string read(const std::string& octets, std::size_t piece) {
  FrameReader reader(kLongest);
  std::vector<Frame> frames;
  bool good = true;
  for (std::size_t i = 0; i < octets.size(); i += piece) {
    good = reader.feed(std::string_view(octets).substr(i, piece), frames);
    if (!good) break;
  }
  if (!good) CHECK(!reader.feed(frame(0x81, "later"), frames));
  return described(frames) + (good ? "" : "broken");
}

void reads(const std::string& octets, const std::string& expected) {
  for (const std::size_t piece :
       {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7}, octets.size()}) {
    CHECK_EQ(read(octets, piece), expected);
  }
}

// After these octets and no more it has to be clear that a rule was broken.
void refuses(const std::string& octets) { reads(octets, "broken"); }

}  // namespace

int main() {
  reads(frame(0x81, "Hello"), "1.5:Hello ");
  reads(frame(0x82, ""), "2.0: ");
  reads(frame(0x01, "Hel") + frame(0x89, "ping!") + frame(0x80, "lo"), "1+3:Hel 9.5:ping! 0.2:lo ");
  reads(frame(0x81, std::string(125, 'x')), "1.125:xxxxx ");
  reads(frame(0x81, std::string(126, 'x')), "1.126:xxxxx ");
  reads(frame(0x82, std::string(65'535, 'x')), "2.65535:xxxxx ");
  reads(frame(0x82, std::string(65'536, 'x')) + frame(0x81, "Hello"), "2.65536:xxxxx 1.5:Hello ");
  reads(frame(0x81, "Hello").substr(0, 8), "");

  refuses(frame(0x81, 5, 0, "Hello", false).substr(0, 2));  // No mask.
  for (const unsigned reserved : {0x40U, 0x20U, 0x10U}) refuses(frame(0x81 | reserved, "Hello"));
  for (const unsigned opcode : {3U, 7U, 11U, 15U}) refuses(frame(0x80 | opcode, "Hello"));
  refuses(frame(0x09, "ping"));  // No FIN.
  refuses(frame(0x89, 126, 2, ""));
  refuses(frame(0x81, 125, 2, ""));
  refuses(frame(0x81, 65'535, 8, ""));
  refuses(frame(0x82, kLongest + 1, 8, ""));
  refuses(frame(0x82, std::uint64_t{1} << 63U, 8, ""));
  return exercise::verdict();
}
