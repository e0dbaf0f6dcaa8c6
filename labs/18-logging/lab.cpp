// Pollux's log before a pipe nobody reads, before a disk that is full, and while it is rotated.
#include "lab.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "log/async_sink.h"
#include "log/file_sink.h"
#include "tests/temporary_directory.h"

namespace {

namespace fs = std::filesystem;
using pollux::milliseconds;
using pollux::log::AsyncSink;
using pollux::log::AsyncSinkOptions;
using pollux::log::FileSink;
using pollux::log::FileSinkOptions;
using pollux::log::Lost;
using pollux::test::TemporaryDirectory;

std::string line_of(int number) { return "line " + std::to_string(number) + std::string(47, '.') + "end\n"; }

std::vector<std::string> lines_of(const fs::path& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

// How many whole lines of ours there are (one that was cut is a lost one), and how many losses the log tells
// of.
struct Read {
  std::uint64_t lines = 0;
  std::uint64_t told = 0;
};

Read read_back(const std::vector<std::string>& lines) {
  static const std::regex told("([0-9]+) (?:log )?lines (?:dropped )?\\([0-9]+ octets\\)");
  Read read;
  for (const std::string& line : lines) {
    std::smatch match;
    if (line.starts_with("line ") && line.ends_with("end")) {
      ++read.lines;
    } else if (std::regex_search(line, match, told)) {
      read.told += std::stoull(match[1]);
    }
  }
  return read;
}

// --- A pipe that is full, since nobody reads it.

class FullPipe {
 public:
  FullPipe() {
    lab::must(::pipe2(ends_, O_CLOEXEC | O_NONBLOCK), "pipe2");
    const std::string page(4096, 'x');
    while (::write(ends_[1], page.data(), page.size()) > 0) {
    }
  }
  FullPipe(const FullPipe&) = delete;
  FullPipe& operator=(const FullPipe&) = delete;
  ~FullPipe() {
    for (const int fd : ends_) ::close(fd);
  }

  [[nodiscard]] int write_end() const { return ends_[1]; }

  // Reads on a thread of its own until `done`, and then what is left.
  [[nodiscard]] std::vector<std::string> read_until(const std::atomic<bool>& done) {
    std::string text;
    char piece[4096];
    for (bool last = false;;) {
      const ssize_t count = ::read(ends_[0], piece, sizeof piece);
      if (count > 0) {
        text.append(piece, static_cast<std::size_t>(count));
      } else if (last) {
        break;
      } else {
        last = done.load();
        std::this_thread::yield();
      }
    }
    text.erase(0, text.find_first_not_of('x'));
    std::vector<std::string> lines;
    for (std::size_t end; (end = text.find('\n')) != std::string::npos; text.erase(0, end + 1)) {
      lines.push_back(text.substr(0, end));
    }
    return lines;
  }

 private:
  int ends_[2] = {};
};

FileSinkOptions patient() {
  FileSinkOptions options;
  options.patience = milliseconds(30'000);
  return options;
}

// Whether a line waits for the reader, and comes through when it reads.
bool synchronous_waits() {
  FullPipe pipe;
  auto sink = FileSink::attach(pipe.write_end(), "the pipe", patient());
  std::atomic<bool> written{false};
  std::thread worker([&] {
    sink->write(line_of(1));
    written.store(true);
  });
  std::this_thread::sleep_for(milliseconds(100));  // Only gives it the chance to be wrong.
  const bool before = written.load();
  const auto lines = pipe.read_until(written);
  worker.join();
  return !before && read_back(lines).lines == 1 && sink->lost().lines == 0;
}

struct Asynchronous {
  std::uint64_t written = 0;
  std::uint64_t dropped = 0;
  Read read;
};

// Writes to a full pipe until something is dropped; only then anybody reads.
Asynchronous asynchronous() {
  FullPipe pipe;
  AsyncSinkOptions options;
  options.capacity = 64 * 1024;
  options.exit_limit = milliseconds(30'000);
  AsyncSink sink(FileSink::attach(pipe.write_end(), "the pipe", patient()), options);
  Asynchronous result;
  while (sink.lost().lines < 100) sink.write(line_of(static_cast<int>(++result.written)));
  std::atomic<bool> done{false};
  auto reader = std::async(std::launch::async, [&] { return pipe.read_until(done); });
  result.dropped = sink.close().lines;
  done.store(true);
  result.read = read_back(reader.get());
  return result;
}

// --- A disk that is full, and has room again.

struct FullDisk {
  std::uint64_t written = 0;
  std::uint64_t lost = 0;
  Read read;
};

FullDisk full_disk(const TemporaryDirectory& directory) {
  ::signal(SIGXFSZ, SIG_IGN);
  FileSinkOptions options;
  options.complain = {};
  const fs::path path = directory / "full.log";
  const auto sink = FileSink::open(path, options);
  rlimit limit{};
  lab::must(::getrlimit(RLIMIT_FSIZE, &limit), "getrlimit");
  const rlimit unlimited = limit;
  limit.rlim_cur = 20'000;
  lab::must(::setrlimit(RLIMIT_FSIZE, &limit), "setrlimit");
  FullDisk result;
  for (int i = 0; i < 1000; ++i) sink->write(line_of(static_cast<int>(++result.written)));
  lab::must(::setrlimit(RLIMIT_FSIZE, &unlimited), "setrlimit");
  sink->write(line_of(static_cast<int>(++result.written)));
  result.lost = sink->close().lines;
  result.read = read_back(lines_of(path));
  return result;
}

// --- Rotation, while four threads write.

struct Rotated {
  std::size_t files = 0;
  std::size_t lines = 0;
  std::size_t different = 0;
  std::uintmax_t largest = 0;
};

constexpr int kWriters = 4;
constexpr int kLines = 5000;
constexpr std::uintmax_t kSize = 100'000;

Rotated rotate(const fs::path& directory, bool by_size) {
  fs::create_directory(directory);
  FileSinkOptions options;
  if (by_size) options.rotation.size = kSize;
  const auto sink = FileSink::open(directory / "access.log", options);
  std::atomic<int> writing{kWriters};
  std::atomic<int> renamed{0};
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] {
      for (int i = 0; i < kLines; ++i) {
        sink->write(line_of(writer * kLines + i));
        while (!by_size && i == kLines / 2 && renamed.load() < 3) std::this_thread::yield();
      }
      --writing;
    });
  }
  // As logrotate does it: somebody else renames the file and has it opened anew.
  while (!by_size && writing.load() > 0) {
    fs::rename(directory / "access.log", directory / ("access.log." + std::to_string(++renamed)));
    sink->reopen();
    std::this_thread::yield();
  }
  for (std::thread& writer : writers) writer.join();
  sink->close();
  Rotated result;
  std::set<std::string> different;
  for (const auto& entry : fs::directory_iterator(directory)) {
    ++result.files;
    result.largest = std::max(result.largest, entry.file_size());
    for (const std::string& line : lines_of(entry.path())) {
      ++result.lines;
      different.insert(line);
    }
  }
  result.different = different.size();
  return result;
}

bool is_complete(const Rotated& rotated) {
  constexpr std::size_t kAll = std::size_t{kWriters} * kLines;
  return rotated.files > 1 && rotated.lines == kAll && rotated.different == kAll;
}

unsigned long long number(std::uint64_t count) { return count; }

}  // namespace

int main() {
  const TemporaryDirectory directory;
  const bool waits = synchronous_waits();
  const Asynchronous async = asynchronous();
  const FullDisk disk = full_disk(directory);
  const Rotated by_size = rotate(directory / "by-size", true);
  const Rotated by_others = rotate(directory / "by-others", false);

  std::printf("                         written      read      lost   said to be lost\n");
  std::printf("  async, full pipe    %10llu%10llu%10llu%18llu\n", number(async.written),
              number(async.read.lines), number(async.dropped), number(async.read.told));
  std::printf("  sync, full disk     %10llu%10llu%10llu%18llu\n\n", number(disk.written),
              number(disk.read.lines), number(disk.lost), number(disk.read.told));
  std::printf("                           lines     files   largest\n");
  const auto row = [](const char* what, const Rotated& rotated) {
    std::printf("  %-20s%10zu%10zu%10llu\n", what, rotated.lines, rotated.files, number(rotated.largest));
  };
  row("rotated by size", by_size);
  row("renamed by others", by_others);
  std::printf("\n");
  lab::shown(waits, "a synchronous line waits as long as its pipe is full, and the thread with it");
  lab::shown(async.read.lines + async.dropped == async.written && async.read.told == async.dropped,
             "asynchronous lines do not wait: what finds no room is dropped, and the log tells how many");
  lab::shown(
      disk.lost > 0 && disk.read.lines + disk.lost == disk.written && disk.read.told == disk.lost,
      "on a full disk lines are lost and counted, the program goes on, and later the log tells how many");
  lab::shown(is_complete(by_size) && by_size.largest <= kSize && is_complete(by_others),
             "rotation loses no line and doubles none while four threads write");
  return lab::verdict();
}
