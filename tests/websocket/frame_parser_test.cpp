#include "websocket/frame_parser.h"

#include <gtest/gtest.h>

#include <vector>

namespace pollux::websocket {
namespace {

// A client's frame, masked with "mask".
std::string frame(unsigned first, const std::string& length, const std::string& payload) {
  std::string text(1, static_cast<char>(first));
  text += length + "mask";
  for (std::size_t i = 0; i < payload.size(); ++i) text += static_cast<char>(payload[i] ^ "mask"[i % 4]);
  return text;
}

std::string octets(std::initializer_list<unsigned> values) {
  std::string text;
  for (const unsigned value : values) text += static_cast<char>(value);
  return text;
}

// Each frame as "opcode[F][C]:payload;", then "more" or "error".
std::string frames_of(std::string_view given, std::size_t step) {
  FrameParser parser;
  Buffer in;
  std::string text;
  Buffer payload;
  for (std::size_t at = 0; at < given.size(); at += step) {
    in.append(given.substr(at, step));
    for (bool more = true; more;) {
      switch (parser.parse(in, payload)) {
        case FrameParser::Result::kNeedMore: more = false; break;
        case FrameParser::Result::kHead:
          text += std::to_string(static_cast<int>(parser.head().opcode));
          text += parser.head().fin ? "F" : "";
          text += parser.head().compressed ? "C:" : ":";
          payload.consume(payload.size());
          break;
        case FrameParser::Result::kPayload: break;
        case FrameParser::Result::kEnd:
          text += payload.size() < 20 ? std::string(payload.readable()) : std::to_string(payload.size());
          text += ";";
          break;
        case FrameParser::Result::kError: return text + "error";
      }
    }
  }
  return text + "more";
}

TEST(FrameParser, Table) {
  struct Case {
    const char* section;  // Of RFC 6455.
    std::string given;
    std::string expected;
  };
  const std::string k126(126, 'x');
  const std::string k65536(65536, 'y');
  const Case cases[] = {
      {"5.7", octets({0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58}), "1F:Hello;more"},
      {"5.2", frame(0x82, "\x80", ""), "2F:;more"},
      {"5.2", frame(0x02, "\x83", "abc") + frame(0x80, "\x81", "d"), "2:abc;0F:d;more"},
      {"5.2", frame(0x81, "\xfe" + std::string("\0\x7e", 2), k126), "1F:126;more"},
      {"5.2", frame(0x81, "\xff" + octets({0, 0, 0, 0, 0, 1, 0, 0}), k65536), "1F:65536;more"},
      {"5.2", frame(0xC1, "\x81", "z"), "1FC:z;more"},
      {"5.5", frame(0x89, "\x81", "p") + frame(0x8A, "\x80", "") + frame(0x88, "\x80", ""),
       "9F:p;10F:;8F:;more"},
      {"5.5", frame(0x89, "\xfd", std::string(125, 'p')), "9F:125;more"},
      // What has no place.
      {"5.2, not the shortest length", frame(0x81, "\xfe" + std::string("\0\x7d", 2), ""), "error"},
      {"5.2, not the shortest length", frame(0x81, "\xff" + octets({0, 0, 0, 0, 0, 0, 0xff, 0xff}), ""),
       "error"},
      {"5.2, highest bit", frame(0x81, "\xff" + octets({0x80, 0, 0, 0, 0, 1, 0, 0}), ""), "error"},
      {"5.1, not masked", octets({0x81, 0x01, 'x'}), "error"},
      {"5.2, RSV2", octets({0xA1}), "error"},
      {"5.2, RSV3", octets({0x91}), "error"},
      {"5.2, opcode 3", octets({0x83}), "error"},
      {"5.2, opcode 7", octets({0x87}), "error"},
      {"5.2, opcode 11", octets({0x8B}), "error"},
      {"5.2, opcode 15", octets({0x8F}), "error"},
      {"5.5, fragmented", octets({0x09}), "error"},
      {"5.5, compressed", octets({0xC9}), "error"},
      {"5.5, longer than 125", octets({0x89, 0xFE}), "error"},
      {"5.5, longer than 125", octets({0x88, 0xFF}), "error"},
      {"5.2, cut", octets({0x81}), "more"},
      {"5.2, cut", octets({0x81, 0x85, 'm', 'a', 's'}), "more"},
      {"5.2, cut", frame(0x81, "\x85", "He"), "1F:more"},
  };
  for (const Case& row : cases) {
    EXPECT_EQ(frames_of(row.given, row.given.size()), row.expected) << row.section;
    EXPECT_EQ(frames_of(row.given, 1), row.expected) << row.section;
    EXPECT_EQ(frames_of(row.given, 7), row.expected) << row.section;
  }
}

TEST(Frame, LengthsTakeAsFewOctetsAsTheyCan) {
  EXPECT_EQ(make_frame(Opcode::kText, "Hello"), "\x81\x05Hello");
  EXPECT_EQ(make_frame(Opcode::kBinary, std::string(125, 'x')).substr(0, 2), "\x82\x7d");
  EXPECT_EQ(make_frame(Opcode::kBinary, std::string(126, 'x')).substr(0, 4), octets({0x82, 126, 0, 126}));
  EXPECT_EQ(make_frame(Opcode::kBinary, std::string(65535, 'x')).substr(0, 4), octets({0x82, 126, 255, 255}));
  EXPECT_EQ(make_frame(Opcode::kText, std::string(65536, 'x'), true).substr(0, 10),
            octets({0xC1, 127, 0, 0, 0, 0, 0, 1, 0, 0}));
}

TEST(Frame, AReasonIsCutBetweenCharacters) {
  EXPECT_EQ(make_close_frame(CloseCode::kNormal), octets({0x88, 2, 3, 0xE8}));
  EXPECT_EQ(make_close_frame(CloseCode::kTooBig, "big"), octets({0x88, 5, 3, 0xF1}) + "big");
  std::string reason;
  for (int i = 0; i < 100; ++i) reason += "\u00fc";
  const std::string cut = make_close_frame(CloseCode::kPolicy, reason);
  EXPECT_EQ(cut.size(), 2U + 2U + 122U);  // 61 characters of two octets; 123 have room.
}

TEST(CloseCode, WhichMayBeSent) {
  for (const int code : {1000, 1001, 1002, 1003, 1007, 1011, 1014, 3000, 3999, 4000, 4999}) {
    EXPECT_TRUE(may_be_sent(static_cast<std::uint16_t>(code))) << code;
  }
  for (const int code : {0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535}) {
    EXPECT_FALSE(may_be_sent(static_cast<std::uint16_t>(code))) << code;
  }
}

}  // namespace
}  // namespace pollux::websocket
