// The request tracer: follows one request through the server, and notes each step with its time and thread.
//
// - Tracer::follow() gives an order ("the next request"). Without an order, only a flag is tested.
// - A recording begins when a connection is accepted or has an event, if the order is for it. It belongs to
//   the connection and goes with it from thread to thread, so it needs no lock.
// - A note, note("recv", "{} octets", n), may stand anywhere below: it finds the recording of the connection
//   that this thread holds at the moment (Scope). Without one it costs a look at a thread_local pointer.
// - At the end, finish() passes the recording to all listeners.
// - HTTP/2 has many requests on a connection: the first stream that begins is followed, with those beside it
//   (trace_streams.h).
//
// Bounded: a recording has kMaxNotes notes at most, each of kLongestDetail octets, and at most kMaxInASecond
// recordings begin in a second.
//
// Details contain clients' octets unescaped: code that shows them must escape them.
//
// Thread: any; for a Recording the one that holds its connection.
#pragma once

#include <fmt/core.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/trace_streams.h"

namespace pollux::trace {

constexpr std::size_t kMaxNotes = 2000;
constexpr std::size_t kLongestDetail = 160;  // Octets.
constexpr std::uint32_t kMaxInASecond = 20;
constexpr std::chrono::seconds kLongest(10);  // Then it is published, however far it is.

struct Note {
  TimePoint at;
  int thread = 0;              // gettid(2)
  const char* what = nullptr;  // A step's name, static.
  std::string detail;
  std::optional<Frame> frame =
      std::nullopt;  // Of HTTP/2, if it is about one; `detail` says the same in words.
};

struct Recording {
  std::uint64_t number = 0;          // Counts published recordings.
  std::uint64_t order = 0;           // The order that it follows, counted from 1.
  std::string peer;                  // The client's address.
  std::vector<Note> notes;           // In the order of time.
  std::size_t left_out = 0;          // Notes beyond kMaxNotes.
  TimePoint last;                    // When the last note was made, or left out.
  std::unique_ptr<Streams> streams;  // With HTTP/2; else nullptr.
  bool answered = false;

  // HTTP/2: other responses may be in progress before, beside and after the one that is followed.
  std::optional<std::uint64_t> last_octet;  // Of the response, in the connection's output.
  bool sent = false;                        // It has left.
  bool without_request = false;             // The event brought no request: give the recording up.

  [[nodiscard]] std::chrono::nanoseconds lasts() const {
    return notes.empty() ? std::chrono::nanoseconds(0) : last - notes.front().at;
  }
};

// The requests to follow.
struct Order {
  std::uint32_t every = 1;  // One in this many.
  std::uint32_t max = 0;    // Maximum in total; 0: until another order comes.
  std::string peer;         // Only requests from this address; empty: from all.
};

class Tracer {
 public:
  using Listener = std::function<void(const Recording&)>;  // Must not throw, wait, or call the tracer.

  static Tracer& instance();

  void follow(Order order) EXCLUDES(mutex_);
  void stop() EXCLUDES(mutex_);
  [[nodiscard]] static bool armed() { return following.load(std::memory_order_relaxed); }

  // nullptr: this connection is not followed. `peer` must not call the tracer, which calls it only if
  // necessary.
  [[nodiscard]] std::unique_ptr<Recording> begin(const std::function<std::string()>& peer) EXCLUDES(mutex_);
  // Passes the recording to all listeners, unless its order was replaced or withdrawn since. A connection
  // that only ended is not published, and does not count for the order either.
  void finish(std::unique_ptr<Recording> recording) EXCLUDES(mutex_, listeners_mutex_);

  // Listens until the returned token is destroyed.
  [[nodiscard]] std::shared_ptr<void> listen(Listener listener) EXCLUDES(listeners_mutex_);

 private:
  // Numbers it. false: it is not to be published.
  [[nodiscard]] bool counts(Recording& recording) EXCLUDES(mutex_);
  void take_back() REQUIRES_LOCK(mutex_);
  [[nodiscard]] bool wants(TimePoint now) REQUIRES_LOCK(mutex_);

  inline static std::atomic<bool> following{false};  // Relaxed: a thread that sees it late misses a request.

  Mutex mutex_;
  Order order_ GUARDED_BY(mutex_);
  std::uint64_t orders_ GUARDED_BY(mutex_) = 0;  // The number of orders so far; a stop is one, too.
  std::uint64_t candidates_ GUARDED_BY(mutex_) = 0;
  std::uint64_t begun_ GUARDED_BY(mutex_) = 0;
  std::uint64_t last_ GUARDED_BY(mutex_) = 0;  // Number.
  TimePoint second_ GUARDED_BY(mutex_);        // The second that is counted:
  std::uint32_t in_second_ GUARDED_BY(mutex_) = 0;

  Mutex listeners_mutex_;
  std::vector<std::pair<std::uint64_t, Listener>> listeners_ GUARDED_BY(listeners_mutex_);
  std::uint64_t next_listener_ GUARDED_BY(listeners_mutex_) = 0;
};

namespace detail {

inline constinit thread_local Recording* current = nullptr;  // For the connection that it holds.

// A note for which there is no memory is left out.
void add(const char* what, fmt::string_view format, fmt::format_args arguments) noexcept;

}  // namespace detail

[[nodiscard]] inline bool on() { return detail::current != nullptr; }

// The arguments are evaluated in any case: if they are costly, check on() first. Does not throw.
template <class... Args>
void note(const char* what, fmt::format_string<Args...> format, Args&&... args) {
  if (on()) [[unlikely]]
    detail::add(what, format, fmt::make_format_args(args...));
}

// Notes a frame of HTTP/2, "frame in" or "frame out". Does not throw.
void note(const Frame& frame) noexcept;

// The streams of the followed connection; nullptr: there is no memory. REQUIRES: on().
[[nodiscard]] Streams* streams() noexcept;

// Called when a session of HTTP/2 has done all it can for now: `consumed` octets of its output have left,
// `queued` wait. `fresh`: the connection's first request may still come. REQUIRES: on().
void end_turn(std::uint64_t consumed, std::uint64_t queued, bool fresh) noexcept;

// Adds another thread's notes about the same request. Does not throw.
void take_over(std::vector<Note> notes) noexcept;

// The response to the request is ready: the recording may end when it has been sent.
inline void answered() {
  if (on()) [[unlikely]]
    detail::current->answered = true;
}

// Until the end of the scope, notes on this thread are about this connection; nullptr: about none. A nested
// scope goes on with its connection, but not after let_go().
class Scope {
 public:
  explicit Scope(Recording* recording) : outer_(std::exchange(detail::current, recording)) {}
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
  ~Scope() {
    if (on()) detail::current = outer_;
  }

 private:
  Recording* outer_;
};

// From here on, notes in the current scope go to this recording: its connection has just begun to be
// followed.
inline void go_on_with(Recording* recording) { detail::current = recording; }

// The connection is about to go to another thread.
inline void let_go() { detail::current = nullptr; }

}  // namespace pollux::trace
