// The program's options: its own and those of webbench 1.5.
//
// Constant once parsed. Thread: parse_options() keeps getopt(3)'s globals, so one at a time.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "client/response_parser.h"

namespace pollux::castor {

class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

using Seconds = std::chrono::duration<double>;

enum class Action : std::uint8_t { kRun, kCompare, kMerge, kHelp, kVersion };
enum class HttpVersion : std::uint8_t { k09, k10, k11, k2 };

enum class LatencyUnit : std::uint8_t { kAuto, kMicroseconds, kMilliseconds, kSeconds };

// Requests a second; from one to the other where there are two.
struct RateRange {
  double from = 0;
  std::optional<double> to;
};

// --connect-to: connections for this host and port go elsewhere.
struct HostMapping {
  std::string host;           // Empty: any.
  std::uint16_t port = 0;     // 0: any.
  std::string to;             // A name or an address.
  std::uint16_t to_port = 0;  // 0: the URL's.
};

// What a line of --urls asks for beside its URL.
struct Ask {
  std::uint32_t weight = 1;
  std::string method;
  std::string body;
};

struct Options {
  Action action = Action::kRun;
  bool webbench = false;
  std::vector<std::string> urls;  // For kCompare and kMerge: files.
  std::vector<Ask> asks;          // As `urls`, where they are from --urls; otherwise empty.
  std::string url_file;
  bool random = false;  // Not in turn.
  std::uint64_t seed = 1;

  std::size_t clients = 1;
  std::optional<Seconds> time;  // Neither this nor `requests`: ten seconds.
  std::optional<std::uint64_t> requests;
  std::size_t threads = 0;  // 0: as many as cores, and no more than clients.
  bool keep_alive = false;
  std::size_t pipeline = 1;
  std::size_t streams = 1;        // Of HTTP/2: at a time, on each connection.
  std::optional<double> rate;     // Requests a second: open loop.
  std::optional<double> rate_to;  // From `rate` to this one, over the time,
  std::size_t steps = 0;          // in so many steps; 0: steadily.
  bool find_rate = false;         // The largest whose p99 is not above max_p99.
  bool until_stable = false;      // Ends when the median is known well enough.
  std::size_t rounds = 10;        // Of A -- B: turns of each.
  std::size_t idle = 0;           // Connections to be held.
  Seconds warmup{0};
  Seconds ramp{0};
  Seconds timeout{30};  // Of one request.

  HttpVersion version = HttpVersion::k11;
  std::string method = "GET";
  client::HeaderFields fields;
  std::string body;
  bool force = false;   // Do not wait for the answer.
  bool reload = false;  // Pragma: no-cache
  std::string proxy;    // HOST:PORT

  bool insecure = false;
  std::string ca_file;
  bool resume = false;

  std::vector<std::string> source_addresses;
  std::vector<HostMapping> connect_to;
  std::string unix_path;   // Of a socket all connections go to.
  int family = AF_UNSPEC;  // Or AF_INET, AF_INET6.
  bool foreign = false;    // --yes-this-is-my-server

  std::optional<int> expect_status;
  std::optional<std::uint64_t> expect_length;
  std::optional<double> max_p99;  // Milliseconds.
  std::optional<std::uint64_t> max_errors;

  std::string json;
  std::string html;
  std::string hdr;
  std::string csv;
  std::string prometheus;
  LatencyUnit latency_unit = LatencyUnit::kAuto;
  bool quiet = false;
};

// Of that many URLs the results are kept apart; of more, the whole alone: each takes 45 KB in each thread.
inline constexpr std::size_t kMaxToldApart = 256;
[[nodiscard]] inline bool tells_urls_apart(const Options& options) {
  return options.urls.size() > 1 && options.urls.size() <= kMaxToldApart;
}

// `arguments`: those of main(), the program's name first. Throws UsageError.
[[nodiscard]] Options parse_options(std::vector<std::string> arguments);

// A run, or with A -- B two: B has A's options, and those behind the dashes.
struct Command {
  Options options;
  std::optional<Options> other;
};
[[nodiscard]] Command parse_command(std::vector<std::string> arguments);  // Throws UsageError.

[[nodiscard]] std::string help_text(bool webbench);

}  // namespace pollux::castor
