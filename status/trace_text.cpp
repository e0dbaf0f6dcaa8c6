#include "status/trace_text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <iterator>
#include <optional>

#include "log/escape.h"
#include "status/thread_names.h"

namespace pollux::status {

namespace {

using Microseconds = std::chrono::duration<double, std::micro>;

// "reactor, lt/et"; "io-uring, by completion"
std::string way_of_working(const Sources& sources) {
  const bool triggered = sources.triggers != Sources::kNoTriggers;
  return fmt::format("{}, {}", sources.model, triggered ? sources.triggers : "by completion");
}

// A moment after `begun`, or a word instead.
std::string time_or(const std::optional<TimePoint>& at, TimePoint begun, const char* otherwise) {
  return at ? fmt::format("{:.1f}", Microseconds(*at - begun).count()) : otherwise;
}

void add_streams_text(std::string& text, const trace::Streams& streams, TimePoint begun) {
  const auto out = std::back_inserter(text);
  fmt::format_to(out, "{:>12}  {:>10}  {:>10}  {:>11}  {:>11}  asked\n", "stream", "from", "to", "octets in",
                 "octets out");
  for (const trace::Stream& stream : streams.all()) {
    std::string asked;
    log::escape(asked, stream.asked);
    fmt::format_to(out, "{:>2}{:>10}  {:>10}  {:>10}  {:>11}  {:>11}  {}\n",
                   stream.id == streams.followed() ? "->" : "", stream.id,
                   time_or(stream.begun, begun, "before"), time_or(stream.ended, begun, "after"),
                   stream.in.octets, stream.out.octets, asked.empty() ? "-" : asked);
  }
  if (streams.left_out() > 0) fmt::format_to(out, "              and {} streams more\n", streams.left_out());
}

}  // namespace

std::string to_text(const trace::Recording& recording, const Sources& sources) {
  std::string text;
  if (recording.notes.empty()) return text;
  const auto out = std::back_inserter(text);
  const TimePoint begun = recording.notes.front().at;
  const Microseconds whole = recording.notes.back().at - begun;
  fmt::format_to(out, "request {} from {} ({}): {:.1f} us\n", recording.number, recording.peer,
                 way_of_working(sources), whole.count());
  ThreadNames names;
  for (const trace::Note& note : recording.notes) {
    std::string detail;
    log::escape(detail, note.detail);
    const Microseconds at = note.at - begun;
    fmt::format_to(out, "{:12.1f}  {:<11} {:<10}  {}\n", at.count(), names.of(note.thread), note.what,
                   detail);
  }
  if (recording.left_out > 0) fmt::format_to(out, "              and {} steps more\n", recording.left_out);
  if (recording.streams && recording.streams->followed() > 0)
    add_streams_text(text, *recording.streams, begun);
  return text;
}

}  // namespace pollux::status
