// The counts of one thread, and the sum of all threads.
//
// Thread: the one that counts; summed when the threads have ended.
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
  std::uint64_t bad_status = 0;  // With a response, but the wrong status.
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
  // The inverse. false: there is no such failure.
  [[nodiscard]] bool add_named(std::string_view name, std::uint64_t count);
};

// The results of requests: of all, or of those for one URL. Their failures add up to `failed`, except lost
// idle connections.
struct Answers : Failures {
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;
  std::uint64_t octets = 0;  // Of content.
  std::array<std::uint64_t, 1000> status{};
  Histogram latency;  // Nanoseconds. Closed loop: since the client was free. Open loop: since it was due.

  [[nodiscard]] std::uint64_t requests() const { return succeeded + failed; }

  // `code`: 0 if no response was awaited. `content`: its octets, as far as they arrived.
  void finished(Verdict verdict, int code, std::uint64_t content, std::chrono::nanoseconds took);
  void not_answered(client::Stage stage, client::ErrorKind kind, std::uint64_t content);
  void add(const Answers& other);
};

struct Tally : Answers {
  std::vector<Answers> by_url;    // As in Options::urls; empty if there is only one.
  std::uint64_t wire_octets = 0;  // Heads and framing included; before encryption.
  std::uint64_t opened = 0;       // Connections.
  std::uint64_t resumed = 0;      // TLS sessions.

  // Nanoseconds.
  Histogram service;  // Since a connection took the request.
  Histogram connect;
  Histogram tls;
  Histogram first_octet;  // Since the request was sent.

  // Open loop only.
  std::uint64_t due = 0;
  std::uint64_t missed = 0;  // Due, but no connection was free until the end.
  Histogram lateness;        // The generator's own: a connection was free, but the request late.

  std::uint64_t held = 0;  // Idle connections that were open at the end.
  std::uint64_t lost = 0;  // And those that the server had ended.

  void add(const Tally& other);
};

}  // namespace pollux::castor
