#include <algorithm>
#include <memory>

#include "check.h"

namespace {

// Takes octets when the test says so, and looks whether the memory is still what it was.
struct Ring : Kernel {
  void send(const char* data, std::size_t count) override {
    ++sends;
    ++under_way;
    octets = data;
    submitted.assign(data, count);
  }
  // Completes the send with so many octets, or fewer if there are not so many.
  void complete(Sender& sender, std::size_t count) {
    CHECK_EQ(under_way, 1);
    if (under_way == 0) return;
    --under_way;
    CHECK(std::equal(submitted.begin(), submitted.end(), octets));
    const std::size_t taken = std::min(count, submitted.size());
    received += submitted.substr(0, taken);
    sender.on_sent(taken);
  }

  int sends = 0;
  int under_way = 0;
  const char* octets = nullptr;
  std::string submitted;
  std::string received;
};

void one_at_a_time() {
  Ring ring;
  Sender sender(ring);
  CHECK(sender.at_rest());
  sender.queue("a");
  CHECK_EQ(ring.sends, 1);
  CHECK(!sender.at_rest());
  sender.queue("b");
  sender.queue("c");
  CHECK_EQ(ring.sends, 1);
  ring.complete(sender, 100);
  CHECK_EQ(ring.sends, 2);
  CHECK_EQ(ring.submitted, "bc");
  ring.complete(sender, 100);
  CHECK_EQ(ring.sends, 2);
  CHECK_EQ(ring.received, "abc");
  CHECK(sender.at_rest());
  sender.queue("d");
  ring.complete(sender, 100);
  CHECK_EQ(ring.received, "abcd");
}

void the_rest_of_a_short_one_leaves_first() {
  Ring ring;
  Sender sender(ring);
  sender.queue("0123456789");
  sender.queue("abc");
  for (int i = 0; i < 20 && ring.under_way == 1; ++i) ring.complete(sender, 3);
  CHECK_EQ(ring.received, "0123456789abc");
  CHECK(sender.at_rest());
}

// So much is queued that memory that grows has to move.
void what_is_under_way_stays_where_it_is() {
  Ring ring;
  Sender sender(ring);
  std::string all(20, 'x');
  sender.queue(all);
  for (int i = 0; i < 200; ++i) {
    sender.queue("some more octets");
    all += "some more octets";
  }
  ring.complete(sender, 7);
  ring.complete(sender, 100);
  ring.complete(sender, 100'000);
  CHECK(ring.received == all);
}

void closing_waits_for_the_completion() {
  Ring ring;
  auto sender = std::make_unique<Sender>(ring);
  sender->queue(std::string(100, 'x'));
  sender->queue("never sent");
  sender->close();
  CHECK(!sender->at_rest());
  sender->queue("nor this");
  ring.complete(*sender, 50);
  CHECK(sender->at_rest());
  CHECK_EQ(ring.sends, 1);
  sender->queue("nor this");
  CHECK_EQ(ring.sends, 1);
}

}  // namespace

int main() {
  one_at_a_time();
  the_rest_of_a_short_one_leaves_first();
  what_is_under_way_stays_where_it_is();
  closing_waits_for_the_completion();
  return exercise::verdict();
}
