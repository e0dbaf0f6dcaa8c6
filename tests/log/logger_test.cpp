#include "log/logger.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "log/async_sink.h"
#include "log/file_sink.h"
#include "log/throttle.h"
#include "tests/log/support.h"

namespace pollux::log {
namespace {

using namespace std::chrono_literals;
using test::lines_of;
using test::read_file;
using test::TemporaryDirectory;

// Standard error goes to a file while it lives.
class CapturedStderr {
 public:
  explicit CapturedStderr(const std::string& path) : before_(::dup(STDERR_FILENO)), path_(path) {
    const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    ::dup2(file.get(), STDERR_FILENO);
  }
  CapturedStderr(const CapturedStderr&) = delete;
  CapturedStderr& operator=(const CapturedStderr&) = delete;
  ~CapturedStderr() { ::dup2(before_.get(), STDERR_FILENO); }

  [[nodiscard]] std::string text() const { return read_file(path_); }

 private:
  UniqueFd before_;
  std::string path_;
};

class LoggerTest : public testing::Test {
 protected:
  void TearDown() override {
    shutdown();
    set_level(Level::kInfo);
  }
  // What is after the thread's number in each line.
  [[nodiscard]] std::vector<std::string> messages() const {
    std::vector<std::string> found;
    for (const std::string& line : lines_of(read_file(path_)))
      found.push_back(line.substr(line.find('['))
                          .erase(line.find(']') - line.find('[') + 1, line.find(": ") - line.find(']') - 1));
    return found;
  }

  TemporaryDirectory directory_;
  std::string path_ = directory_ / "error.log";
};

TEST_F(LoggerTest, WritesToStandardErrorBeforeItIsConfigured) {
  const CapturedStderr captured(directory_ / "stderr");
  info("hello {}", 1);
  debug("not this");
  const std::string text = captured.text();
  EXPECT_TRUE(text.ends_with(": hello 1\n")) << text;
  EXPECT_EQ(lines_of(text).size(), 1U);
  EXPECT_EQ(lost().lines, 0U);
}

TEST_F(LoggerTest, Levels) {
  struct Case {
    Level level;
    std::vector<std::string> expected;
  };
  const Case cases[] = {
      {Level::kOff, {}},
      {Level::kEmerg, {"[emerg]: 0"}},
      {Level::kError, {"[emerg]: 0", "[error]: 1"}},
      {Level::kWarn, {"[emerg]: 0", "[error]: 1", "[warn]: 2"}},
      {Level::kInfo, {"[emerg]: 0", "[error]: 1", "[warn]: 2", "[info]: 3"}},
      {Level::kDebug, {"[emerg]: 0", "[error]: 1", "[warn]: 2", "[info]: 3", "[debug]: 4"}},
  };
  for (const Case& c : cases) {
    std::filesystem::remove(path_);
    std::filesystem::remove(directory_ / "stderr");
    const CapturedStderr captured(directory_ / "stderr");
    configure(c.level, FileSink::open(path_, {}));
    emerg("{}", 0);
    error("{}", 1);
    warn("{}", 2);
    info("{}", 3);
    debug("{}", 4);
    shutdown();
    EXPECT_EQ(messages(), c.expected);
    EXPECT_EQ(captured.text(), "pollux: [emerg] 0\n");
  }
}

TEST_F(LoggerTest, EmergencyIsSaidOnceWhenTheLogIsStandardError) {
  const CapturedStderr captured(directory_ / "stderr");
  configure(Level::kInfo, std::make_unique<AsyncSink>(FileSink::attach(STDERR_FILENO, "standard error", {}),
                                                      AsyncSinkOptions{}));
  emerg("no such file: {}", "a\nb");
  shutdown();
  EXPECT_EQ(captured.text(), "pollux: [emerg] no such file: a\\x0ab\n");
}

TEST_F(LoggerTest, ArgumentsAreNotFormattedBelowTheLevel) {
  int formatted = 0;
  const auto count = [&formatted] { return ++formatted; };
  configure(Level::kWarn, FileSink::open(path_, {}));
  EXPECT_FALSE(enabled(Level::kInfo));
  EXPECT_TRUE(enabled(Level::kWarn));
  if (enabled(Level::kInfo)) info("{}", count());
  at(Level::kWarn, "{}", count());
  EXPECT_EQ(formatted, 1);
}

TEST_F(LoggerTest, LongMessageIsCut) {
  configure(Level::kInfo, FileSink::open(path_, {}));
  info("{}", std::string(100'000, '\n'));
  const std::string text = read_file(path_);
  EXPECT_EQ(lines_of(text).size(), 1U);
  EXPECT_TRUE(text.ends_with("\\x0a\\x0a... (cut)\n"));
  EXPECT_LT(text.size(), 33'000U);
}

struct Thrower {};

}  // namespace
}  // namespace pollux::log

template <>
struct fmt::formatter<pollux::log::Thrower> {
  constexpr auto parse(format_parse_context& context) { return context.begin(); }
  template <typename Context>
  auto format(const pollux::log::Thrower&, Context& context) const -> decltype(context.out()) {
    throw std::runtime_error("no words");
  }
};

namespace pollux::log {
namespace {

TEST_F(LoggerTest, FormatterThatThrowsCostsOnlyItsMessage) {
  configure(Level::kInfo, FileSink::open(path_, {}));
  info("before {} after", Thrower{});
  EXPECT_EQ(messages(), std::vector<std::string>{"[info]: before  (cannot format: no words)"});
}

TEST_F(LoggerTest, LossIsToldOnStandardErrorAtTheEnd) {
  const CapturedStderr captured(directory_ / "stderr");
  configure(Level::kInfo, FileSink::open("/dev/full", {}));
  info("lost");
  EXPECT_EQ(lost().lines, 1U);
  shutdown();
  EXPECT_NE(captured.text().find("1 log lines"), std::string::npos) << captured.text();
  EXPECT_EQ(lost().lines, 0U);
}

TEST_F(LoggerTest, ThrottledLinesAreSummedUp) {
  static TimePoint now;
  now = TimePoint(10s);
  Throttle throttle(2, [] { return now; });
  configure(Level::kInfo, FileSink::open(path_, {}));
  for (int count = 0; count < 5; ++count) throttle.log(Level::kWarn, "flood {}", count);
  throttle.log(Level::kDebug, "not counted");
  now += 1s;
  throttle.log(Level::kWarn, "flood {}", 5);
  const std::vector<std::string> expected = {"[warn]: flood 0", "[warn]: flood 1",
                                             "[warn]: 3 lines like the next one were suppressed",
                                             "[warn]: flood 5"};
  EXPECT_EQ(messages(), expected);
}

// Many threads log while the file is renamed, reopened and flushed: each line is in one of the files,
// once and whole.
void log_while_reopening(const TemporaryDirectory& directory, const std::string& path,
                         std::unique_ptr<Sink> sink) {
  constexpr std::size_t kThreads = 8;
  constexpr std::size_t kLines = 2'000;
  configure(Level::kInfo, std::move(sink));
  std::atomic<std::size_t> running{kThreads};
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (std::size_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&running, thread] {
      for (std::size_t line = 0; line < kLines; ++line) info("<{}>", thread * kLines + line);
      --running;
    });
  }
  for (int turn = 0; turn < 1000 && running > 0; ++turn) {
    std::filesystem::rename(path, path + "." + std::to_string(turn));
    reopen();
    flush();
    static_cast<void>(lost());
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(lost().lines, 0U);
  shutdown();

  std::vector<int> seen(kThreads * kLines, 0);
  for (const std::string& name : test::names_in(directory)) {
    for (const std::string& line : lines_of(read_file(directory / name))) {
      const std::size_t number = line.find('<') + 1;
      ASSERT_TRUE(number > 0 && line.ends_with('>')) << line;
      ++seen.at(std::stoul(line.substr(number)));
    }
  }
  EXPECT_EQ(seen, std::vector<int>(kThreads * kLines, 1));
}

TEST_F(LoggerTest, ReopenWhileManyThreadsLogSynchronously) {
  log_while_reopening(directory_, path_, FileSink::open(path_, {}));
}

TEST_F(LoggerTest, ReopenWhileManyThreadsLogAsynchronously) {
  AsyncSinkOptions options;
  options.flush_limit = 60s;  // Under a sanitizer on a busy machine; the loop relies on it.
  log_while_reopening(directory_, path_, std::make_unique<AsyncSink>(FileSink::open(path_, {}), options));
}

// Each line is in one of the files, and whole.
TEST_F(LoggerTest, AnotherSinkWhileManyThreadsLog) {
  constexpr std::size_t kThreads = 4;
  constexpr std::size_t kLines = 2000;
  configure(Level::kInfo, FileSink::open(path_, {}));
  std::atomic<std::size_t> running{kThreads};
  std::vector<std::thread> threads;
  for (std::size_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&running] {
      for (std::size_t line = 0; line < kLines; ++line) info("<{}>", line);
      --running;
    });
  }
  for (int turn = 0; turn < 1000 && running > 0; ++turn)
    configure(Level::kInfo, FileSink::open(path_ + "." + std::to_string(turn % 3), {}));
  for (std::thread& thread : threads) thread.join();
  shutdown();
  std::size_t seen = 0;
  for (const std::string& name : test::names_in(directory_)) {
    for (const std::string& line : lines_of(read_file(directory_ / name))) {
      EXPECT_TRUE(line.ends_with('>')) << line;
      ++seen;
    }
  }
  EXPECT_EQ(seen, kThreads * kLines);
}

}  // namespace
}  // namespace pollux::log
