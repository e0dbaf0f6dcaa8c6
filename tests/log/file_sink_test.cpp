#include "log/file_sink.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "base/metrics.h"
#include "tests/log/support.h"

namespace pollux::log {
namespace {

using namespace std::chrono_literals;
using test::kDay;
using test::lines_of;
using test::read_file;
using test::TemporaryDirectory;
using test::TimeZone;
using test::write_file;

class FileSinkTest : public testing::Test {
 protected:
  FileSinkOptions options() {
    FileSinkOptions options;
    options.clock = [this] { return now_; };
    options.patience = 10ms;
    options.complain = [this](std::string_view message) { complaints_.emplace_back(message); };
    return options;
  }
  FileSinkOptions reporting_options() {
    FileSinkOptions options = this->options();
    options.report = [this](std::string_view message) { reports_.emplace_back(message); };
    return options;
  }

  TimeZone zone_{"UTC0"};
  TemporaryDirectory directory_;
  std::string path_ = directory_ / "a.log";
  WallTime now_ = test::at(kDay, 12h);
  std::vector<std::string> reports_;
  std::vector<std::string> complaints_;
};

TEST_F(FileSinkTest, AppendsToWhatIsThere) {
  write_file(path_, "old\n");
  FileSink::open(path_, options())->write("new\nlines\n");
  EXPECT_EQ(read_file(path_), "old\nnew\nlines\n");
}

TEST_F(FileSinkTest, NewFileIsNotForEveryone) {
  const mode_t before = ::umask(0);
  FileSink::open(path_, options())->write("x\n");
  ::umask(before);
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0640U);
}

TEST_F(FileSinkTest, EndsALineACrashHasCut) {
  write_file(path_, "whole\nhal");
  FileSink::open(path_, options())->write("new\n");
  EXPECT_EQ(read_file(path_), "whole\nhal\nnew\n");
}

TEST_F(FileSinkTest, CannotOpenNamesThePath) {
  ASSERT_EQ(::mkfifo((directory_ / "fifo").c_str(), 0600), 0);
  std::filesystem::create_directory(directory_ / "folder");
  for (const std::string& path : {directory_ / "no/a.log", directory_ / "folder", directory_ / "fifo"}) {
    try {
      const auto sink = FileSink::open(path, options());
      ADD_FAILURE() << path;
    } catch (const std::system_error& error) {
      EXPECT_TRUE(std::string(error.what()).starts_with("cannot open the log file " + path + ": "))
          << error.what();
    }
  }
  EXPECT_THROW(static_cast<void>(FileSink::attach(-1, "nothing", options())), std::system_error);
}

// Rotation.

TEST_F(FileSinkTest, RotatesBySize) {
  auto rotating = options();
  rotating.rotation.size = 10;
  const auto sink = FileSink::open(path_, rotating);
  sink->write("1234\n");
  sink->write("5678\n");  // Just fits.
  sink->write("a\n");
  sink->write("a line longer than a file\n");
  sink->write("b\nc\nd\ne\nf\ng\n");  // Cut between lines.
  const std::vector<std::string> expected = {"a.log", "a.log.2026-11-22", "a.log.2026-11-22.1",
                                             "a.log.2026-11-22.2", "a.log.2026-11-22.3"};
  EXPECT_EQ(test::names_in(directory_), expected);
  EXPECT_EQ(read_file(path_ + ".2026-11-22"), "1234\n5678\n");
  EXPECT_EQ(read_file(path_ + ".2026-11-22.1"), "a\n");
  EXPECT_EQ(read_file(path_ + ".2026-11-22.2"), "a line longer than a file\n");
  EXPECT_EQ(read_file(path_ + ".2026-11-22.3"), "b\nc\nd\ne\nf\n");
  EXPECT_EQ(read_file(path_), "g\n");
}

TEST_F(FileSinkTest, RotatesOtherwiseWhenItIsTold) {
  const auto sink = FileSink::open(path_, options());
  sink->write("1234\n");
  sink->set_rotation({.size = 5});
  sink->write("5678\n");
  EXPECT_EQ(read_file(path_ + ".2026-11-22"), "1234\n");
  EXPECT_EQ(read_file(path_), "5678\n");
}

TEST_F(FileSinkTest, RotatesByDay) {
  auto rotating = options();
  rotating.rotation.daily = true;
  const auto sink = FileSink::open(path_, rotating);
  now_ = test::at(kDay, 24h - 1us);
  sink->write("today\n");
  now_ = test::at(kDay, 24h);
  sink->write("tomorrow\n");
  EXPECT_EQ(read_file(path_ + ".2026-11-22"), "today\n");
  EXPECT_EQ(read_file(path_), "tomorrow\n");
  now_ = test::at(kDay, 10 * 24h);
  sink->write("later\n");
  EXPECT_EQ(read_file(path_ + ".2026-11-23"), "tomorrow\n");
  EXPECT_EQ(test::names_in(directory_).size(), 3U);
}

TEST_F(FileSinkTest, EmptyFileIsNotSetAside) {
  auto rotating = options();
  rotating.rotation.daily = true;
  const auto sink = FileSink::open(path_, rotating);
  now_ += 48h;
  sink->write("first\n");
  EXPECT_EQ(test::names_in(directory_), std::vector<std::string>{"a.log"});
}

TEST_F(FileSinkTest, FileOfAnEarlierDayIsSetAsideUnderThatDay) {
  write_file(path_, "yesterday\n");
  const struct timespec yesterday[2] = {{1'795'262'400, 0}, {1'795'262'400, 0}};  // 2026-11-21 12:00:00
  ASSERT_EQ(::utimensat(AT_FDCWD, path_.c_str(), yesterday, 0), 0);
  auto rotating = options();
  rotating.rotation.daily = true;
  FileSink::open(path_, rotating)->write("today\n");
  EXPECT_EQ(read_file(path_ + ".2026-11-21"), "yesterday\n");
  EXPECT_EQ(read_file(path_), "today\n");
}

TEST_F(FileSinkTest, KeepsTheNewest) {
  auto rotating = options();
  rotating.rotation.size = 1;
  rotating.rotation.keep = 2;
  write_file(directory_ / "a.log.backup", "not ours\n");
  const auto sink = FileSink::open(path_, rotating);
  for (int line = 0; line < 15; ++line) sink->write(fmt::format("{}\n", line));
  const std::vector<std::string> expected = {"a.log", "a.log.2026-11-22.12", "a.log.2026-11-22.13",
                                             "a.log.backup"};
  EXPECT_EQ(test::names_in(directory_), expected);
  EXPECT_EQ(read_file(path_ + ".2026-11-22.12"), "12\n");
}

TEST_F(FileSinkTest, RotatesWhatALinkPointsTo) {
  std::filesystem::create_directory(directory_ / "disk");
  std::filesystem::create_symlink("disk/real.log", path_);
  auto rotating = options();
  rotating.rotation.size = 1;
  const auto sink = FileSink::open(path_, rotating);
  sink->write("1\n");
  sink->write("2\n");
  EXPECT_TRUE(std::filesystem::is_symlink(path_));
  EXPECT_EQ(read_file(directory_ / "disk/real.log.2026-11-22"), "1\n");
  EXPECT_EQ(read_file(directory_ / "disk/real.log"), "2\n");
}

TEST_F(FileSinkTest, DoesNotSetAsideAStrangersFile) {
  auto rotating = options();
  rotating.rotation.size = 4;
  const auto sink = FileSink::open(path_, rotating);
  sink->write("1\n");
  std::filesystem::rename(path_, directory_ / "moved");
  write_file(path_, "z\n");
  sink->write("234\n");
  EXPECT_EQ(read_file(directory_ / "moved"), "1\n");
  EXPECT_EQ(test::names_in(directory_), (std::vector<std::string>{"a.log", "moved"}));
  EXPECT_EQ(read_file(path_), "z\n234\n");
}

TEST_F(FileSinkTest, RotationThatFailsKeepsTheFileAndTriesAgain) {
  auto rotating = reporting_options();
  rotating.rotation.size = 1;
  std::filesystem::create_directory(directory_ / "sub");
  const auto path = directory_ / "sub/a.log";
  const auto sink = FileSink::open(path, rotating);
  sink->write("1\n");
  std::filesystem::rename(directory_ / "sub",
                          directory_ / "moved");  // Works for root, unlike a mode without 'w'.
  sink->write("2\n");
  sink->write("3\n");  // Too early to try again.
  EXPECT_EQ(read_file(directory_ / "moved/a.log"), "1\n2\n3\n");
  EXPECT_EQ(reports_, std::vector<std::string>{"cannot rotate " + path + ": No such file or directory"});
  std::filesystem::rename(directory_ / "moved", directory_ / "sub");
  now_ += 1min;
  sink->write("4\n");
  EXPECT_EQ(read_file(path + ".2026-11-22"), "1\n2\n3\n");
  EXPECT_EQ(read_file(path), "4\n");
  EXPECT_EQ(sink->lost().lines, 0U);
}

// Reopening.

TEST_F(FileSinkTest, ReopensAfterARename) {
  const auto sink = FileSink::open(path_, options());
  sink->write("1\n");
  std::filesystem::rename(path_, directory_ / "a.log.1");
  sink->write("2\n");
  sink->reopen();
  sink->write("3\n");
  EXPECT_EQ(read_file(directory_ / "a.log.1"), "1\n2\n");
  EXPECT_EQ(read_file(path_), "3\n");
}

TEST_F(FileSinkTest, ReopenThatFailsKeepsTheOldFile) {
  std::filesystem::create_directory(directory_ / "sub");
  const auto path = directory_ / "sub/a.log";
  const auto sink = FileSink::open(path, options());
  std::filesystem::rename(directory_ / "sub", directory_ / "moved");
  sink->reopen();
  sink->write("still here\n");
  const auto lines = lines_of(read_file(directory_ / "moved/a.log"));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_NE(lines[0].find("[warn]"), std::string::npos) << lines[0];
  EXPECT_TRUE(
      lines[0].ends_with("cannot reopen " + path + ": No such file or directory; going on with the old file"))
      << lines[0];
  EXPECT_EQ(lines[1], "still here");
}

// Full disks.

TEST_F(FileSinkTest, FullDiskLosesLinesAndSaysSoLater) {
  std::filesystem::create_symlink("/dev/full", path_);
  const auto sink = FileSink::open(path_, options());
  sink->write("lost\n");
  sink->write("lost, too\nand this\n");
  EXPECT_EQ(sink->lost().lines, 3U);
  EXPECT_EQ(sink->lost().octets, 24U);
  std::filesystem::remove(path_);
  sink->reopen();
  sink->write("back\n");
  const auto lines = lines_of(read_file(path_));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines[0].ends_with("3 lines (24 octets) of " + path_ + " were lost: No space left on device"))
      << lines[0];
  EXPECT_EQ(lines[1], "back");
  sink->write("more\n");
  EXPECT_EQ(lines_of(read_file(path_)).size(), 3U);
}

// Also of one that has room now and then.
TEST_F(FileSinkTest, LossIsSaidOnceAMinute) {
  const std::string file = directory_ / "real.log";
  const auto point_at = [this](const std::string& target) {
    std::filesystem::remove(path_);
    std::filesystem::create_symlink(target, path_);
  };
  point_at("/dev/full");
  const auto before = metrics::read_metrics()[metrics::Counter::kLogLinesDropped];
  const auto sink = FileSink::open(path_, reporting_options());
  for (int turn = 0; turn < 5; ++turn) {
    sink->write("lost\nlost\n");
    now_ += 10s;
    point_at(file);
    sink->reopen();
    sink->write("kept\n");
    point_at("/dev/full");
    sink->reopen();
  }
  const std::string why = "cannot write to " + path_ + ": No space left on device; ";
  EXPECT_EQ(complaints_, std::vector<std::string>{why + "2 lines lost"});
  now_ += 10s;
  sink->write("lost\n");
  EXPECT_EQ(complaints_, (std::vector<std::string>{why + "2 lines lost", why + "11 lines lost"}));
  EXPECT_EQ(std::count(reports_.begin(), reports_.end(), why + "lines are being lost"), 2);
  EXPECT_EQ(metrics::read_metrics()[metrics::Counter::kLogLinesDropped] - before, 11U);
}

TEST_F(FileSinkTest, LossIsToldAtTheExitToo) {
  std::filesystem::create_symlink("/dev/full", path_);
  auto sink = FileSink::open(path_, options());
  sink->write("lost\n");
  std::filesystem::remove(path_);
  sink->reopen();
  EXPECT_EQ(sink->close().lines, 1U);
  sink.reset();
  EXPECT_EQ(lines_of(read_file(path_)).size(), 1U);
}

TEST_F(FileSinkTest, ReportsElsewhereWhenAsked) {
  std::filesystem::create_symlink("/dev/full", path_);
  auto sink = FileSink::open(path_, reporting_options());
  sink->write("lost\n");
  sink->write("lost\n");
  const std::string failing = "cannot write to " + path_ + ": No space left on device; lines are being lost";
  EXPECT_EQ(reports_, std::vector<std::string>{failing});
  std::filesystem::remove(path_);
  sink->reopen();
  sink->write("back\n");
  EXPECT_EQ(read_file(path_), "back\n");
  ASSERT_EQ(reports_.size(), 2U);
  EXPECT_EQ(reports_[1], "2 lines (10 octets) of " + path_ + " were lost: No space left on device");
  sink.reset();
  EXPECT_EQ(reports_.size(), 2U);
}

// A limit on the size of files cuts a line in the middle, as a disk that fills up does.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t octets) : handler_(::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const struct rlimit limit = {octets, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    static_cast<void>(::signal(SIGXFSZ, handler_));
  }

 private:
  struct rlimit before_ {};
  sighandler_t handler_;
};

TEST_F(FileSinkTest, MendsALineThatWasCut) {
  const auto sink = FileSink::open(path_, options());
  {
    const FileSizeLimit limit(12);
    sink->write("first\nsecond\nthird\n");
    EXPECT_EQ(read_file(path_), "first\nsecond");
    EXPECT_EQ(sink->lost().lines, 2U);
    sink->write("fourth\n");
    EXPECT_EQ(sink->lost().lines, 3U);
  }
  sink->write("fifth\n");
  const auto lines = lines_of(read_file(path_));
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[0], "first");
  EXPECT_EQ(lines[1], "second");  // Cut: its newline is missing, so it counts as lost.
  EXPECT_TRUE(lines[2].ends_with("3 lines (20 octets) of " + path_ + " were lost: File too large"))
      << lines[2];
  EXPECT_EQ(lines[3], "fifth");
}

TEST_F(FileSinkTest, CutBetweenLinesNeedsNoMending) {
  const auto sink = FileSink::open(path_, reporting_options());
  {
    const FileSizeLimit limit(6);
    sink->write("first\nsecond\n");
  }
  sink->write("third\n");
  EXPECT_EQ(read_file(path_), "first\nthird\n");
  EXPECT_EQ(sink->lost().lines, 1U);
}

// Pipes and sockets.

struct Pipe {
  Pipe() {
    int fds[2];
    if (::pipe2(fds, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    reader.reset(fds[0]);
    writer.reset(fds[1]);
  }
  [[nodiscard]] std::string drain() const {
    std::string octets(65536, '\0');
    const ssize_t got = ::read(reader.get(), octets.data(), octets.size());
    octets.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return octets;
  }
  UniqueFd reader;
  UniqueFd writer;
};

TEST_F(FileSinkTest, PipeNobodyReadsDoesNotHang) {
  const Pipe pipe;
  const auto sink = FileSink::attach(pipe.writer.get(), "the pipe", options());
  const std::string line = std::string(1023, 'x') + "\n";
  for (int count = 0; count < 1000; ++count) sink->write(line);  // Waits once, not for each line.
  const std::uint64_t lost = sink->lost().lines;
  EXPECT_GT(lost, 900U);
  sink->flush();
  EXPECT_EQ(pipe.drain().size(), (1000 - lost) * line.size());
  sink->write("back\n");
  const auto lines = lines_of(pipe.drain());
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_NE(lines[0].find(fmt::format(": {} lines ", lost)), std::string::npos) << lines[0];
  EXPECT_EQ(lines[1], "back");
}

TEST_F(FileSinkTest, PipeTakesMoreThanItHolds) {
  const Pipe pipe;
  auto patient = options();
  patient.patience = 60s;
  const auto sink = FileSink::attach(pipe.writer.get(), "the pipe", patient);
  std::string sent;
  for (int count = 0; count < 2000; ++count) sent += fmt::format("line {}\n", count);
  sent += std::string(10000, 'x') + "\n";
  std::string received;
  std::thread reader([&] {
    while (received.size() < sent.size()) received += pipe.drain();
  });
  sink->write(sent);
  reader.join();
  EXPECT_EQ(received, sent);
  EXPECT_EQ(sink->lost().lines, 0U);
}

TEST_F(FileSinkTest, ReaderThatWentAwayIsAnErrorLikeAnyOther) {
  const auto handler = ::signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  const auto sink = FileSink::attach(pipe.writer.get(), "the pipe", reporting_options());
  pipe.reader.reset();
  sink->write("1\n");
  EXPECT_EQ(sink->lost().lines, 1U);
  EXPECT_EQ(reports_,
            std::vector<std::string>{"cannot write to the pipe: Broken pipe; lines are being lost"});
  static_cast<void>(::signal(SIGPIPE, handler));
}

TEST_F(FileSinkTest, SocketNobodyReadsDoesNotHang) {
  int fds[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
  const UniqueFd reader(fds[0]);
  UniqueFd writer(fds[1]);
  const auto sink = FileSink::attach(writer.get(), "the socket", options());
  const std::string line = std::string(4095, 'x') + "\n";
  for (int count = 0; count < 1000; ++count) sink->write(line);
  EXPECT_GT(sink->lost().lines, 0U);
}

TEST_F(FileSinkTest, KnowsStandardError) {
  EXPECT_TRUE(FileSink::attach(STDERR_FILENO, "standard error", options())->reaches_stderr());
  EXPECT_FALSE(FileSink::attach(STDOUT_FILENO, "standard output", options())->reaches_stderr());
  EXPECT_FALSE(FileSink::open(path_, options())->reaches_stderr());
}

}  // namespace
}  // namespace pollux::log
