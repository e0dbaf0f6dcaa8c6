// The destination of finished log lines: a file, a terminal or pipe, or a queue in front of one of them.
//
// A sink never throws and never stops the server. It counts the lines that it cannot keep. When it can write
// again, it reports them: in a line of its own, or by calling its Report.
//
// Thread: any method on any thread at any time, unless the class says otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace pollux::log {

struct Lost {
  std::uint64_t lines = 0;
  std::uint64_t octets = 0;

  Lost& operator+=(const Lost& other) {
    lines += other.lines;
    octets += other.octets;
    return *this;
  }
};

// Called with a sink's message about itself, for example that lines were lost. A sink without a Report puts a
// line in the logger's format among its own lines. That is right for the error log and wrong for an access
// log that programs read: there, pass a function that calls log::warn. Called without locks held, on the
// thread that met the trouble; must not write to the same sink.
using Report = std::function<void(std::string_view message)>;

// When to set a file aside and begin a new one.
struct Rotation {
  std::uint64_t size = 0;  // Octets that no file exceeds, unless one line does. 0: no limit.
  bool daily = false;
  std::size_t keep = 0;  // Old files kept after a rotation. 0: all.

  bool operator==(const Rotation&) const = default;
};

class Sink {
 public:
  Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  virtual ~Sink() = default;

  // One or more whole lines, each of which ends in '\n'.
  virtual void write(std::string_view lines) noexcept = 0;

  // Returns when all earlier lines are with the kernel or counted as lost. Takes bounded time.
  virtual void flush() noexcept = 0;

  // The last call; the destructor makes it if necessary. Writes everything out, within bounded time, and
  // returns the total of lost lines.
  virtual Lost close() noexcept = 0;

  // The file was renamed (by logrotate, say): opens the path again. Later lines go to the new file. If that
  // fails, the sink reports it and goes on with the old file.
  virtual void reopen() noexcept = 0;

  // Applies from the next line on.
  virtual void set_rotation(const Rotation& /*rotation*/) noexcept {}

  // The lines lost since construction.
  [[nodiscard]] virtual Lost lost() const noexcept = 0;

  // Whether the lines go to standard error anyway.
  [[nodiscard]] virtual bool reaches_stderr() const noexcept { return false; }
};

}  // namespace pollux::log
