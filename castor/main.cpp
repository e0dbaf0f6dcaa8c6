// The castor program.
#include <fmt/core.h>

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

#include "castor/comparison.h"
#include "castor/options.h"
#include "castor/page.h"
#include "castor/result.h"
#include "castor/run.h"
#include "castor/target.h"
#include "log/escape.h"

namespace {

using namespace pollux::castor;

constexpr int kMet = 0;
constexpr int kNotMet = 1;
constexpr int kUsage = 2;

void complain(std::string_view what) { fmt::print(stderr, "castor: {}\n", pollux::log::printable(what)); }

bool write_all(std::FILE* file, std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), file) == text.size() && std::fflush(file) == 0;
}

// false: standard output takes no more, which has been said.
[[nodiscard]] bool say(std::string_view text) {
  if (write_all(stdout, text)) return true;
  complain(fmt::format("cannot write to standard output: {}", std::strerror(errno)));
  return false;
}

// "-" is standard output, "" no file at all. false: it could not be written, which has been said.
[[nodiscard]] bool save(const std::string& path, std::string_view text) {
  if (path.empty()) return true;
  if (path == "-") return say(text);
  std::FILE* file = std::fopen(path.c_str(), "wb");
  const bool written = file != nullptr && write_all(file, text);
  const int error = errno;
  const bool closed = file != nullptr && std::fclose(file) == 0;
  if (written && closed) return true;
  complain(fmt::format("cannot write {}: {}", path, std::strerror(written ? errno : error)));
  return false;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw StartError("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Standard output may be taken by a file; then people are told on standard error.
[[nodiscard]] bool tell(const Options& options, std::string_view text) {
  if (options.json != "-" && options.html != "-") return say(text);
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

[[nodiscard]] bool save_page(const Options& options, const std::string& json) {
  return options.html.empty() || save(options.html, to_html({{name_of(options), Json::parse(json)}}));
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
  bool written = !options.webbench || begin_as_webbench(options);
  const Result result = run(options, targets);
  const std::string json = to_json(options, result);
  written = save(options.json, json) && written;  // Each of them, whatever became of the others.
  written = save_page(options, json) && written;
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

int act(const Options& options) {
  switch (options.action) {
    case Action::kHelp:
      if (!say(help_text(options.webbench))) return kNotMet;
      return options.webbench ? kUsage : kMet;  // As webbench does.
    case Action::kVersion:
      return say(options.webbench ? "1.5\n" : "castor " POLLUX_VERSION "\n") ? kMet : kNotMet;
    case Action::kCompare: return compare_files(options);
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
    complain(error.what());
    fmt::print(stderr, "Try 'castor --help'.\n");
    return kUsage;
  } catch (const std::exception& error) {
    complain(error.what());
    return kNotMet;
  }
}
