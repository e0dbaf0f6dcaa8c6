#include "http/sent_log.h"

#include <algorithm>
#include <utility>

namespace pollux::http {

namespace {

// The text of a request that could not be parsed, as far as it arrived.
std::string_view first_line(std::string_view octets) {
  constexpr std::size_t kMax = 256;
  return octets.substr(0, std::min({octets.find_first_of("\r\n"), octets.size(), kMax}));
}

}  // namespace

void SentLog::note(AccessLog* log, Status status, const Request* request, std::string_view input,
                   std::string_view tls, std::uint64_t body, std::uint64_t end, const Now& now, bool whole) {
  const TimePoint begun = std::exchange(begun_, std::nullopt).value_or(now.steady);
  noted_ = log != nullptr;
  if (!noted_) return;
  AccessLog::Entry entry{.peer = peer_, .status = status, .tls = tls};
  if (request == nullptr) {
    entry.target = first_line(input);
  } else {
    entry.take(*request);
  }
  entry.begun = begun;
  unlogged_.push_back({log, log->begin(entry, now), end - body, end, whole});
}

void SentLog::extend(std::uint64_t end, bool whole) {
  if (!noted_) return;
  unlogged_.back().body_end = end;
  unlogged_.back().whole = whole;
}

void SentLog::write_until(std::uint64_t sent, bool ended) {
  std::size_t done = 0;
  for (; done < unlogged_.size(); ++done) {
    const Unlogged& entry = unlogged_[done];
    if ((entry.body_end > sent || !entry.whole) && !ended) break;
    const std::uint64_t octets = std::min(sent, entry.body_end) - std::min(sent, entry.body_begin);
    entry.log->finish(entry.line, octets);
  }
  unlogged_.erase(unlogged_.begin(), unlogged_.begin() + static_cast<std::ptrdiff_t>(done));
}

}  // namespace pollux::http
