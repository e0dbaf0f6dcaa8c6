// The counts of one thread, and the sum of all threads.
//
// Thread: that of whoever counts; added up when the threads have ended.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "castor/histogram.h"
#include "client/outcome.h"

namespace pollux::castor {

enum class Verdict : std::uint8_t { kGood, kBadStatus, kBadLength };

struct Failures {
  std::uint64_t bad_status = 0;  // Answered, but not as wanted.
  std::uint64_t bad_length = 0;
  std::array<std::array<std::uint64_t, client::kErrorKinds>, client::kStages> errors{};  // By stage and kind.

  void count_error(client::Stage stage, client::ErrorKind kind) {
    ++errors.at(static_cast<std::size_t>(stage)).at(static_cast<std::size_t>(kind));
  }
  void count_verdict(Verdict verdict) {
    bad_status += verdict == Verdict::kBadStatus ? 1 : 0;
    bad_length += verdict == Verdict::kBadLength ? 1 : 0;
  }
  void add(const Failures& other);

  // "connect refused": 3, "response status": 2.
  [[nodiscard]] std::map<std::string, std::uint64_t> named_errors() const;
  // The other way round. false: there is no such failure.
  [[nodiscard]] bool add_named(std::string_view name, std::uint64_t count);
};

// What requests have come to: all of them, or those for one URL. Their failures add up to `failed`, lost idle
// connections apart.
struct Answers : Failures {
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;
  std::uint64_t octets = 0;  // Of content.
  std::array<std::uint64_t, 1000> status{};
  Histogram latency;  // Nanoseconds. Closed loop: from when the client was free. Open loop: since it was due.

  [[nodiscard]] std::uint64_t requests() const { return succeeded + failed; }

  // `code`: 0 where nobody waited for one. `content`: octets of it, as far as it came.
  void finished(Verdict verdict, int code, std::uint64_t content, std::chrono::nanoseconds took);
  void not_answered(client::Stage stage, client::ErrorKind kind, std::uint64_t content);
  void add(const Answers& other);
};

struct Tally : Answers {
  std::vector<Answers> by_url;    // As in Options::urls; empty where there is one alone.
  std::uint64_t wire_octets = 0;  // Heads and framing included; before encryption.
  std::uint64_t opened = 0;       // Connections.
  std::uint64_t resumed = 0;      // TLS sessions.

  // Nanoseconds.
  Histogram service;  // From when a connection took the request.
  Histogram connect;
  Histogram tls;
  Histogram first_octet;  // From when the request was sent.

  // Open loop only.
  std::uint64_t due = 0;
  std::uint64_t missed = 0;  // Due, but no connection was free until the end.
  Histogram lateness;  // Of the generator itself: a connection was free, and it was sent later than due.

  std::uint64_t held = 0;  // Idle connections that were open at the end.
  std::uint64_t lost = 0;  // And those the server had ended.

  void add(const Tally& other);
};

}  // namespace pollux::castor
