// The server's own log, and the only global of the program: any code may log, and passing a logger through
// every constructor would tell a reader nothing more.
//
//   log::warn("cannot read {}: {}", path, error.message());
//
// The level test is inlined, one relaxed load, and comes before any formatting; the format string is checked
// when it is compiled. Control characters in the message are escaped, so a peer's octets cannot forge a line;
// a message is cut at 8 KiB.
//
// Before configure() and after shutdown(), lines go to standard error, at first from level info. Messages of
// level emerg always go to standard error, as "pollux: [emerg] MESSAGE".
//
// Thread: any, unless a function says otherwise. Never throws.
#pragma once

#include <fmt/format.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "log/line.h"
#include "log/sink.h"

namespace pollux::log {

// Replaces the sink. The old one is flushed when the last thread has written to it, which may wait for a
// disk. `sink` may be nullptr: standard error.
void configure(Level level, std::unique_ptr<Sink> sink);

// Writes everything out and goes back to standard error; reports there how many lines were lost, if any.
// REQUIRES: no other thread logs any more.
void shutdown();

void set_level(Level level);
void flush();

void set_rotation(const Rotation& rotation);

// For SIGUSR1, after the log file was renamed.
void reopen();

// The lines that the current sink could not keep.
[[nodiscard]] Lost lost();

namespace detail {

// Relaxed: a change of the level may take effect a line later on other threads.
inline constinit std::atomic<Level> threshold{Level::kInfo};

void write(Level level, fmt::string_view format, fmt::format_args args) noexcept;

}  // namespace detail

[[nodiscard]] inline bool enabled(Level level) {
  return level <= detail::threshold.load(std::memory_order_relaxed);
}

template <typename... Args>
void at(Level level, fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(level)) detail::write(level, format, fmt::make_format_args(args...));
}

// Not subject to the level: for errors that end the program.
template <typename... Args>
void emerg(fmt::format_string<Args...> format, Args&&... args) {
  detail::write(Level::kEmerg, format, fmt::make_format_args(args...));
}

template <typename... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::kError)) detail::write(Level::kError, format, fmt::make_format_args(args...));
}

template <typename... Args>
void warn(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::kWarn)) detail::write(Level::kWarn, format, fmt::make_format_args(args...));
}

template <typename... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::kInfo)) detail::write(Level::kInfo, format, fmt::make_format_args(args...));
}

template <typename... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::kDebug)) detail::write(Level::kDebug, format, fmt::make_format_args(args...));
}

}  // namespace pollux::log
