// The program's options: its own and those of webbench 1.5.
//
// Constant once parsed. Thread: one at a time, since parse_options() uses getopt(3)'s globals.
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

// Requests per second, constant or changing from one rate to another.
struct RateRange {
  double from = 0;
  std::optional<double> to;
};

// --connect-to: connections for this host and port go to another one.
struct HostMapping {
  std::string host;           // Empty: any.
  std::uint16_t port = 0;     // 0: any.
  std::string to;             // A name or an address.
  std::uint16_t to_port = 0;  // 0: the URL's.
};

// The request of a line of --urls, without its URL.
struct Ask {
  std::uint32_t weight = 1;
  std::string method;
  std::string body;
};

struct Options {
  Action action = Action::kRun;
  bool webbench = false;
  std::vector<std::string> urls;  // Files for kCompare and kMerge.
  std::vector<Ask> asks;          // One for each of `urls` if these are from --urls; otherwise empty.
  std::string url_file;
  bool random = false;  // At random instead of in turn.
  std::uint64_t seed = 1;

  std::size_t clients = 1;
  std::optional<Seconds> time;  // Without this and `requests`: ten seconds.
  std::optional<std::uint64_t> requests;
  std::size_t threads = 0;  // 0: as many as cores, but no more than clients.
  bool keep_alive = false;
  std::size_t pipeline = 1;
  std::size_t streams = 1;        // HTTP/2: simultaneous streams on each connection.
  std::optional<double> rate;     // Requests per second: open loop.
  std::optional<double> rate_to;  // From `rate` to this rate, over the time,
  std::size_t steps = 0;          // in this many steps; 0: steadily.
  bool find_rate = false;         // Find the largest rate with a p99 of at most max_p99.
  bool until_stable = false;      // End when the median is known well enough.
  std::size_t rounds = 10;        // With A -- B: turns of each.
  std::size_t idle = 0;           // Connections to hold.
  Seconds warmup{0};
  Seconds ramp{0};
  Seconds timeout{30};  // For one request.

  HttpVersion version = HttpVersion::k11;
  std::string method = "GET";
  client::HeaderFields fields;
  std::string body;
  bool force = false;   // Do not wait for the response.
  bool reload = false;  // Pragma: no-cache
  std::string proxy;    // HOST:PORT

  bool insecure = false;
  std::string ca_file;
  bool resume = false;

  std::vector<std::string> source_addresses;
  std::vector<HostMapping> connect_to;
  std::string unix_path;   // A socket that all connections go to.
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

// Up to this many URLs have separate results; beyond, only the total is kept. Each takes 45 KB in each
// thread.
inline constexpr std::size_t kMaxToldApart = 256;
[[nodiscard]] inline bool tells_urls_apart(const Options& options) {
  return options.urls.size() > 1 && options.urls.size() <= kMaxToldApart;
}

// `arguments`: those of main(), with the program's name first. Throws UsageError.
[[nodiscard]] Options parse_options(std::vector<std::string> arguments);

// One run, or two with A -- B: B has A's options and those after the dashes.
struct Command {
  Options options;
  std::optional<Options> other;
};
[[nodiscard]] Command parse_command(std::vector<std::string> arguments);  // Throws UsageError.

[[nodiscard]] std::string help_text(bool webbench);

}  // namespace pollux::castor
