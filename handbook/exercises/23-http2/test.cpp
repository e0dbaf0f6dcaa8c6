#include <string>

#include "check.h"

namespace {

constexpr std::int64_t kMuch = 1'000'000;

// What can be sent, as "1:100 3:50. ": stream, octets, and a full stop at the end of a stream.
std::string sent(Sender& sender, int most = 20) {
  std::string frames;
  for (int i = 0; i < most; ++i) {
    const auto frame = sender.next();
    if (!frame) break;
    frames += std::to_string(frame->stream) + ":" + std::to_string(frame->length) + (frame->end ? ". " : " ");
  }
  return frames;
}

void frames_have_a_bound() {
  Sender sender(kMuch, kMuch, 100);
  sender.open(1, 250);
  CHECK_EQ(sent(sender), "1:100 1:100 1:50. ");
  CHECK_EQ(sent(sender), "");
  sender.open(3, 200);
  CHECK_EQ(sent(sender), "3:100 3:100. ");
}

void streams_take_turns() {
  Sender sender(kMuch, kMuch, 100);
  sender.open(1, 300);
  sender.open(3, 50);
  sender.open(5, 150);
  CHECK_EQ(sent(sender, 4), "1:100 3:50. 5:100 1:100 ");
  sender.open(7, 10);
  CHECK_EQ(sent(sender), "5:50. 1:100. 7:10. ");
}

void a_stream_without_window_holds_up_nobody() {
  Sender sender(kMuch, 120, 100);
  sender.open(1, 300);
  sender.open(3, 110);
  CHECK_EQ(sent(sender), "1:100 3:100 1:20 3:10. ");
  sender.open(5, 30);
  CHECK_EQ(sent(sender), "5:30. ");
  sender.window_update(1, 50);
  sender.window_update(99, 1000);
  CHECK_EQ(sent(sender), "1:50 ");
  sender.window_update(0, 1000);  // The connection's helps nobody here.
  CHECK_EQ(sent(sender), "");
  sender.window_update(1, kMuch);
  CHECK_EQ(sent(sender), "1:100 1:30. ");
}

void a_stream_that_is_skipped_keeps_its_place() {
  Sender sender(kMuch, 100, 100);
  sender.open(1, 200);
  sender.open(3, 200);
  CHECK_EQ(sent(sender), "1:100 3:100 ");
  sender.window_update(3, 50);
  CHECK_EQ(sent(sender), "3:50 ");
  sender.window_update(3, 50);
  sender.window_update(1, 100);
  CHECK_EQ(sent(sender), "1:100. 3:50. ");
}

void the_connection_has_a_window() {
  Sender sender(150, kMuch, 100);
  sender.open(1, 200);
  sender.open(3, 200);
  sender.open(5, 0);
  CHECK_EQ(sent(sender), "1:100 3:50 5:0. ");
  sender.window_update(1, kMuch);
  CHECK_EQ(sent(sender), "");
  sender.window_update(0, 30);
  CHECK_EQ(sent(sender), "1:30 ");
  sender.window_update(0, kMuch);
  CHECK_EQ(sent(sender), "3:100 1:70. 3:50. ");
}

void a_window_may_be_below_zero() {
  Sender sender(kMuch, 100, 100);
  sender.open(1, 200);
  CHECK_EQ(sent(sender), "1:100 ");
  sender.window_update(1, -60);
  CHECK_EQ(sent(sender), "");
  sender.window_update(1, 60);
  CHECK_EQ(sent(sender), "");
  sender.window_update(1, 1);
  CHECK_EQ(sent(sender), "1:1 ");
}

void a_stream_that_is_reset_is_forgotten() {
  Sender sender(150, kMuch, 100);
  sender.open(1, 200);
  sender.open(3, 20);
  CHECK_EQ(sent(sender, 1), "1:100 ");
  sender.reset(1);
  sender.reset(99);
  CHECK_EQ(sent(sender), "3:20. ");
}

}  // namespace

int main() {
  frames_have_a_bound();
  streams_take_turns();
  a_stream_without_window_holds_up_nobody();
  a_stream_that_is_skipped_keeps_its_place();
  the_connection_has_a_window();
  a_window_may_be_below_zero();
  a_stream_that_is_reset_is_forgotten();
  return exercise::verdict();
}
