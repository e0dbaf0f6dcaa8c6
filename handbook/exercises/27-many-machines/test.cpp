#include <set>

#include "check.h"

namespace {

constexpr int kKeys = 10'000;

std::string key(int i) { return "key-" + std::to_string(i); }
std::string node(int i) { return "cache-" + std::to_string(i); }

Ring ring_of(int nodes) {
  Ring ring(100);
  for (int i = 0; i < nodes; ++i) ring.add(node(i));
  return ring;
}

std::vector<std::string> owners(const Ring& ring) {
  std::vector<std::string> all;
  for (int i = 0; i < kKeys; ++i) all.push_back(ring.node_of(key(i)));
  return all;
}

void the_order_of_arrival_does_not_matter() {
  Ring backwards(100);
  for (int i = 9; i >= 0; --i) backwards.add(node(i));
  CHECK(owners(backwards) == owners(ring_of(10)));
}

void a_node_that_comes_takes_its_share_and_nothing_else_moves() {
  Ring ring = ring_of(10);
  const auto before = owners(ring);
  ring.add("new");
  const auto after = owners(ring);
  int moved = 0;
  int elsewhere = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    moved += before[i] != after[i];
    elsewhere += before[i] != after[i] && after[i] != "new";
  }
  CHECK_EQ(elsewhere, 0);
  CHECK(moved > kKeys * 5 / 100 && moved < kKeys * 15 / 100);
  ring.remove("new");
  CHECK(owners(ring) == before);
}

void everybody_has_a_share() {
  std::map<std::string, int> shares;
  for (const std::string& owner : owners(ring_of(10))) ++shares[owner];
  CHECK_EQ(shares.size(), std::size_t{10});
  for (const auto& [name, share] : shares) CHECK(share > kKeys * 5 / 100 && share < kKeys * 16 / 100);
}

void the_circle_begins_again() {
  Ring ring(1);
  ring.add("a");
  ring.add("b");
  const bool a_first = place("a/0") < place("b/0");
  const std::string first = a_first ? "a" : "b";
  const std::string second = a_first ? "b" : "a";
  const std::uint64_t low = place(first + "/0");
  const std::uint64_t high = place(second + "/0");
  int behind = 0;
  for (int i = 0; i < 200; ++i) {
    const std::uint64_t at = place(key(i));
    behind += at > high;
    CHECK_EQ(ring.node_of(key(i)), at > low && at <= high ? second : first);
  }
  CHECK(behind > 0);
}

void copies_are_on_different_nodes() {
  Ring ring = ring_of(5);
  for (int i = 0; i < 200; ++i) {
    const auto three = ring.nodes_of(key(i), 3);
    CHECK_EQ(three.size(), std::size_t{3});
    CHECK_EQ(std::set<std::string>(three.begin(), three.end()).size(), std::size_t{3});
    CHECK_EQ(three.front(), ring.node_of(key(i)));
  }
  CHECK_EQ(ring.nodes_of(key(1), 9).size(), std::size_t{5});
}

// The key of a node that has gone is with the one that had the first copy.
void copies_take_over() {
  for (int i = 0; i < 50; ++i) {
    Ring ring = ring_of(5);
    const auto two = ring.nodes_of(key(i), 2);
    ring.remove(two[0]);
    CHECK_EQ(ring.node_of(key(i)), two[1]);
  }
}

void nobody_is_there() {
  Ring ring(100);
  CHECK_EQ(ring.node_of("key"), "");
  CHECK(ring.nodes_of("key", 3).empty());
  ring.add("a");
  ring.remove("a");
  CHECK_EQ(ring.node_of("key"), "");
}

}  // namespace

int main() {
  the_order_of_arrival_does_not_matter();
  a_node_that_comes_takes_its_share_and_nothing_else_moves();
  everybody_has_a_share();
  the_circle_begins_again();
  copies_are_on_different_nodes();
  copies_take_over();
  nobody_is_there();
  return exercise::verdict();
}
