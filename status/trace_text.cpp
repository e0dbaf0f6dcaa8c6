#include "status/trace_text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <iterator>

#include "log/escape.h"
#include "status/thread_names.h"

namespace pollux::status {

namespace {

using Microseconds = std::chrono::duration<double, std::micro>;

}  // namespace

std::string to_text(const trace::Recording& recording, const Sources& sources) {
  std::string text;
  if (recording.notes.empty()) return text;
  const auto out = std::back_inserter(text);
  const TimePoint begun = recording.notes.front().at;
  const Microseconds whole = recording.notes.back().at - begun;
  fmt::format_to(out, "request {} from {} ({}, {}): {:.1f} us\n", recording.number, recording.peer,
                 sources.model, sources.triggers, whole.count());
  ThreadNames names;
  for (const trace::Note& note : recording.notes) {
    std::string detail;
    log::escape(detail, note.detail);
    const Microseconds at = note.at - begun;
    fmt::format_to(out, "{:12.1f}  {:<11} {:<10}  {}\n", at.count(), names.of(note.thread), note.what,
                   detail);
  }
  if (recording.left_out > 0) fmt::format_to(out, "              and {} steps more\n", recording.left_out);
  return text;
}

}  // namespace pollux::status
