#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "check.h"

namespace {

struct Written {
  std::string text;
  int calls = 0;
};

void writes_lines_in_order() {
  Written written;
  AsyncLog log([&](std::string_view lines) { written.text += lines, ++written.calls; }, 1000);
  CHECK(!log.step());
  log.append("one\n");
  log.append("two\n");
  log.append("three\n");
  CHECK(log.step());
  CHECK_EQ(written.text, "one\ntwo\nthree\n");
  CHECK_EQ(written.calls, 1);
  CHECK(!log.step());
  log.append("four\n");
  CHECK(log.step());
  CHECK_EQ(written.text, "one\ntwo\nthree\nfour\n");
}

void drops_what_has_no_room() {
  Written written;
  AsyncLog log([&](std::string_view lines) { written.text += lines, ++written.calls; }, 10);
  log.append("1234\n");
  log.append("123456\n");  // No room for it,
  log.append("678\n");     // but for this one.
  log.append("\n");
  log.append("\n");
  CHECK(log.step());
  CHECK_EQ(written.text, "1234\n678\n\n2 lines dropped\n");
  CHECK_EQ(written.calls, 1);
  CHECK(!log.step());
  written.text.clear();
  log.append("123456789\n");
  CHECK(log.step());
  CHECK_EQ(written.text, "123456789\n");
  written.text.clear();
  log.append("0123456789\n");  // Longer than all there is.
  CHECK(log.step());
  CHECK_EQ(written.text, "1 lines dropped\n");
}

// The target stands still until the test lets it go on. false: append() stands still as well.
bool goes_on_while_the_disk_stands() {
  struct Shared {
    std::promise<void> standing, go_on;
    std::atomic<int> lines{0};
    std::unique_ptr<AsyncLog> log;
  };
  const auto shared = std::make_shared<Shared>();
  shared->log = std::make_unique<AsyncLog>(
      [of = shared.get(), first = true](std::string_view lines) mutable {
        if (std::exchange(first, false)) {
          of->standing.set_value();
          of->go_on.get_future().wait();
        }
        for (const char octet : lines) of->lines += octet == '\n' ? 1 : 0;
      },
      100'000);
  shared->log->append("first\n");
  std::thread writer([shared] { (void)shared->log->step(); });
  shared->standing.get_future().wait();
  std::packaged_task<void()> append([shared] {
    for (int i = 0; i < 1000; ++i) shared->log->append("more\n");
  });
  auto appended = append.get_future();
  std::thread worker(std::move(append));
  const bool went_on = appended.wait_for(std::chrono::seconds(2)) == std::future_status::ready;
  CHECK(went_on);
  shared->go_on.set_value();
  worker.join();
  writer.join();
  (void)shared->log->step();
  CHECK_EQ(shared->lines.load(), 1001);
  return went_on;
}

void loses_nothing_between_threads() {
  constexpr int kThreads = 4;
  constexpr int kLines = 2000;
  int lines = 0;
  AsyncLog log(
      [&](std::string_view text) { lines += static_cast<int>(std::count(text.begin(), text.end(), '\n')); },
      1'000'000);
  std::atomic<int> at_work{kThreads};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int line = 0; line < kLines; ++line) log.append("a line\n");
      --at_work;
    });
  }
  while (at_work.load() > 0) (void)log.step();
  for (std::thread& thread : threads) thread.join();
  (void)log.step();
  CHECK_EQ(lines, kThreads * kLines);
}

}  // namespace

int main() {
  writes_lines_in_order();
  drops_what_has_no_room();
  if (goes_on_while_the_disk_stands()) loses_nothing_between_threads();
  return exercise::verdict();
}
