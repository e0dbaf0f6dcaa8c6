// The program's options: its own and those of webbench 1.5.
//
// Constant once parsed. Thread: parse_options() keeps getopt(3)'s globals, so one at a time.
#pragma once

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

enum class Action : std::uint8_t { kRun, kCompare, kHelp, kVersion };
enum class HttpVersion : std::uint8_t { k09, k10, k11, k2 };

struct Options {
  Action action = Action::kRun;
  bool webbench = false;
  std::vector<std::string> urls;  // For kCompare: files.

  std::size_t clients = 1;
  std::optional<Seconds> time;  // Neither this nor `requests`: ten seconds.
  std::optional<std::uint64_t> requests;
  std::size_t threads = 0;  // 0: as many as cores, and no more than clients.
  bool keep_alive = false;
  std::size_t pipeline = 1;
  std::size_t streams = 1;     // Of HTTP/2: at a time, on each connection.
  std::optional<double> rate;  // Requests a second: open loop.
  std::size_t idle = 0;        // Connections to be held.
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
  bool foreign = false;  // --yes-this-is-my-server

  std::optional<int> expect_status;
  std::optional<std::uint64_t> expect_length;
  std::optional<double> max_p99;  // Milliseconds.
  std::optional<std::uint64_t> max_errors;

  std::string json;
  std::string html;
  bool quiet = false;
};

// `arguments`: those of main(), the program's name first. Throws UsageError.
[[nodiscard]] Options parse_options(std::vector<std::string> arguments);

[[nodiscard]] std::string help_text(bool webbench);

}  // namespace pollux::castor
