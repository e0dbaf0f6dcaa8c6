// The destination of finished log lines: a file, a terminal or pipe, or a queue in front of one of them.
//
// A sink never throws and never stops the server. What it cannot keep it counts, and when it can
// write again, it says so: in a line of its own, or to whoever it was told to report to.
//
// Thread: every method may be called by any thread at any time, unless the class says otherwise.
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

// Told what a sink has to say about itself, for example that lines were lost. A sink without one
// puts a line in the logger's format among its own lines. That is right for the error log and wrong
// for an access log that programs read: there, hand in a function that calls log::warn.
// Called without locks held, on the thread that met the trouble; must not write to the same sink.
using Report = std::function<void(std::string_view message)>;

// When a file is set aside, and a new one begun in its place.
struct Rotation {
  std::uint64_t size = 0;  // Octets no file grows beyond, unless one line does. 0: no limit.
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

  // Returns when all lines written before are with the kernel or counted as lost. Takes bounded time.
  virtual void flush() noexcept = 0;

  // The last call, made by the destructor if by nobody else: writes everything out, within bounded
  // time, and returns what was lost in all.
  virtual Lost close() noexcept = 0;

  // The file was renamed (by logrotate, say): opens the path again. Lines written afterwards go to
  // the new file. When that fails, the sink reports it and goes on with the old file.
  virtual void reopen() noexcept = 0;

  // From the next line on.
  virtual void set_rotation(const Rotation& /*rotation*/) noexcept {}

  // What did not get through since construction.
  [[nodiscard]] virtual Lost lost() const noexcept = 0;

  // Whether the lines end up on standard error anyway.
  [[nodiscard]] virtual bool reaches_stderr() const noexcept { return false; }
};

}  // namespace pollux::log
