#include "base/trace.h"

#include <unistd.h>

#include <algorithm>
#include <exception>
#include <new>

namespace pollux::trace {

Tracer& Tracer::instance() {
  static Tracer& tracer = *new Tracer;  // Never destroyed: threads may outlive static objects.
  return tracer;
}

void Tracer::follow(Order order) {
  const MutexLock lock(mutex_);
  order.every = std::max(1U, order.every);
  order_ = std::move(order);
  ++orders_;
  candidates_ = 0;
  begun_ = 0;
  in_second_ = 0;
  following.store(true, std::memory_order_relaxed);
}

void Tracer::stop() {
  const MutexLock lock(mutex_);
  ++orders_;
  following.store(false, std::memory_order_relaxed);
}

std::unique_ptr<Recording> Tracer::begin(const std::function<std::string()>& peer) {
  auto recording = std::make_unique<Recording>();
  const MutexLock lock(mutex_);
  if (!armed()) return nullptr;
  if (!order_.peer.empty() && order_.peer != peer()) return nullptr;
  if (!wants(std::chrono::steady_clock::now())) return nullptr;
  recording->order = orders_;
  recording->peer = peer();
  return recording;
}

bool Tracer::wants(TimePoint now) {
  if (candidates_++ % order_.every != 0) return false;
  if (now - second_ >= std::chrono::seconds(1)) {
    second_ = now;
    in_second_ = 0;
  }
  if (in_second_ >= kMaxInASecond) return false;
  ++in_second_;
  ++begun_;
  if (begun_ == order_.max) following.store(false, std::memory_order_relaxed);
  return true;
}

void Tracer::finish(std::unique_ptr<Recording> recording) {
  if (!counts(*recording)) return;
  const MutexLock lock(listeners_mutex_);
  for (const auto& [id, listener] : listeners_) listener(*recording);
}

bool Tracer::counts(Recording& recording) {
  const MutexLock lock(mutex_);
  if (recording.order != orders_) return false;
  if (!recording.answered && recording.lasts() <= kLongest) {
    take_back();
    return false;
  }
  recording.number = ++last_;
  return true;
}

void Tracer::take_back() {
  if (begun_ == order_.max) following.store(true, std::memory_order_relaxed);
  --begun_;
  --candidates_;  // Connections without a request must not use up the turns of others.
  if (in_second_ > 0) --in_second_;
}

std::shared_ptr<void> Tracer::listen(Listener listener) {
  const MutexLock lock(listeners_mutex_);
  const std::uint64_t id = ++next_listener_;
  listeners_.emplace_back(id, std::move(listener));
  return {nullptr, [this, id](void*) {
            const MutexLock own(listeners_mutex_);
            std::erase_if(listeners_, [id](const auto& entry) { return entry.first == id; });
          }};
}

namespace {

// REQUIRES: on(). A note for which there is no memory is left out.
template <class MakeText>
void add_note(const char* what, MakeText make_text, std::optional<Frame> frame) noexcept {
  Recording& recording = *detail::current;
  recording.last = std::chrono::steady_clock::now();
  try {
    if (recording.notes.size() < kMaxNotes) {
      std::string text = make_text();
      if (text.size() > kLongestDetail) text.replace(kLongestDetail - 3, std::string::npos, "...");
      recording.notes.push_back({recording.last, ::gettid(), what, std::move(text), frame});
      return;
    }
  } catch (const std::exception&) {  // No memory.
  }
  ++recording.left_out;
}

}  // namespace

void detail::add(const char* what, fmt::string_view format, fmt::format_args arguments) noexcept {
  add_note(
      what, [&] { return fmt::vformat(format, arguments); }, std::nullopt);
}

void note(const Frame& frame) noexcept {
  if (!on()) return;
  if (detail::current->streams) detail::current->streams->count(frame);
  add_note(
      frame.out ? "frame out" : "frame in", [&] { return frame.text(); }, frame);
}

Streams* streams() noexcept {
  Recording& recording = *detail::current;
  if (!recording.streams) recording.streams.reset(new (std::nothrow) Streams);
  return recording.streams.get();
}

void end_turn(std::uint64_t consumed, std::uint64_t queued, bool fresh) noexcept {
  Recording& recording = *detail::current;
  const Streams* all = streams();
  const bool follows = all != nullptr && all->followed() != 0;
  recording.without_request = !follows && !fresh;
  if (follows && all->over()) {
    if (!recording.last_octet) recording.last_octet = consumed + queued;
    recording.sent = consumed >= *recording.last_octet;
  }
}

// The connection may have gone on meanwhile; and what was asked of the other thread before the recording
// began is not of it.
void take_over(std::vector<Note> notes) noexcept {
  if (!on()) return;
  std::vector<Note>& all = detail::current->notes;
  const std::size_t own = all.size();
  for (Note& note : notes) {
    if (own > 0 && note.at < all.front().at) continue;
    try {
      if (all.size() < kMaxNotes) {
        all.push_back(std::move(note));
        continue;
      }
    } catch (const std::exception&) {  // No memory.
    }
    ++detail::current->left_out;
  }
  std::inplace_merge(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(own), all.end(),
                     [](const Note& a, const Note& b) { return a.at < b.at; });
  if (!all.empty()) detail::current->last = std::max(detail::current->last, all.back().at);
}

}  // namespace pollux::trace
