#include "http/access_log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <ctime>
#include <iterator>

#include "http/request_id.h"
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
  return fmt::format(",\"{}\":{}", name, log::json_string(text));
}

std::string stream_member(std::int32_t stream) {
  return stream == 0 ? std::string() : fmt::format(",\"stream\":{}", stream);
}

// "22/Nov/2026:20:15:04" and "+0000", or "2026-11-22T20:15:04" and "+00:00"; local time.
struct LocalTime {
  std::time_t second = -1;
  AccessLog::Format format{};
  std::string time;
  std::string zone;
};

// Each thread formats it once a second.
const LocalTime& local_time(AccessLog::Format format, const Now& now) {
  thread_local LocalTime cached;
  const std::time_t second = std::chrono::system_clock::to_time_t(now.wall);
  if (second == cached.second && format == cached.format) return cached;
  std::tm parts{};
  ::localtime_r(&second, &parts);
  const bool combined = format == AccessLog::Format::kCombined;
  cached = {
      second, format,
      combined ? fmt::format("{:%d/%b/%Y:%H:%M:%S}", parts) : fmt::format("{:%Y-%m-%dT%H:%M:%S}", parts),
      fmt::format("{:%z}", parts)};
  constexpr std::size_t kHours = 3;  // With their sign.
  if (!combined && cached.zone.size() > kHours) cached.zone.insert(kHours, ":");
  return cached;
}

std::int64_t milliseconds_of(WallTime time) {
  const auto since = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch());
  return (since - std::chrono::floor<std::chrono::seconds>(since)).count();
}

std::int64_t microseconds_since(TimePoint begin) {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin)
      .count();
}

}  // namespace

void AccessLog::Entry::take(const Request& request) {
  peer = request.peer;
  method = request.method_name;
  target = request.target;
  version = version_text(request.version);
  host = request.fields->find(FieldId::kHost).value_or("");
  referer = request.fields->find(FieldId::kReferer).value_or("");
  user_agent = request.fields->find(FieldId::kUserAgent).value_or("");
  id = request.id;
}

std::string AccessLog::begin_json(const Entry& entry, const Now& now) {
  const LocalTime& local = local_time(Format::kJson, now);
  return fmt::format(
      "{{\"time\":\"{}.{:03}{}\",\"peer\":\"{}\",\"id\":\"{}\"{}{}{}{}{}{},\"status\":{}{}{},"
      "\"microseconds_to_first\":{}",
      local.time, milliseconds_of(now.wall), local.zone, entry.peer,
      entry.id.empty() ? new_request_id() : std::string(entry.id), json_member("method", entry.method),
      json_member("host", entry.host), json_member("target", entry.target),
      json_member("version", entry.version), json_member("tls", entry.tls), stream_member(entry.stream),
      code(entry.status), json_member("referer", entry.referer), json_member("user_agent", entry.user_agent),
      microseconds_since(entry.begun));
}

AccessLog::Line AccessLog::begin(const Entry& entry, const Now& now) const {
  if (format_ == Format::kJson) return {begin_json(entry, now), {}, entry.begun};
  const LocalTime& local = local_time(format_, now);
  std::string request = escaped(entry.method.empty() ? entry.target : entry.method);
  if (!entry.method.empty())
    request.append(" ").append(escaped(entry.target)).append(" ").append(entry.version);
  return {fmt::format("{} - - [{} {}] \"{}\" {} ", entry.peer, local.time, local.zone,
                      request.empty() ? "-" : request, code(entry.status)),
          fmt::format(" \"{}\" \"{}\"\n", or_dash(entry.referer), or_dash(entry.user_agent)), entry.begun};
}

void AccessLog::finish(const Line& line, std::uint64_t octets) {
  if (format_ == Format::kCombined) {
    sink_->write(fmt::format("{}{}{}", line.before, octets, line.after));
    return;
  }
  sink_->write(fmt::format("{},\"octets\":{},\"microseconds\":{}}}\n", line.before, octets,
                           microseconds_since(line.begun)));
}

}  // namespace pollux::http
