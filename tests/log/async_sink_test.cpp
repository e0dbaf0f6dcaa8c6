#include "log/async_sink.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <string>
#include <thread>
#include <vector>

#include "log/file_sink.h"
#include "tests/log/support.h"

namespace pollux::log {
namespace {

using namespace std::chrono_literals;
using test::lines_of;
using test::read_file;
using test::TemporaryDirectory;

// What a target saw; lives longer than the sinks.
class Record {
 public:
  // The next write() waits within the target until open().
  void shut() {
    const MutexLock lock(mutex_);
    shut_ = true;
  }
  void open() {
    const MutexLock lock(mutex_);
    shut_ = false;
    changed_.notify_all();
  }
  void wait_until_stuck() {
    const MutexLock lock(mutex_);
    while (!stuck_) changed_.wait(mutex_);
  }
  void add(std::string_view lines) {
    const MutexLock lock(mutex_);
    stuck_ = true;
    changed_.notify_all();
    while (shut_) changed_.wait(mutex_);
    stuck_ = false;
    text_ += lines;
    ++writes_;
  }
  [[nodiscard]] std::string text() {
    const MutexLock lock(mutex_);
    return text_;
  }
  [[nodiscard]] int writes() {
    const MutexLock lock(mutex_);
    return writes_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  bool shut_ GUARDED_BY(mutex_) = false;
  bool stuck_ GUARDED_BY(mutex_) = false;
  std::string text_ GUARDED_BY(mutex_);
  int writes_ GUARDED_BY(mutex_) = 0;
};

class RecordingSink final : public Sink {
 public:
  explicit RecordingSink(Record& record) : record_(record) {}
  void write(std::string_view lines) noexcept override { record_.add(lines); }
  void flush() noexcept override { record_.add("<flush>\n"); }
  void reopen() noexcept override { record_.add("<reopen>\n"); }
  Lost close() noexcept override { return lost(); }
  [[nodiscard]] Lost lost() const noexcept override { return {}; }

 private:
  Record& record_;
};

std::unique_ptr<AsyncSink> over(Record& record, AsyncSinkOptions options) {
  return std::make_unique<AsyncSink>(std::make_unique<RecordingSink>(record), std::move(options));
}

TEST(AsyncSink, FlushWritesEverythingBefore) {
  Record record;
  AsyncSinkOptions patient;
  patient.collect = 1h;  // Only flush() can make it write.
  const auto sink = over(record, patient);
  sink->write("1\n");
  sink->write("2\n3\n");
  sink->flush();
  EXPECT_EQ(record.text(), "1\n2\n3\n<flush>\n");
  EXPECT_EQ(record.writes(), 2);  // The lines in one.
  sink->flush();
  EXPECT_EQ(record.text(), "1\n2\n3\n<flush>\n<flush>\n");
}

TEST(AsyncSink, ReopensAfterTheLinesThatCameBefore) {
  Record record;
  const auto sink = over(record, {});
  sink->write("1\n");
  sink->reopen();
  sink->flush();
  sink->write("2\n");
  sink->close();
  EXPECT_EQ(record.text(), "1\n<reopen>\n<flush>\n2\n");
}

TEST(AsyncSink, WritesWithoutBeingAsked) {
  Record record;
  record.shut();
  AsyncSinkOptions quick;
  quick.collect = 1ms;
  const auto sink = over(record, quick);
  sink->write("1\n");
  record.wait_until_stuck();
  record.open();
}

TEST(AsyncSink, HalfFullIsNotWaitedFor) {
  Record record;
  record.shut();
  AsyncSinkOptions patient;
  patient.collect = 1h;
  patient.capacity = 200;
  const auto sink = over(record, patient);
  sink->write(std::string(59, 'x') + "\n");
  record.wait_until_stuck();
  record.open();
}

TEST(AsyncSink, OverflowIsCountedAndSaid) {
  Record record;
  record.shut();
  AsyncSinkOptions small;
  small.capacity = 200;
  const auto sink = over(record, small);
  sink->write(std::string(59, 'a') + "\n");
  record.wait_until_stuck();  // The back buffer is with the target; the front one has room for 100 octets.
  std::string expected = std::string(59, 'a') + "\n";
  for (int line = 0; line < 25; ++line) {
    sink->write(fmt::format("line {:04}\n", line));
    if (line < 10) expected += fmt::format("line {:04}\n", line);
  }
  EXPECT_EQ(sink->lost().lines, 15U);
  EXPECT_EQ(sink->lost().octets, 150U);
  record.open();
  sink->flush();
  sink->write("room again\n");
  EXPECT_EQ(sink->close().lines, 15U);
  const std::string text = record.text();
  ASSERT_TRUE(text.starts_with(expected)) << text;
  const auto rest = lines_of(text.substr(expected.size()));
  ASSERT_EQ(rest.size(), 3U) << text;
  EXPECT_NE(rest[0].find("[warn]"), std::string::npos);
  EXPECT_NE(rest[0].find("15 log lines dropped (150 octets)"), std::string::npos) << rest[0];
  EXPECT_EQ(rest[2], "room again");
}

TEST(AsyncSink, OverflowIsReportedElsewhereWhenAsked) {
  Record record;
  std::string report;  // Written by the writer thread, read after it ended.
  AsyncSinkOptions options;
  options.capacity = 20;
  options.report = [&report](std::string_view message) { report = message; };
  const auto sink = over(record, options);
  sink->write("longer than any buffer\n");
  sink->close();
  EXPECT_EQ(record.text(), "");
  EXPECT_EQ(report, "1 log lines dropped (23 octets): they came faster than they could be written");
}

TEST(AsyncSink, FlushDoesNotWaitForeverForAStuckTarget) {
  Record record;
  record.shut();
  AsyncSinkOptions hasty;
  hasty.flush_limit = 10ms;
  const auto sink = over(record, hasty);
  sink->write("1\n");
  record.wait_until_stuck();
  sink->flush();
  record.open();
  sink->close();
  EXPECT_TRUE(record.text().starts_with("1\n"));
}

TEST(AsyncSink, CloseGivesUpAfterAWhile) {
  Record record;
  AsyncSinkOptions hasty;
  hasty.collect = 1h;
  hasty.exit_limit = 0ms;
  const auto sink = over(record, hasty);
  sink->write("no time for this\n");
  const Lost lost = sink->close();
  EXPECT_EQ(lost.lines, 1U);
  EXPECT_EQ(lost.octets, 17U);
  EXPECT_NE(record.text().find("1 log lines dropped"), std::string::npos);
}

TEST(AsyncSink, BlockedPipeDoesNotHangTheExit) {
  int fds[2];
  ASSERT_EQ(::pipe(fds), 0);
  const UniqueFd reader(fds[0]);
  const UniqueFd writer(fds[1]);
  FileSinkOptions file;
  file.patience = 10ms;
  AsyncSink sink(FileSink::attach(writer.get(), "the pipe", file), {});
  const std::string line = std::string(1023, 'x') + "\n";
  for (int count = 0; count < 1000; ++count) sink.write(line);
  EXPECT_GE(sink.close().lines, 900U);  // The pipe holds 64 KiB.
}

// Signals are for the thread that waits for them, not for the writer.
TEST(AsyncSink, WriterBlocksSignals) {
  sigset_t before;
  ASSERT_EQ(::pthread_sigmask(SIG_BLOCK, nullptr, &before), 0);
  sigset_t writers;  // Written by the writer thread, read after it ended.
  ::sigemptyset(&writers);
  AsyncSinkOptions options;
  options.capacity = 0;
  options.report = [&writers](std::string_view) { ::pthread_sigmask(SIG_BLOCK, nullptr, &writers); };
  Record record;
  const auto sink = over(record, options);
  sink->write("dropped\n");
  sink->close();
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1, SIGPIPE, SIGXFSZ})
    EXPECT_EQ(::sigismember(&writers, signal), 1);
  for (const int signal : {SIGSEGV, SIGBUS, SIGABRT}) EXPECT_EQ(::sigismember(&writers, signal), 0);

  sigset_t after;
  ASSERT_EQ(::pthread_sigmask(SIG_BLOCK, nullptr, &after), 0);
  for (int signal = 1; signal < SIGRTMIN; ++signal)
    EXPECT_EQ(::sigismember(&after, signal), ::sigismember(&before, signal)) << signal;
}

TEST(AsyncSink, NothingIsLostAtTheExit) {
  constexpr int kThreads = 8;
  constexpr int kLines = 10'000;
  const TemporaryDirectory directory;
  AsyncSinkOptions roomy;
  roomy.capacity = std::size_t{16} * 1024 * 1024;
  auto sink = std::make_unique<AsyncSink>(FileSink::open(directory / "a.log", {}), roomy);
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&sink, thread] {
      for (int line = 0; line < kLines; ++line) sink->write(fmt::format("{} {}\n", thread, line));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(sink->lost().lines, 0U);
  sink.reset();

  std::vector<int> next(kThreads, 0);
  for (const std::string& line : lines_of(read_file(directory / "a.log"))) {
    const auto thread = static_cast<std::size_t>(line.front() - '0');
    ASSERT_EQ(line, fmt::format("{} {}", thread, next[thread]));  // In order, too.
    ++next[thread];
  }
  EXPECT_EQ(next, std::vector<int>(kThreads, kLines));
}

}  // namespace
}  // namespace pollux::log
