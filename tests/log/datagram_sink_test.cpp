#include "log/datagram_sink.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "tests/log/support.h"

namespace pollux::log {
namespace {

// A daemon of the system.
class Daemon {
 public:
  explicit Daemon(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    ::unlink(path.c_str());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(std::begin(address.sun_path), sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }

  // std::nullopt: nothing has come.
  std::optional<std::string> receive() const {
    std::array<char, 16384> octets;
    const ssize_t got = ::recv(socket_.get(), octets.data(), octets.size(), MSG_DONTWAIT);
    return got < 0 ? std::nullopt : std::optional(std::string(octets.data(), static_cast<std::size_t>(got)));
  }

 private:
  UniqueFd socket_;
};

class DatagramSinkTest : public testing::Test {
 protected:
  using Form = DatagramSink::Form;

  Report complain() {
    return [this](std::string_view message) { complaints_.emplace_back(message); };
  }

  test::TemporaryDirectory directory_;
  const std::string path_ = directory_ / "log";
  std::vector<std::string> complaints_;
};

std::string line_of(Level level, std::string_view message) {
  LineBuffer out;
  append_line(out, level, std::chrono::system_clock::now(), message);
  return std::string(view(out));
}

TEST_F(DatagramSinkTest, SyslogGetsPriorityTimeAndProcess) {
  const Daemon daemon(path_);
  DatagramSink sink(Form::kSyslog, path_, complain());
  const struct {
    Level level;
    const char* priority;
  } rows[] = {{Level::kEmerg, "<26>"},
              {Level::kError, "<27>"},
              {Level::kWarn, "<28>"},
              {Level::kInfo, "<30>"},
              {Level::kDebug, "<31>"}};
  for (const auto& row : rows) {
    sink.write(line_of(row.level, "a \"b\" [c]: d"));
    const std::string got = daemon.receive().value_or("");
    EXPECT_TRUE(got.starts_with(row.priority)) << got;
    EXPECT_TRUE(got.ends_with(" pollux[" + std::to_string(::getpid()) + "]: a \"b\" [c]: d")) << got;
    EXPECT_EQ(got.find(" pollux["), 4 + std::string("Nov 22 20:15:04").size()) << got;
  }
  EXPECT_EQ(sink.lost().lines, 0U);
}

TEST_F(DatagramSinkTest, TheJournalGetsFields) {
  const Daemon daemon(path_);
  DatagramSink sink(Form::kJournal, path_, complain());
  sink.write(line_of(Level::kWarn, "a=b\nPRIORITY=0") + line_of(Level::kDebug, "second"));
  const std::string thread = std::to_string(::gettid());
  EXPECT_EQ(daemon.receive(),
            "PRIORITY=4\nSYSLOG_IDENTIFIER=pollux\nTID=" + thread + "\nMESSAGE=a=b\\x0aPRIORITY=0\n");
  EXPECT_EQ(daemon.receive(), "PRIORITY=7\nSYSLOG_IDENTIFIER=pollux\nTID=" + thread + "\nMESSAGE=second\n");
  EXPECT_EQ(daemon.receive(), std::nullopt);
}

TEST_F(DatagramSinkTest, WithoutADaemonLinesAreLostUntilThereIsOne) {
  const auto before = metrics::read_metrics()[metrics::Counter::kLogLinesDropped];
  DatagramSink sink(Form::kSyslog, path_, complain());
  sink.write("one\ntwo\n");
  EXPECT_EQ(sink.lost().lines, 2U);
  EXPECT_EQ(sink.lost().octets, 8U);
  EXPECT_EQ(metrics::read_metrics()[metrics::Counter::kLogLinesDropped] - before, 2U);
  EXPECT_EQ(complaints_, std::vector<std::string>{"cannot write to " + path_ +
                                                  ": No such file or directory; 1 line lost"});
  for (int turn = 0; turn < 2; ++turn) {  // It is started again, too.
    const Daemon daemon(path_);
    sink.write("three\n");
    EXPECT_TRUE(daemon.receive().value_or("").ends_with(": three"));
  }
  sink.write("four\n");
  EXPECT_EQ(sink.lost().lines, 3U) << "the socket is there, but nobody listens";
  EXPECT_EQ(complaints_.size(), 1U);
}

TEST_F(DatagramSinkTest, ADaemonThatDoesNotKeepUpIsNotWaitedFor) {
  const Daemon daemon(path_);
  DatagramSink sink(Form::kJournal, path_, complain());
  constexpr std::uint64_t kLines = 100'000;
  for (std::uint64_t i = 0; i < kLines && sink.lost().lines == 0; ++i) sink.write("line\n");
  EXPECT_EQ(sink.lost().lines, 1U);
  ASSERT_EQ(complaints_.size(), 1U);
  EXPECT_TRUE(complaints_[0].ends_with("Resource temporarily unavailable; 1 line lost")) << complaints_[0];
  while (daemon.receive()) continue;
  sink.write("again\n");
  EXPECT_TRUE(daemon.receive().value_or("").ends_with("MESSAGE=again\n"));
}

}  // namespace
}  // namespace pollux::log
