#include <string>

#include "check.h"

namespace {

struct House {
  std::string user_of(const std::string& token, std::int64_t now) {
    return sessions.user(token, now).value_or("nobody");
  }

  Sessions::Table table;
  int made = 0;
  Sessions sessions{table, [this] { return "token-" + std::to_string(++made); }};
};

void knows_its_users() {
  House house;
  const std::string ada = house.sessions.log_in("ada", "", 0);
  const std::string bob = house.sessions.log_in("bob", "", 0);
  CHECK(ada != bob);
  CHECK_EQ(house.user_of(ada, 1), "ada");
  CHECK_EQ(house.user_of(bob, 1), "bob");
  CHECK_EQ(house.user_of("a guess", 1), "nobody");
  CHECK_EQ(house.user_of("", 1), "nobody");
}

void keeps_no_token() {
  House house;
  const std::string token = house.sessions.log_in("ada", "", 0);
  CHECK_EQ(house.table.size(), std::size_t{1});
  for (const auto& [key, row] : house.table) {
    CHECK(key.find(token) == std::string::npos);
    CHECK_EQ(house.user_of(key, 1), "nobody");  // Whoever has the table shows what stands there.
  }
}

void makes_a_new_token_at_each_log_in() {
  House house;
  const std::string planted = "token-of-a-thief";
  const std::string ada = house.sessions.log_in("ada", planted, 0);
  CHECK(ada != planted);
  CHECK_EQ(house.user_of(planted, 1), "nobody");
  CHECK_EQ(house.user_of(ada, 1), "ada");
  const std::string again = house.sessions.log_in("ada", ada, 2);
  CHECK(again != ada);
  CHECK_EQ(house.user_of(ada, 3), "nobody");
  CHECK_EQ(house.user_of(again, 3), "ada");
}

void ends_with_time() {
  House house;
  const std::string idle = house.sessions.log_in("ada", "", 0);
  CHECK_EQ(house.user_of(idle, 99), "ada");
  CHECK_EQ(house.user_of(idle, 198), "ada");  // It was used meanwhile.
  CHECK_EQ(house.user_of(idle, 298), "nobody");
  CHECK_EQ(house.user_of(idle, 299), "nobody");  // And that was no use.
  const std::string busy = house.sessions.log_in("ada", "", 5000);
  for (std::int64_t now = 5050; now < 6000; now += 50) CHECK_EQ(house.user_of(busy, now), "ada");
  CHECK_EQ(house.user_of(busy, 5999), "ada");
  CHECK_EQ(house.user_of(busy, 6000), "nobody");
}

void ends_by_log_out() {
  House house;
  Sessions other_server(house.table, [] { return std::string("another"); });
  const std::string here = house.sessions.log_in("ada", "", 0);
  const std::string phone = house.sessions.log_in("ada", "", 0);
  CHECK_EQ(other_server.user(here, 1).value_or("nobody"), "ada");
  other_server.log_out(here);
  CHECK_EQ(house.user_of(here, 2), "nobody");
  CHECK_EQ(house.user_of(phone, 2), "ada");
}

void ends_others_by_a_new_password() {
  House house;
  const std::string here = house.sessions.log_in("ada", "", 0);
  const std::string thief = house.sessions.log_in("ada", "", 0);
  const std::string bob = house.sessions.log_in("bob", "", 0);
  house.sessions.change_password("a guess");
  CHECK_EQ(house.user_of(thief, 1), "ada");
  house.sessions.change_password(here);
  CHECK_EQ(house.user_of(here, 2), "ada");
  CHECK_EQ(house.user_of(thief, 2), "nobody");
  CHECK_EQ(house.user_of(bob, 2), "bob");
}

}  // namespace

int main() {
  knows_its_users();
  keeps_no_token();
  makes_a_new_token_at_each_log_in();
  ends_with_time();
  ends_by_log_out();
  ends_others_by_a_new_password();
  return exercise::verdict();
}
