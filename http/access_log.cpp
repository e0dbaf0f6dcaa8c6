#include "http/access_log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <ctime>
#include <iterator>

#include "log/escape.h"

namespace pollux::http {

namespace {

std::string escaped(std::string_view text) {
  std::string result;
  log::escape(result, text);
  return result;
}

std::string or_dash(std::string_view text) { return text.empty() ? "-" : escaped(text); }

// A JSON member, with the comma before it; nothing for an empty text.
std::string json_member(std::string_view name, std::string_view text) {
  if (text.empty()) return {};
  std::string value;
  log::escape_json(value, text);
  return fmt::format(",\"{}\":\"{}\"", name, value);
}

// "22/Nov/2026:20:15:04 +0000" or "2026-11-22T20:15:04+0000", local time; each thread formats it once a
// second.
std::string_view local_time(AccessLog::Format format, const Now& now) {
  thread_local std::time_t cached_second = -1;
  thread_local AccessLog::Format cached_format{};
  thread_local std::string cached;
  const std::time_t second = std::chrono::system_clock::to_time_t(now.wall);
  if (second != cached_second || format != cached_format) {
    std::tm parts{};
    ::localtime_r(&second, &parts);
    cached = format == AccessLog::Format::kCombined ? fmt::format("{:%d/%b/%Y:%H:%M:%S %z}", parts)
                                                    : fmt::format("{:%Y-%m-%dT%H:%M:%S%z}", parts);
    cached_second = second;
    cached_format = format;
  }
  return cached;
}

}  // namespace

AccessLog::Line AccessLog::begin(const Entry& entry, const Now& now) const {
  const std::string_view time = local_time(format_, now);
  if (format_ == Format::kJson) {
    return {fmt::format("{{\"time\":\"{}\",\"peer\":\"{}\"{}{}{},\"status\":{}{}{}", time, entry.peer,
                        json_member("method", entry.method), json_member("target", entry.target),
                        json_member("version", entry.version), code(entry.status),
                        json_member("referer", entry.referer), json_member("user_agent", entry.user_agent)),
            {},
            entry.begun};
  }
  std::string request = escaped(entry.method.empty() ? entry.target : entry.method);
  if (!entry.method.empty())
    request.append(" ").append(escaped(entry.target)).append(" ").append(entry.version);
  return {fmt::format("{} - - [{}] \"{}\" {} ", entry.peer, time, request.empty() ? "-" : request,
                      code(entry.status)),
          fmt::format(" \"{}\" \"{}\"\n", or_dash(entry.referer), or_dash(entry.user_agent)), entry.begun};
}

void AccessLog::finish(const Line& line, std::uint64_t octets) {
  if (format_ == Format::kCombined) {
    sink_->write(fmt::format("{}{}{}", line.before, octets, line.after));
    return;
  }
  const auto taken =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - line.begun);
  sink_->write(fmt::format("{},\"octets\":{},\"microseconds\":{}}}\n", line.before, octets, taken.count()));
}

}  // namespace pollux::http
