#include "base/trace_streams.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <iterator>

#include "base/trace.h"

namespace pollux::trace {

namespace {

void append(std::string& text, const char* way, const Windows& windows) {
  fmt::format_to(std::back_inserter(text), " {}:", way);
  if (windows.stream) fmt::format_to(std::back_inserter(text), " stream {},", *windows.stream);
  fmt::format_to(std::back_inserter(text), " connection {}", windows.connection);
}

}  // namespace

std::string Frame::text() const {
  std::string text = name;
  if (stream > 0) fmt::format_to(std::back_inserter(text), ", stream {}", stream);
  fmt::format_to(std::back_inserter(text), ", {} octets{}; windows", length, last ? ", the last" : "");
  append(text, "out", to_client);
  append(text += ';', "in", to_server);
  return text;
}

void Streams::begin(std::int32_t id, TimePoint at) noexcept {
  add(id, at, kMaxStreams);
  if (followed_ == 0) followed_ = id;
}

void Streams::add(std::int32_t id, std::optional<TimePoint> begun, std::size_t max) noexcept {
  try {
    if (streams_.size() < max) {
      Stream& stream = streams_.emplace_back();
      stream.id = id;
      stream.begun = begun;
      return;
    }
  } catch (const std::exception&) {  // No memory.
  }
  ++left_out_;
}

void Streams::asks(std::int32_t id, std::string_view method, std::string_view target) noexcept {
  Stream* stream = find(id);
  if (stream == nullptr) return;
  try {
    stream->asked = fmt::format("{} {}", method, target.substr(0, kLongestDetail));
    if (stream->asked.size() > kLongestDetail) {
      stream->asked.replace(kLongestDetail - 3, std::string::npos, "...");
    }
  } catch (const std::exception&) {  // No memory.
  }
}

void Streams::end(std::int32_t id, TimePoint at) noexcept {
  if (Stream* stream = find(id)) stream->ended = at;
  over_ |= id == followed_;
}

void Streams::count(const Frame& frame) noexcept {
  Stream* stream = find(frame.stream);
  if (stream == nullptr) return;
  Stream::Traffic& traffic = frame.out ? stream->out : stream->in;
  ++traffic.frames;
  if (std::string_view(frame.name) == "DATA") traffic.octets += frame.length;
}

Stream* Streams::find(std::int32_t id) {
  const auto found =
      std::lower_bound(streams_.begin(), streams_.end(), id,
                       [](const Stream& stream, std::int32_t wanted) { return stream.id < wanted; });
  return found != streams_.end() && found->id == id ? &*found : nullptr;
}

}  // namespace pollux::trace
