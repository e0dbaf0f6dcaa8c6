// The counts, histograms and seconds of one thread's requests and connections.
//
// A request counts once, when it has its response or has failed, and only if it was due after the warm-up.
// Counts of the current second are collected in a slice, which flush() adds to the series of all threads.
//
// It knows no socket and no clock: time is a parameter. Thread: that of its worker; progress() any.
#pragma once

#include <atomic>

#include "castor/pending_request.h"
#include "castor/plan.h"
#include "castor/series.h"
#include "castor/tally.h"

namespace pollux::castor {

struct Progress {
  std::uint64_t requests = 0;
  std::uint64_t failed = 0;
  std::uint64_t held = 0;  // Idle connections that are open.
};

class Accounting {
 public:
  Accounting(const Options& options, const Timetable& times, Series& series);

  void on_connected(Nanoseconds took, TimePoint now);
  void on_handshake(Nanoseconds took, bool resumed, TimePoint now);
  void on_first_octet(const PendingRequest& request, TimePoint now);
  void on_wire(const PendingRequest& request, std::size_t octets);  // Heads and framing included.

  // Open loop: a client was free, so the generator alone caused the delay.
  void on_sent_late(const PendingRequest& request, TimePoint now);

  // Call exactly one of these for each request. `octets`: of content, as far as it arrived.
  void finished(const PendingRequest& request, int status, std::uint64_t octets, TimePoint now);
  void failed(const PendingRequest& request, client::Stage stage, client::ErrorKind kind,
              std::uint64_t octets, TimePoint now);

  // Idle connections: one could not be opened; the server ended one; this many are open.
  void held_failed(client::Stage stage, client::ErrorKind kind) { tally_.count_error(stage, kind); }
  void held_lost() { ++tally_.lost; }
  void held_open(std::uint64_t count);

  // Open loop: the schedule's own counts, at its end.
  void scheduled(std::uint64_t due, std::uint64_t missed);

  void flush();    // Adds this second's counts to the series.
  void publish();  // For progress().

  [[nodiscard]] Progress progress() const;
  [[nodiscard]] const Tally& tally() const { return tally_; }

 private:
  [[nodiscard]] Verdict judge(const PendingRequest& request, int status, std::uint64_t octets) const;
  void add_to_slice(const PendingRequest& request, bool good, std::uint64_t octets, TimePoint now);

  const Options& options_;
  const TimePoint measure_;
  Series& series_;
  Tally tally_;
  Slice slice_;
  std::size_t second_ = 0;  // The slice's second, counted from the end of the warm-up.
  TimePoint slice_end_;

  // Relaxed: for the display only.
  std::atomic<std::uint64_t> seen_requests_{0};
  std::atomic<std::uint64_t> seen_failed_{0};
  std::atomic<std::uint64_t> seen_held_{0};
};

}  // namespace pollux::castor
