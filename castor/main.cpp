// The castor program.
#include <fmt/core.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "castor/options.h"
#include "castor/page.h"
#include "castor/result.h"
#include "castor/run.h"
#include "castor/target.h"

namespace {

using namespace pollux::castor;

constexpr int kMet = 0;
constexpr int kNotMet = 1;
constexpr int kUsage = 2;

void write_file(const std::string& path, const std::string& text) {
  if (path.empty()) return;
  if (path == "-") {
    fmt::print("{}", text);
    return;
  }
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) throw StartError("cannot write " + path);
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw StartError("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

int compare(const Options& options) {
  std::vector<NamedJson> results;
  for (const std::string& path : options.urls)
    results.push_back({path.substr(path.rfind('/') + 1), read_file(path)});
  write_file(options.html, to_html(results));
  return kMet;
}

void begin_as_webbench(const Options& options) {
  if (options.quiet) return;
  fmt::print(stderr, "Webbench - Simple Web Benchmark 1.5 (castor " POLLUX_VERSION ")\n");
  fmt::print("\nBenchmarking: {} {}\n", options.method, options.urls.front());
  fmt::print("{} client{}, running {:g} sec{}.\n\n", options.clients, options.clients == 1 ? "" : "s",
             options.time ? options.time->count() : 0.0, options.force ? ", early socket close" : "");
  (void)std::fflush(stdout);
}

// Before the run and not after it, when there is something to lose.
void check_writable(const std::string& path) {
  if (path.empty() || path == "-") return;
  if (!std::ofstream(path, std::ios::binary | std::ios::app)) throw StartError("cannot write " + path);
}

int load(const Options& options) {
  const Targets targets = Targets::of(options);
  check_writable(options.json);
  check_writable(options.html);
  if (options.webbench) begin_as_webbench(options);
  const Result result = run(options, targets);
  const std::string json = to_json(result);
  write_file(options.json, json);
  if (!options.html.empty()) write_file(options.html, to_html({{options.urls.front(), json}}));
  if (options.webbench) {
    fmt::print("{}", to_webbench(options, result));
  } else if (!options.quiet) {
    const bool taken = options.json == "-" || options.html == "-";  // Standard output is for a program.
    fmt::print(taken ? stderr : stdout, "{}", to_text(options, result));
  }
  const auto words = disappointments(options, result);
  if (options.quiet || options.webbench) {
    for (const std::string& word : words) fmt::print(stderr, "castor: {}\n", word);
  }
  return words.empty() ? kMet : kNotMet;
}

int act(const Options& options) {
  switch (options.action) {
    case Action::kHelp:
      fmt::print("{}", help_text(options.webbench));
      return options.webbench ? kUsage : kMet;  // As webbench does.
    case Action::kVersion:
      fmt::print("{}", options.webbench ? "1.5\n" : "castor " POLLUX_VERSION "\n");
      return kMet;
    case Action::kCompare: return compare(options);
    case Action::kRun: break;
  }
  return load(options);
}

}  // namespace

int main(int argc, char** argv) {
  (void)std::signal(SIGPIPE, SIG_IGN);
  try {
    return act(parse_options({argv, argv + argc}));
  } catch (const UsageError& error) {
    fmt::print(stderr, "castor: {}\nTry 'castor --help'.\n", error.what());
    return kUsage;
  } catch (const std::exception& error) {
    fmt::print(stderr, "castor: {}\n", error.what());
    return kNotMet;
  }
}
