#include "server/upgrade/legacy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>

#include "base/base64.h"

namespace pollux::server {
namespace {

using namespace std::string_literals;

TEST(Legacy, IsReadAsItWasWritten) {
  Legacy legacy;
  legacy.sockets = {{"server.listen 127.0.0.1:0", ""}, {"tls.listen [::]:443", "https"}, {"", "a name"}};
  legacy.sandbox = {
      {"/srv/a\tb\nc", FileAccess::kRead}, {"/bin", FileAccess::kExecute}, {"/log", FileAccess::kWrite}};
  legacy.ticket_keys.emplace();
  std::iota(legacy.ticket_keys->octets.begin(), legacy.ticket_keys->octets.end(),
            static_cast<unsigned char>(3));
  legacy.ticket_keys->due = milliseconds(1234);

  const Legacy read = parse_legacy(text_of(legacy));
  EXPECT_EQ(read.sockets, legacy.sockets);
  EXPECT_EQ(read.sandbox, legacy.sandbox);
  ASSERT_TRUE(read.ticket_keys);
  EXPECT_EQ(read.ticket_keys->octets, legacy.ticket_keys->octets);
  EXPECT_EQ(read.ticket_keys->due, legacy.ticket_keys->due);
  EXPECT_FALSE(parse_legacy(text_of({})).ticket_keys);
}

TEST(Legacy, WhatANewerVersionSaysIsPassedOver) {
  const Legacy read = parse_legacy("pollux legacy 1\0future\tthing\0sandbox\tfly\t/\0sandbox\tread\t/a\0"s);
  EXPECT_EQ(read.sandbox, (std::vector<PathRule>{{"/a", FileAccess::kRead}}));
}

TEST(Legacy, KeysAreReplacedInTime) {
  const std::string keys = base64_encode(std::string(tls::TicketKeys::kOctets, 'k'), Alphabet::kStandard);
  const Legacy read = parse_legacy("pollux legacy 1\0ticket_keys\t99999999999\t"s + keys + '\0');
  EXPECT_EQ(read.ticket_keys->due, tls::TicketKeys::kPeriod);
}

TEST(Legacy, WhatIsNone) {
  const std::string keys = base64_encode(std::string(tls::TicketKeys::kOctets, 'k'), Alphabet::kStandard);
  const std::string head = "pollux legacy 1\0"s;
  for (const std::string& text :
       {""s, "\0"s, "pollux legacy 1"s, "pollux legacy 2\0"s, "socket\ta\tb\0"s, head + "socket\ta",
        head + "ticket_keys\t1\t" + keys.substr(1) + '\0', head + "ticket_keys\t-1\t" + keys + '\0',
        head + "ticket_keys\t\t" + keys + '\0', head + "ticket_keys\t1\t" + keys + keys + '\0',
        head + "ticket_keys\t1\t" + std::string(320, '!') + '\0', head + "ticket_keys\0"s}) {
    EXPECT_THROW((void)parse_legacy(text), std::runtime_error) << text;
  }
}

}  // namespace
}  // namespace pollux::server
