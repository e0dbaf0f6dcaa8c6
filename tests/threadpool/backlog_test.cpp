#include "threadpool/backlog.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/fake_clock.h"

namespace pollux {
namespace {

int elapsed_ms = 0;
TimePoint read_elapsed() { return TimePoint(milliseconds(elapsed_ms)); }
const test::FunctionClock elapsed_clock(read_elapsed);

// Each takes its time, and says what became of it.
struct Work {
  std::string& text;
  int takes = 1;  // Milliseconds.
  void serve() {
    text += 's';
    elapsed_ms += takes;
  }
  void refuse() { text += 'r'; }
};

TEST(Backlog, RunsWhatFitsIntoASliceAndAtLeastOne) {
  struct Case {
    int takes;
    int slice;
    const char* slices;
  };
  for (const Case& one : {
           Case{.takes = 1, .slice = 2, .slices = "ss|ss|s|"},
           Case{.takes = 2, .slice = 2, .slices = "s|s|s|s|s|"},
           Case{.takes = 1, .slice = 3, .slices = "sss|ss|"},
           Case{.takes = 9, .slice = 0, .slices = "s|s|s|s|s|"},
           Case{.takes = 1, .slice = 9, .slices = "sssss|"},
       }) {
    std::string text;
    Work work{text, one.takes};
    Backlog backlog(5, elapsed_clock);
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(backlog.push(Task::of<&Work::serve>(work)));
    EXPECT_FALSE(backlog.push(Task::of<&Work::serve>(work)));  // There is no room.
    while (!backlog.empty()) {
      backlog.run_for(milliseconds(one.slice));
      text += '|';
    }
    EXPECT_EQ(text, one.slices);
  }
}

TEST(Backlog, RefusesWhatHasWaitedTooLong) {
  std::string text;
  Work work{text, 2};
  elapsed_ms = 0;
  Backlog backlog(10, elapsed_clock);
  for (const int deadline : {1, 1, 2, 4, 9}) {
    const auto task = Task::of<&Work::serve, &Work::refuse>(work, TimePoint(milliseconds(deadline)));
    EXPECT_TRUE(backlog.push(task));
  }
  backlog.run_for(milliseconds(100));
  EXPECT_EQ(text, "srsss");  // At 0, 2, 2, 4 and 6.
}

TEST(Backlog, CanBeRefusedAtOnce) {
  std::string text;
  Work work{text};
  Backlog backlog(10, elapsed_clock);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(backlog.push(Task::of<&Work::serve, &Work::refuse>(work, TimePoint::max())));
  }
  backlog.refuse_all();
  EXPECT_EQ(text, "rrr");
  EXPECT_TRUE(backlog.empty());
  backlog.run_for(milliseconds(1));
  EXPECT_EQ(text, "rrr");
}

}  // namespace
}  // namespace pollux
