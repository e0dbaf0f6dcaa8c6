// The castor program.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "castor/expectations.h"
#include "castor/find_rate.h"
#include "castor/options/options.h"
#include "castor/output_file.h"
#include "castor/pair.h"
#include "castor/report/comparison.h"
#include "castor/report/exports.h"
#include "castor/report/page.h"
#include "castor/report/pair_report.h"
#include "castor/report/read_result.h"
#include "castor/report/result_json.h"
#include "castor/report/text.h"
#include "castor/run.h"
#include "castor/target.h"
#include "log/escape.h"

namespace {

using namespace pollux::castor;

constexpr int kMet = 0;
constexpr int kNotMet = 1;
constexpr int kUsage = 2;

void complain(std::string_view what) { fmt::print(stderr, "castor: {}\n", pollux::log::printable(what)); }

// false: standard output accepts no more, which was reported.
[[nodiscard]] bool say(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0)
    return true;
  complain(fmt::format("cannot write to standard output: {}", std::strerror(errno)));
  return false;
}

// "-" is standard output, "" no file at all. false: it could not be written, which was reported.
[[nodiscard]] bool save(const std::string& path, std::string_view text) {
  if (path.empty()) return true;
  if (path == "-") return say(text);
  const int error = write_file(path, text);
  if (error == 0) return true;
  complain(fmt::format("cannot write {}: {}", path, std::strerror(error)));
  return false;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw StartError("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A file option may use standard output; then text for people goes to standard error.
[[nodiscard]] bool tell(const Options& options, std::string_view text) {
  const auto outputs = {&options.json, &options.html, &options.hdr, &options.csv, &options.prometheus};
  const bool taken =
      std::any_of(outputs.begin(), outputs.end(), [](const std::string* path) { return *path == "-"; });
  if (!taken) return say(text);
  fmt::print(stderr, "{}", text);
  return true;
}

int compare_files(const Options& options) {
  Results results;
  for (const std::string& path : options.urls)
    results.push_back(
        {pollux::log::printable(path.substr(path.rfind('/') + 1)), Json::parse(read_file(path))});
  const bool saved = save(options.html, to_html(results));
  const bool told = options.quiet || tell(options, to_text(results));
  return saved && told ? kMet : kNotMet;
}

[[nodiscard]] bool begin_as_webbench(const Options& options) {
  if (options.quiet) return true;
  fmt::print(stderr, "Webbench - Simple Web Benchmark 1.5 (castor " POLLUX_VERSION ")\n");
  return say(fmt::format("\nBenchmarking: {} {}\n{} client{}, running {:g} sec{}.\n\n", options.method,
                         pollux::log::printable(options.urls.front()), options.clients,
                         options.clients == 1 ? "" : "s", options.time ? options.time->count() : 0.0,
                         options.force ? ", early socket close" : ""));
}

// "http://127.0.0.1:8080/ and 2 more"
std::string name_of(const Options& options) {
  const std::size_t others = options.urls.size() - 1;
  return options.urls.front() + (others > 0 ? fmt::format(" and {} more", others) : "");
}

// Before the run, since afterwards there are results to lose.
void check_outputs(const Options& options) {
  for (const std::string& path : {options.json, options.html, options.hdr, options.csv, options.prometheus}) {
    if (path.empty() || path == "-") continue;
    if (const int error = check_writable(path); error != 0)
      throw StartError(fmt::format("cannot write {}: {}", path, std::strerror(error)));
  }
}

// Writes each file, even if another one failed.
[[nodiscard]] bool save_all(const Options& options, const Result& result, const std::string& name) {
  const std::string json = to_json(options, result);
  bool written = save(options.json, json);
  if (!options.html.empty()) written = save(options.html, to_html({{name, Json::parse(json)}})) && written;
  if (!options.hdr.empty()) written = save(options.hdr, to_hdr(result.tally.latency)) && written;
  if (!options.csv.empty()) written = save(options.csv, to_csv(result)) && written;
  if (!options.prometheus.empty())
    written = save(options.prometheus, to_prometheus(options, result)) && written;
  return written;
}

int report(const Options& options, const Result& result, const std::string& name) {
  bool written = save_all(options, result, name);
  if (options.webbench) {
    written = say(to_webbench(options, result)) && written;
  } else if (!options.quiet) {
    written = tell(options, to_text(options, result)) && written;
  }
  const auto words = disappointments(options, result);
  if (options.quiet || options.webbench) {
    for (const std::string& word : words) complain(word);
  }
  return words.empty() && written ? kMet : kNotMet;
}

int load(const Options& options) {
  const Targets targets = Targets::of(options);
  check_outputs(options);
  const bool written = !options.webbench || begin_as_webbench(options);
  Result result;
  if (options.find_rate) {
    result = find_rate(options, [&](const Options& one) {
      return run(one, targets, fmt::format("{:>9.4g}/s due: ", *one.rate));
    });
  } else {
    result = run(options, targets);
  }
  let_signals_through();
  Options told = options;
  if (result.found_rate > 0) {  // The figures are those of that rate.
    told.rate = result.found_rate;
    told.rate_to.reset();
  }
  const int status = report(told, result, name_of(options));
  return written ? status : kNotMet;
}

int load_in_turns(const Options& a, const Options& b) {
  const std::array options = {&a, &b};
  const std::array targets = {Targets::of(a), Targets::of(b)};
  check_outputs(a);
  std::size_t turn = 0;
  const Pair pair = run_pair(options, [&](std::size_t which, const Options& one) {
    return run(one, targets[which], fmt::format("{} {}/{} ", which == 0 ? 'A' : 'B', ++turn, 2 * a.rounds));
  });
  let_signals_through();
  const std::array names = {name_of(a), name_of(b)};
  const std::string text =
      to_text(pair, {pollux::log::printable(names[0]), pollux::log::printable(names[1])});
  bool written = save(a.json, to_json(pair, options));
  if (!a.html.empty()) {
    Results results;
    for (std::size_t i = 0; i < 2; ++i)
      results.push_back(
          {(i == 0 ? "A " : "B ") + names[i], Json::parse(to_json(*options[i], pair.results[i]))});
    written = save(a.html, to_html(results, text)) && written;
  }
  if (!a.quiet) written = tell(a, text) && written;
  bool met = true;
  for (std::size_t i = 0; i < 2; ++i) {
    for (const std::string& word : disappointments(*options[i], pair.results[i])) {
      complain((i == 0 ? "A: " : "B: ") + word);
      met = false;
    }
  }
  return met && written ? kMet : kNotMet;
}

int merge_files(const Options& options) {
  std::vector<ReadResult> results;
  for (const std::string& path : options.urls) {
    try {
      results.push_back(read_result(Json::parse(read_file(path))));
    } catch (const std::exception& error) {
      throw StartError(path + ": " + error.what());
    }
  }
  auto [merged, result] = merge(std::move(results));
  merged.json = options.json;
  merged.html = options.html;
  merged.hdr = options.hdr;
  merged.csv = options.csv;
  merged.prometheus = options.prometheus;
  merged.quiet = options.quiet;
  merged.latency_unit = options.latency_unit;
  return report(merged, result, fmt::format("{} results", options.urls.size()));
}

int act(const Command& command) {
  const Options& options = command.options;
  switch (options.action) {
    case Action::kHelp:
      if (!say(help_text(options.webbench))) return kNotMet;
      return options.webbench ? kUsage : kMet;  // As webbench does.
    case Action::kVersion:
      return say(options.webbench ? "1.5\n" : "castor " POLLUX_VERSION "\n") ? kMet : kNotMet;
    case Action::kCompare: return compare_files(options);
    case Action::kMerge: return merge_files(options);
    case Action::kRun: break;
  }
  return command.other ? load_in_turns(options, *command.other) : load(options);
}

}  // namespace

int main(int argc, char** argv) {
  (void)std::signal(SIGPIPE, SIG_IGN);
  try {
    return act(parse_command({argv, argv + argc}));
  } catch (const UsageError& error) {
    complain(error.what());
    fmt::print(stderr, "Try 'castor --help'.\n");
    return kUsage;
  } catch (const std::exception& error) {
    complain(error.what());
    return kNotMet;
  }
}
