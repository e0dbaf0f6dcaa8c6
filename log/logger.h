// The server's own log, and the one global of the house: everybody may say something, and passing a
// logger through every constructor would say nothing else.
//
//   log::warn("cannot read {}: {}", path, error.message());
//
// The level test is inlined, one relaxed load, and comes before any formatting; the format string is
// checked when it is compiled. Control characters in the message are escaped, so a peer's octets
// cannot forge a line; a message is cut at 8 KiB.
//
// Before configure() and after shutdown() lines go to standard error, at first from level info.
// What is said at level emerg always goes to standard error, as "pollux: [emerg] MESSAGE".
//
// Thread: any, except where it says otherwise. Never throws.
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

// Replaces the sink used before, which is flushed when the last thread has written to it; that may wait for a
// disk. `sink` may be null: standard error.
void configure(Level level, std::unique_ptr<Sink> sink);

// REQUIRES: no other thread logs any more. Writes everything out and goes back to standard error;
// if lines were lost, says there how many.
void shutdown();

void set_level(Level level);
void flush();

void set_rotation(const Rotation& rotation);

// For SIGUSR1, after the log file was renamed.
void reopen();

// What the present sink could not keep.
[[nodiscard]] Lost lost();

namespace detail {

// Relaxed: a level changed while others log may take effect a line later.
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

// Not subject to the level: for what ends the program.
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
