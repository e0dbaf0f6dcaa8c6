#include "net/proxy_header.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace pollux::net {
namespace {

using State = ProxyHeader::State;
using std::string_literals::operator""s;

const std::string kSignature = "\r\n\r\n\0\r\nQUIT\n"s;

// A header of version 2. `kind`: family and transport.
std::string block(char command, char kind, const std::string& rest,
                  std::optional<std::size_t> length = std::nullopt) {
  const std::size_t octets = length.value_or(rest.size());
  return kSignature + command + kind + static_cast<char>(octets >> 8U) + static_cast<char>(octets & 0xFFU) +
         rest;
}

const std::string kTcp4 = "\xC0\x00\x02\x07\xC6\x33\x64\x01\xDC\x04\x01\xBB"s;  // 192.0.2.7:56324
const std::string kTcp6 =
    "\x20\x01\x0D\xB8"s + std::string(11, '\0') + "\x07" + std::string(16, '\1') + "\xDC\x04\x01\xBB";
const std::string kUnix(216, 'u');
const std::string kTlv =
    "\x03\x00\x04"
    "abcd"s;

struct Case {
  std::string octets;
  State state;
  std::string client = {};  // As to_string() has it; empty: none.
};

const Case kCases[] = {
    // Version 1.
    {"PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n", State::kComplete, "192.0.2.7:56324"},
    {"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", State::kComplete, "255.255.255.255:65535"},
    {"PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", State::kComplete, "0.0.0.0:0"},
    {"PROXY TCP6 2001:db8::7 2001:DB8::1 56324 443\r\n", State::kComplete, "[2001:db8::7]:56324"},
    {"PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 "
     "65535\r\n",
     State::kComplete, "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535"},
    {"PROXY TCP6 ::ffff:192.0.2.7 ::1 1 2\r\n", State::kComplete, "192.0.2.7:1"},
    {"PROXY UNKNOWN\r\n", State::kComplete},
    {"PROXY UNKNOWN \x01\xFF anything\0 at all\r\n"s, State::kComplete},
    {"PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 "
     "65535\r\n",
     State::kComplete},
    {"PROXY UNKNOWN" + std::string(92, ' ') + "\r\n", State::kComplete},
    {"PROXY UNKNOWN" + std::string(93, ' ') + "\r\n", State::kMalformed},  // Beyond 107 octets.
    {"PROXY UNKNOWN" + std::string(200, ' '), State::kMalformed},
    {"PROXY TCP4 192.0.2.7 198.51.100.1 56324 443", State::kIncomplete},
    {"PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r", State::kIncomplete},
    {"PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\n", State::kMalformed},
    {"PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\rx", State::kMalformed},
    {"PROXY UNKNOWN\n\r\n", State::kMalformed},
    {"PROXY UNKNOWNS\r\n", State::kMalformed},
    {"PROXY  TCP4 192.0.2.7 198.51.100.1 56324 443\r\n", State::kMalformed},
    {"PROXY TCP4  192.0.2.7 198.51.100.1 56324 443\r\n", State::kMalformed},
    {"PROXY TCP4 192.0.2.7 198.51.100.1 56324 443 \r\n", State::kMalformed},
    {"PROXY TCP4 192.0.2.7 198.51.100.1 56324\r\n", State::kMalformed},
    {"PROXY TCP4 192.0.2.7\r\n", State::kMalformed},
    {"PROXY TCP4\r\n", State::kMalformed},
    {"PROXY \r\n", State::kMalformed},
    {"PROXY TCP4 192.0.2.07 198.51.100.1 56324 443\r\n", State::kMalformed},
    {"PROXY TCP4 192.0.2.256 198.51.100.1 56324 443\r\n", State::kMalformed},
    {"PROXY TCP4 192.0.2.7 198.51.100 56324 443\r\n", State::kMalformed},
    {"PROXY TCP4 192.0.2.7\0 198.51.100.1 56324 443\r\n"s, State::kMalformed},
    {"PROXY TCP4 ::1 ::1 56324 443\r\n", State::kMalformed},
    {"PROXY TCP6 192.0.2.7 198.51.100.1 56324 443\r\n", State::kMalformed},
    {"PROXY TCP6 [::1] [::1] 56324 443\r\n", State::kMalformed},
    {"PROXY TCP6 fe80::1%eth0 ::1 56324 443\r\n", State::kMalformed},
    {"PROXY TCP4 192.0.2.7 198.51.100.1 65536 443\r\n", State::kMalformed},
    {"PROXY TCP4 192.0.2.7 198.51.100.1 056324 443\r\n", State::kMalformed},
    {"PROXY TCP4 192.0.2.7 198.51.100.1 -1 443\r\n", State::kMalformed},
    {"PROXY TCP4 192.0.2.7 198.51.100.1 56324 +443\r\n", State::kMalformed},
    {"PROXY TCP4 192.0.2.7 198.51.100.1 56324 \r\n", State::kMalformed},
    {"PROXY UDP4 192.0.2.7 198.51.100.1 56324 443\r\n", State::kMalformed},
    {"proxy TCP4 192.0.2.7 198.51.100.1 56324 443\r\n", State::kMalformed},
    {"PROXY\r\n", State::kMalformed},
    {"", State::kIncomplete},
    {"PRO", State::kIncomplete},
    {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", State::kMalformed},
    {"GET / HTTP/1.1\r\n\r\n", State::kMalformed},
    {"\x16\x03\x01", State::kMalformed},  // TLS
    // Version 2.
    {block('\x21', '\x11', kTcp4), State::kComplete, "192.0.2.7:56324"},
    {block('\x21', '\x21', kTcp6), State::kComplete, "[2001:db8::7]:56324"},
    {block('\x21', '\x11', kTcp4 + kTlv), State::kComplete, "192.0.2.7:56324"},
    {block('\x21', '\x21', kTcp6 + std::string(1000, 't')), State::kComplete, "[2001:db8::7]:56324"},
    {block('\x21', '\x11', kTcp4 + std::string(kMaxProxyHeader - 28, 't')), State::kComplete,
     "192.0.2.7:56324"},
    {block('\x21', '\x11', kTcp4 + std::string(kMaxProxyHeader - 27, 't')), State::kMalformed},
    {block('\x21', '\x11', kTcp4, 0xFFFF), State::kMalformed},  // Too long: it is not waited for.
    {block('\x21', '\x12', kTcp4), State::kComplete},           // UDP
    {block('\x21', '\x31', kUnix), State::kComplete},
    {block('\x21', '\x00', ""), State::kComplete},
    {block('\x21', '\x00', kTcp4), State::kComplete},
    {block('\x21', '\x10', kTcp4), State::kComplete},  // Of an unknown transport.
    {block('\x20', '\x00', ""), State::kComplete},     // LOCAL
    {block('\x20', '\x11', kTcp4), State::kComplete},
    {block('\x20', '\xFF', kTlv), State::kComplete},
    {block('\x21', '\x11', kTcp4.substr(1)), State::kMalformed},
    {block('\x21', '\x21', kTcp4), State::kMalformed},
    {block('\x21', '\x11', ""), State::kMalformed},
    {block('\x21', '\x41', kTcp4), State::kMalformed},
    {block('\x21', '\x13', kTcp4), State::kMalformed},
    {block('\x22', '\x11', kTcp4), State::kMalformed},
    {block('\x11', '\x11', kTcp4), State::kMalformed},
    {block('\x21', '\x11', kTcp4, 13), State::kIncomplete},
    {kSignature, State::kIncomplete},
    {kSignature + "\x21\x11", State::kIncomplete},
    {kSignature + "\x31", State::kMalformed},
    {"\r\n\r\n\r\n", State::kMalformed},
};

std::string text_of(const std::optional<SocketAddress>& client) { return client ? client->to_string() : ""; }

TEST(ProxyHeader, Whole) {
  for (const Case& row : kCases) {
    const ProxyHeader header = read_proxy_header(row.octets);
    EXPECT_EQ(header.state, row.state) << testing::PrintToString(row.octets);
    EXPECT_EQ(text_of(header.client), row.client) << testing::PrintToString(row.octets);
    if (header.state == State::kComplete) {
      EXPECT_EQ(header.octets, row.octets.size());
    }
  }
}

TEST(ProxyHeader, WithTheClientsOctetsBehindIt) {
  for (const Case& row : kCases) {
    if (row.state != State::kComplete) continue;
    for (const char* next : {"G", "\r\n", "PROXY UNKNOWN\r\n"}) {
      const ProxyHeader header = read_proxy_header(row.octets + next);
      EXPECT_EQ(header.octets, row.octets.size()) << testing::PrintToString(row.octets);
      EXPECT_EQ(text_of(header.client), row.client) << testing::PrintToString(row.octets);
    }
  }
}

// One octet at a time: the answer comes with the last octet that it takes, and is the same.
TEST(ProxyHeader, OctetByOctet) {
  for (const Case& row : kCases) {
    State state = State::kIncomplete;
    std::size_t size = 0;
    while (state == State::kIncomplete && size < row.octets.size())
      state = read_proxy_header(std::string_view(row.octets).substr(0, ++size)).state;
    EXPECT_EQ(state, row.state) << testing::PrintToString(row.octets) << " after " << size;
    if (state == State::kComplete) {
      EXPECT_EQ(size, row.octets.size());
    }
  }
}

}  // namespace
}  // namespace pollux::net
