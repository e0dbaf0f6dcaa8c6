#include "websocket/message_reader.h"

#include <gtest/gtest.h>

#include "tests/websocket/client_frames.h"

namespace pollux::websocket {
namespace {

using test::client_frame;
using Result = MessageReader::Result;

constexpr MessageLimits kLimits{.frame = 1000, .message = 1500};
const std::string kU = "\u00fc";

// "T:text;", "B:octets;", "ping:", "pong:", "close CODE:reason", "error CODE" or "more".
std::string messages_of(std::string_view given, std::size_t step, bool deflate = false) {
  MessageReader reader(kLimits, deflate ? std::optional(DeflateParameters()) : std::nullopt);
  Buffer in;
  std::string text;
  const auto shown = [&] {
    const std::string_view payload = reader.payload();
    return (payload.size() < 40 ? std::string(payload) : std::to_string(payload.size())) + ";";
  };
  for (std::size_t at = 0; at < given.size(); at += step) {
    in.append(given.substr(at, step));
    for (bool more = true; more;) {
      switch (reader.read(in)) {
        case Result::kNeedMore: more = false; break;
        case Result::kText: text += "T:" + shown(); break;
        case Result::kBinary: text += "B:" + shown(); break;
        case Result::kPing: text += "ping:" + shown(); break;
        case Result::kPong: text += "pong:" + shown(); break;
        case Result::kClose:
          return text + "close " + std::to_string(static_cast<int>(reader.close_code())) + ":" +
                 std::string(reader.payload());
        case Result::kError: {
          const auto code = reader.error();
          EXPECT_EQ(reader.read(in), Result::kError);
          return text + "error " + std::to_string(static_cast<int>(code));
        }
      }
    }
  }
  return text + "more";
}

std::string text(std::string_view payload, bool fin = true) {
  return client_frame(Opcode::kText, payload, {fin});
}
std::string more(std::string_view payload, bool fin = true) {
  return client_frame(Opcode::kContinuation, payload, {fin});
}
std::string ping(std::string_view payload) { return client_frame(Opcode::kPing, payload); }
std::string close(std::string_view payload) { return client_frame(Opcode::kClose, payload); }

TEST(MessageReader, Table) {
  struct Case {
    const char* section;
    std::string given;
    std::string expected;
  };
  const Case cases[] = {
      {"one frame", text("Hello"), "T:Hello;more"},
      {"nothing", text(""), "T:;more"},
      {"octets", client_frame(Opcode::kBinary, "\xff\xfe"), "B:\xff\xfe;more"},
      {"fragments", text("Hel", false) + more("l", false) + more("o"), "T:Hello;more"},
      {"empty fragments", text("", false) + more("", false) + more(""), "T:;more"},
      {"a ping in between", text("Hel", false) + ping("p") + more("lo"), "ping:p;T:Hello;more"},
      {"two messages", text("a") + text("b"), "T:a;T:b;more"},
      {"a pong nobody asked for", client_frame(Opcode::kPong, "x") + text("a"), "pong:x;T:a;more"},
      {"a character in two frames", text(kU.substr(0, 1), false) + more(kU.substr(1)), "T:" + kU + ";more"},
      {"the same with a ping", text(kU.substr(0, 1), false) + ping("") + more(kU.substr(1)),
       "ping:;T:" + kU + ";more"},
      {"message after message", text("\xf0\x9f", false) + more("\xa6\x96") + text("b"),
       "T:\xf0\x9f\xa6\x96;T:b;more"},

      {"5.4, continues nothing", more("x"), "error 1002"},
      {"5.4, begins within", text("x", false) + text("y"), "error 1002"},
      {"8.1, not UTF-8", text("a\xff"), "error 1007"},
      {"8.1, at once, not at the end", text("\xc0", false), "error 1007"},
      {"8.1, ends within a character", text("\xf0\x9f"), "error 1007"},
      {"8.1, in the second fragment", text("\xf0\x9f", false) + more("a", false), "error 1007"},
      {"RFC 7692, not agreed on", client_frame(Opcode::kText, "x", {true, true}), "error 1002"},
      {"a long frame", client_frame(Opcode::kBinary, std::string(1001, 'x')).substr(0, 20), "error 1009"},
      {"the longest frame", client_frame(Opcode::kBinary, std::string(1000, 'x')), "B:1000;more"},
      {"a long message", text(std::string(1000, 'x'), false) + more(std::string(501, 'x')).substr(0, 20),
       "error 1009"},
      {"the longest message", text(std::string(1000, 'x'), false) + more(std::string(500, 'x')),
       "T:1500;more"},

      {"5.5.1", close(""), "close 1005:"},
      {"5.5.1", close("\x03\xe8"), "close 1000:"},
      {"5.5.1",
       close("\x03\xe8"
             "bye"),
       "close 1000:bye"},
      {"5.5.1, one octet", close("\x03"), "error 1002"},
      {"7.4.2, 1005", close("\x03\xed"), "error 1002"},
      {"7.4.2, 5000", close("\x13\x88"), "error 1002"},
      {"5.5.1, reason", close("\x03\xe8\xff"), "error 1007"},
      {"within a message", text("x", false) + close(""), "close 1005:"},
  };
  for (const Case& row : cases) {
    for (const std::size_t step : {row.given.size(), std::size_t{1}, std::size_t{3}}) {
      EXPECT_EQ(messages_of(row.given, step), row.expected) << row.section << ", " << step;
    }
  }
}

TEST(MessageReader, Compressed) {
  Deflater deflater{DeflateParameters()};
  const std::string hello = deflater.compress("Hello, twin. Hello, twin.");
  const std::string again = deflater.compress("Hello, twin. Hello, twin.");
  EXPECT_LT(again.size(), hello.size()) << "the second finds the first";
  const auto whole = [](std::string_view payload) {
    return client_frame(Opcode::kText, payload, {true, true});
  };
  const std::string expected = "T:Hello, twin. Hello, twin.;";
  for (const std::size_t step : {std::size_t{1000}, std::size_t{1}, std::size_t{5}}) {
    EXPECT_EQ(messages_of(whole(hello) + whole(again), step, true), expected + expected + "more");
    EXPECT_EQ(messages_of(client_frame(Opcode::kText, hello.substr(0, 4), {false, true}) + ping("p") +
                              more(hello.substr(4)),
                          step, true),
              "ping:p;" + expected + "more");
    EXPECT_EQ(messages_of(text("plain"), step, true), "T:plain;more") << "who may compress need not";
    EXPECT_EQ(messages_of(whole("\xff\xff"), step, true), "error 1007") << "no deflate data";
    EXPECT_EQ(messages_of(client_frame(Opcode::kText, "a", {false, true}) +
                              client_frame(Opcode::kContinuation, "b", {true, true}),
                          step, true),
              "error 1002")
        << "RFC 7692 6: only the first frame says it";
  }
  const std::string bomb = Deflater{DeflateParameters()}.compress(std::string(10'000'000, 'x'));
  EXPECT_EQ(messages_of(client_frame(Opcode::kText, bomb.substr(0, 900), {false, true}), 1000, true),
            "error 1009");
  const std::string not_text = Deflater{DeflateParameters()}.compress("\xff");
  EXPECT_EQ(messages_of(whole(not_text), 1000, true), "error 1007");
  // A stream that ends within the message (BFINAL): RFC 7692 7.2.3.4.
  EXPECT_EQ(messages_of(whole("\xf3\x48\xcd\xc9\xc9\x07\x00" + std::string(1, '\0')), 1000, true),
            "T:Hello;more");
}

// The limits are for a message as it is meant: a frame may be longer by what compressing makes longer.
TEST(MessageReader, CompressedLimits) {
  const auto incompressible = [](std::size_t octets) {
    std::string text;
    for (std::uint32_t x = 1; text.size() < octets; x = x * 1664525U + 1013904223U)
      text += static_cast<char>(x >> 24U);
    return text;
  };
  const auto whole = [&](std::size_t octets) {
    const std::string payload = Deflater{DeflateParameters()}.compress(incompressible(octets));
    EXPECT_GT(payload.size(), octets);
    EXPECT_LE(payload.size(), max_deflated(octets));
    return client_frame(Opcode::kBinary, payload, {true, true});
  };
  EXPECT_EQ(messages_of(whole(1000), 1000, true), "B:1000;more") << "the longest frame";
  const std::string head =
      client_frame(Opcode::kBinary, std::string(max_deflated(1000) + 1, 'x'), {true, true});
  EXPECT_EQ(messages_of(head.substr(0, 8), 1000, true), "error 1009") << "longer than any such frame can be";
  EXPECT_EQ(messages_of(client_frame(Opcode::kBinary, std::string(1001, 'x')).substr(0, 8), 1000, true),
            "error 1009")
      << "not compressed";
}

TEST(Deflate, Negotiation) {
  struct Case {
    std::string offers;
    std::string field;  // Empty: none is taken.
  };
  const std::string kStart = "permessage-deflate; server_max_window_bits=";
  const Case cases[] = {
      {"permessage-deflate", kStart + "11"},
      {"permessage-deflate; client_max_window_bits", kStart + "11; client_max_window_bits=12"},
      {"permessage-deflate; client_max_window_bits=9", kStart + "11; client_max_window_bits=9"},
      {"permessage-deflate; server_max_window_bits=9", kStart + "9"},
      {"permessage-deflate; server_max_window_bits=\"15\"", kStart + "11"},
      {"permessage-deflate; server_no_context_takeover; client_no_context_takeover",
       kStart + "11; server_no_context_takeover; client_no_context_takeover"},
      {"x-webkit-deflate-frame, permessage-deflate", kStart + "11"},
      {"permessage-deflate; server_max_window_bits=8, permessage-deflate", kStart + "11"},
      {"", ""},
      {"permessage-bzip2", ""},
      {"permessage-deflate; unknown", ""},
      {"permessage-deflate; server_max_window_bits", ""},
      {"permessage-deflate; server_max_window_bits=8", ""},
      {"permessage-deflate; server_max_window_bits=16", ""},
      {"permessage-deflate; server_max_window_bits=09", ""},
      {"permessage-deflate; client_max_window_bits=7", ""},
      {"permessage-deflate; server_no_context_takeover=1", ""},
      {"permessage-deflate; server_no_context_takeover; server_no_context_takeover", ""},
      {"permessage-deflate; client_max_window_bits; client_max_window_bits", ""},
  };
  for (const Case& row : cases) {
    const auto agreement = negotiate_deflate(row.offers);
    EXPECT_EQ(agreement ? agreement->field : "", row.field) << row.offers;
  }
}

TEST(Deflate, MessagesOnTheirOwn) {
  DeflateParameters parameters;
  parameters.server_no_context_takeover = true;
  Deflater deflater(parameters);
  const std::string first = deflater.compress("Hello, twin.");
  EXPECT_EQ(deflater.compress("Hello, twin."), first);
  EXPECT_EQ(deflater.compress(""), std::string(1, '\0'));
}

// What a trimmed one says next, the other end can read without knowing of it, and says itself as before.
TEST(Deflate, Trimmed) {
  Deflater deflater{DeflateParameters()};
  Inflater inflater{DeflateParameters()};
  Buffer read;
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(inflater.inflate(deflater.compress("Hello, twin. "), read, 1000), Inflater::Result::kOk);
    ASSERT_EQ(inflater.finish(read, 1000), Inflater::Result::kOk);
    if (i == 0) deflater.trim();
  }
  EXPECT_EQ(read.readable(), "Hello, twin. Hello, twin. Hello, twin. ");
}

TEST(Utf8, Table) {
  const auto valid = [](std::string_view octets, std::size_t step) {
    Utf8Validator validator;
    for (std::size_t at = 0; at < octets.size(); at += step) {
      if (!validator.accept(octets.substr(at, step))) return false;
    }
    return validator.complete();
  };
  const std::string_view good[] = {"",
                                   "Hello, twin",
                                   "\xc2\x80",
                                   "\xdf\xbf",
                                   "\xe0\xa0\x80",
                                   "\xed\x9f\xbf",
                                   "\xee\x80\x80",
                                   "\xef\xbf\xbf",
                                   "\xf0\x90\x80\x80",
                                   "\xf4\x8f\xbf\xbf",
                                   "a long text of ASCII, then \xc3\xbc and more of it"};
  const std::string_view bad[] = {"\x80",
                                  "\xbf",
                                  "\xc0\x80",
                                  "\xc1\xbf",
                                  "\xc2",
                                  "\xc2\x41",
                                  "\xe0\x80\x80",
                                  "\xe0\x9f\xbf",
                                  "\xed\xa0\x80",
                                  "\xed\xbf\xbf",
                                  "\xe2\x82",
                                  "\xf0\x80\x80\x80",
                                  "\xf0\x8f\xbf\xbf",
                                  "\xf4\x90\x80\x80",
                                  "\xf5\x80\x80\x80",
                                  "\xfe",
                                  "\xff",
                                  "a long text of ASCII, then \xc3 and more of it"};
  for (const std::size_t step : {std::size_t{1}, std::size_t{2}, std::size_t{100}}) {
    for (const std::string_view octets : good) EXPECT_TRUE(valid(octets, step)) << octets;
    for (const std::string_view octets : bad) EXPECT_FALSE(valid(octets, step)) << octets;
  }
  // The second octet already tells.
  Utf8Validator validator;
  EXPECT_FALSE(validator.accept("\xf4\x90"));
  validator.reset();
  EXPECT_TRUE(validator.accept("\xc3\xbc") && validator.complete());
  validator.reset();
  EXPECT_FALSE(validator.accept("\xe0\x9f"));
  validator.reset();
  EXPECT_TRUE(validator.accept("\xc2\x80") && validator.complete());
}

}  // namespace
}  // namespace pollux::websocket
