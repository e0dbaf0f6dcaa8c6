#include "castor/options.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <getopt.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <iterator>
#include <sstream>

#include "castor/help.h"
#include "client/request_head.h"
#include "http/chars.h"
#include "http/field_line.h"
#include "http/lists.h"

namespace pollux::castor {

namespace {

enum Long : int {
  kGet = 256,
  kHead,
  kOptions,
  kTrace,
  kMethod,
  kHeader,
  kBody,
  kPipeline,
  kHttp2,
  kRate,
  kInsecure,
  kCacert,
  kResume,
  kWarmup,
  kRamp,
  kTimeout,
  kSources,
  kIdle,
  kExpectStatus,
  kExpectLength,
  kMaxP99,
  kMaxErrors,
  kJson,
  kHtml,
  kQuiet,
  kCompare,
  kWebbench,
  kForeign
};

constexpr const char* kTime = "a time: 2, 500ms, 1m";
constexpr const char* kShort = "912fVrkh?t:p:c:n:j:m:";

const std::vector<option>& long_options() {
  static const std::vector<option> table = {
      {"clients", required_argument, nullptr, 'c'},
      {"time", required_argument, nullptr, 't'},
      {"requests", required_argument, nullptr, 'n'},
      {"threads", required_argument, nullptr, 'j'},
      {"keep-alive", no_argument, nullptr, 'k'},
      {"force", no_argument, nullptr, 'f'},
      {"reload", no_argument, nullptr, 'r'},
      {"proxy", required_argument, nullptr, 'p'},
      {"http09", no_argument, nullptr, '9'},
      {"http10", no_argument, nullptr, '1'},
      {"http11", no_argument, nullptr, '2'},
      {"http2", no_argument, nullptr, kHttp2},
      {"streams", required_argument, nullptr, 'm'},
      {"help", no_argument, nullptr, 'h'},
      {"version", no_argument, nullptr, 'V'},
      {"get", no_argument, nullptr, kGet},
      {"head", no_argument, nullptr, kHead},
      {"options", no_argument, nullptr, kOptions},
      {"trace", no_argument, nullptr, kTrace},
      {"method", required_argument, nullptr, kMethod},
      {"header", required_argument, nullptr, kHeader},
      {"body", required_argument, nullptr, kBody},
      {"pipeline", required_argument, nullptr, kPipeline},
      {"rate", required_argument, nullptr, kRate},
      {"insecure", no_argument, nullptr, kInsecure},
      {"cacert", required_argument, nullptr, kCacert},
      {"resume", no_argument, nullptr, kResume},
      {"warmup", required_argument, nullptr, kWarmup},
      {"ramp", required_argument, nullptr, kRamp},
      {"timeout", required_argument, nullptr, kTimeout},
      {"source-addresses", required_argument, nullptr, kSources},
      {"idle", required_argument, nullptr, kIdle},
      {"expect-status", required_argument, nullptr, kExpectStatus},
      {"expect-length", required_argument, nullptr, kExpectLength},
      {"max-p99", required_argument, nullptr, kMaxP99},
      {"max-errors", required_argument, nullptr, kMaxErrors},
      {"json", required_argument, nullptr, kJson},
      {"html", required_argument, nullptr, kHtml},
      {"quiet", no_argument, nullptr, kQuiet},
      {"compare", no_argument, nullptr, kCompare},
      {"webbench", no_argument, nullptr, kWebbench},
      {"yes-this-is-my-server", no_argument, nullptr, kForeign},
      {nullptr, 0, nullptr, 0},
  };
  return table;
}

[[noreturn]] void refuse(const std::string& what, std::string_view value, const char* wanted) {
  throw UsageError(fmt::format("{}: \"{}\" is not {}", what, value, wanted));
}

template <class Number>
Number number(const std::string& what, std::string_view text, Number least, Number max) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= least && value <= max)) {
    throw UsageError(fmt::format("{}: \"{}\" is not a number from {} to {}", what, text, least, max));
  }
  return value;
}

// "2", "0.5", "2s", "500ms", "1m", "1h"
Seconds duration(const std::string& what, std::string_view text) {
  double count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit(end, text.data() + text.size());
  if (error != std::errc() || !(count >= 0 && count <= 1e6)) refuse(what, text, kTime);
  if (unit.empty() || unit == "s") return Seconds(count);
  if (unit == "ms") return Seconds(count / 1000);
  if (unit == "m") return Seconds(count * 60);
  if (unit == "h") return Seconds(count * 3600);
  refuse(what, text, kTime);
}

// Milliseconds, when no unit is given.
double parse_milliseconds(const std::string& what, std::string_view text) {
  if (text.find_first_not_of("0123456789.") == std::string_view::npos)
    return number<double>(what, text, 0, 1e9);
  return duration(what, text).count() * 1000;
}

client::HeaderField header(std::string_view text) {
  const auto field = http::parse_field_line(text);
  if (!field) refuse("--header", text, "\"Name: value\"");
  return {std::string(field->name), std::string(field->value)};
}

std::string body(const std::string& text) {
  if (!text.starts_with('@')) return text;
  std::ifstream file(text.substr(1), std::ios::binary);
  if (!file) throw UsageError("--body: cannot read " + text.substr(1));
  return {std::istreambuf_iterator<char>(file), {}};
}

// "127.0.0.1-127.0.0.20", or one address.
std::vector<std::string> addresses(const std::string& text) {
  const std::size_t dash = text.find('-');
  const std::string first_text = text.substr(0, dash);
  const std::string last_text = dash == std::string::npos ? first_text : text.substr(dash + 1);
  in_addr first{};
  in_addr last{};
  if (::inet_pton(AF_INET, first_text.c_str(), &first) != 1 ||
      ::inet_pton(AF_INET, last_text.c_str(), &last) != 1) {
    refuse("--source-addresses", text, "one IPv4 address or two with a dash");
  }
  const std::uint32_t from = ntohl(first.s_addr);
  const std::uint32_t to = ntohl(last.s_addr);
  if (to < from || to - from >= 1024) refuse("--source-addresses", text, "a range of up to 1024 addresses");
  std::vector<std::string> all;
  for (std::uint32_t i = 0; i <= to - from; ++i) {  // `to` may be the last address there is.
    const std::uint32_t address = from + i;
    all.push_back(fmt::format("{}.{}.{}.{}", address >> 24U, address >> 16U & 255U, address >> 8U & 255U,
                              address & 255U));
  }
  return all;
}

double rate(std::string_view text) {
  if (text.ends_with("/s")) text.remove_suffix(2);
  return number<double>("--rate", text, 0.001, 1e8);
}

void set_method(Options& options, const char* method) {
  if (!http::is_token(method)) refuse("--method", method, "a method");
  options.method = method;
}

bool apply_output(Options& options, int choice, const std::string& value) {
  switch (choice) {
    case kExpectStatus: options.expect_status = number<int>("--expect-status", value, 100, 999); break;
    case kExpectLength:
      options.expect_length = number<std::uint64_t>("--expect-length", value, 0, UINT64_MAX);
      break;
    case kMaxP99: options.max_p99 = parse_milliseconds("--max-p99", value); break;
    case kMaxErrors: options.max_errors = number<std::uint64_t>("--max-errors", value, 0, UINT64_MAX); break;
    case kJson: options.json = value; break;
    case kHtml: options.html = value; break;
    case kQuiet: options.quiet = true; break;
    case kCompare: options.action = Action::kCompare; break;
    case kWebbench: break;  // Seen before all others.
    case kForeign: options.foreign = true; break;
    case 'h': options.action = Action::kHelp; break;
    case 'V': options.action = Action::kVersion; break;
    default: return false;
  }
  return true;
}

bool apply_request(Options& options, int choice, const std::string& value) {
  switch (choice) {
    case '9': options.version = HttpVersion::k09; break;
    case '1': options.version = HttpVersion::k10; break;
    case '2': options.version = HttpVersion::k11; break;
    case kHttp2: options.version = HttpVersion::k2; break;
    case 'f': options.force = true; break;
    case 'r': options.reload = true; break;
    case 'p': options.proxy = value; break;
    case kGet: set_method(options, "GET"); break;
    case kHead: set_method(options, "HEAD"); break;
    case kOptions: set_method(options, "OPTIONS"); break;
    case kTrace: set_method(options, "TRACE"); break;
    case kMethod: set_method(options, value.c_str()); break;
    case kHeader: options.fields.push_back(header(value)); break;
    case kBody: options.body = body(value); break;
    case kInsecure: options.insecure = true; break;
    case kCacert: options.ca_file = value; break;
    case kResume: options.resume = true; break;
    default: return false;
  }
  return true;
}

void apply_load(Options& options, int choice, const std::string& value) {
  switch (choice) {
    case 'c': options.clients = number<std::size_t>("-c", value, options.webbench ? 0 : 1, 1'000'000); break;
    case 't': options.time = duration("-t", value); break;
    case 'n': options.requests = number<std::uint64_t>("-n", value, 1, 1ULL << 50U); break;
    case 'j': options.threads = number<std::size_t>("-j", value, 1, 256); break;
    case 'k': options.keep_alive = true; break;
    case 'm': options.streams = number<std::size_t>("-m", value, 1, 1000); break;
    case kPipeline: options.pipeline = number<std::size_t>("--pipeline", value, 1, 1024); break;
    case kRate: options.rate = rate(value); break;
    case kIdle: options.idle = number<std::size_t>("--idle", value, 1, 1'000'000); break;
    case kWarmup: options.warmup = duration("--warmup", value); break;
    case kRamp: options.ramp = duration("--ramp", value); break;
    case kTimeout: options.timeout = duration("--timeout", value); break;
    case kSources: options.source_addresses = addresses(value); break;
    default: break;
  }
}

// What HTTP/2 has not, or does not need.
void settle_http2(Options& options) {
  if (options.webbench) throw UsageError("--http2: webbench knows HTTP/1 alone");
  if (options.force) throw UsageError("--http2: -f ends connections, and HTTP/2 keeps them");
  if (options.pipeline > 1) throw UsageError("--http2: --pipeline is of HTTP/1; -m has streams");
  if (!options.proxy.empty()) throw UsageError("--http2: not through a proxy");
  if (options.method == "CONNECT") throw UsageError("--http2: no CONNECT");
  for (const client::HeaderField& field : options.fields) {
    if (client::is_of_connection(field)) throw UsageError("--http2 has no field " + field.name);
  }
  options.keep_alive = true;
}

// What follows from the options together.
void settle(Options& options, bool clients_given, bool method_given) {
  if (!method_given && !options.body.empty()) options.method = "POST";
  if (options.webbench) {  // Its zeros.
    if (options.clients == 0) options.clients = 1;
    if (options.time && options.time->count() == 0) options.time = Seconds(60);
  }
  if (options.time && options.time->count() <= 0) throw UsageError("-t: no time at all");
  if (options.timeout.count() <= 0) throw UsageError("--timeout: no time at all");
  if (!options.time && !options.requests) options.time = Seconds(options.webbench ? 30 : 10);
  if (options.pipeline > 1) options.keep_alive = true;
  if (options.idle > 0 && !clients_given) options.clients = 0;
  // webbench's own rules: what each version of the protocol can say at all.
  if (!options.proxy.empty() || options.method == "HEAD")
    options.version = std::max(options.version, HttpVersion::k10);
  if (options.method == "OPTIONS" || options.method == "TRACE")
    options.version = std::max(options.version, HttpVersion::k11);
  if (options.version == HttpVersion::k09 &&
      (options.keep_alive || options.method != "GET" || !options.body.empty())) {
    throw UsageError("HTTP/0.9 has GET alone, and no keep-alive");
  }
  if (options.version == HttpVersion::k2) {
    settle_http2(options);
  } else if (options.streams > 1) {
    throw UsageError("-m: HTTP/1 has no streams; --http2 has");
  }
  if (options.force || client::asks_to_close(options.fields)) options.keep_alive = false;
  if (options.clients == 0 && !options.time) options.time = Seconds(10);
}

}  // namespace

Options parse_options(std::vector<std::string> arguments) {
  Options options;
  const std::string name = arguments.empty() ? "" : arguments[0].substr(arguments[0].rfind('/') + 1);
  options.webbench =
      name == "webbench" || std::find(arguments.begin(), arguments.end(), "--webbench") != arguments.end();
  if (options.webbench) options.version = HttpVersion::k10;

  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  optind = 0;
  opterr = 0;
  bool clients_given = false;
  bool method_given = false;
  const auto count = static_cast<int>(arguments.size());
  for (;;) {
    const int at = std::max(optind, 1);
    const int choice = ::getopt_long(count, argv.data(), kShort, long_options().data(), nullptr);
    if (choice < 0) break;
    if (choice == '?' && optopt != '?') {
      throw UsageError(fmt::format("bad option, or a value is missing: {}",
                                   argv[static_cast<std::size_t>(std::min(at, count - 1))]));
    }
    const std::string value = optarg == nullptr ? "" : optarg;
    clients_given = clients_given || choice == 'c';
    method_given = method_given || (choice >= kGet && choice <= kMethod);
    if (choice == '?') {
      options.action = Action::kHelp;
    } else if (!apply_output(options, choice, value) && !apply_request(options, choice, value)) {
      apply_load(options, choice, value);
    }
  }
  options.urls.assign(argv.begin() + optind, argv.begin() + count);
  if (options.action == Action::kHelp || options.action == Action::kVersion) return options;
  if (options.urls.empty()) throw UsageError(options.action == Action::kCompare ? "no files" : "no URL");
  if (options.action == Action::kCompare && options.urls.size() < 2 && options.html.empty())
    throw UsageError("--compare wants two files, or --html FILE");
  settle(options, clients_given, method_given);
  return options;
}

std::string help_text(bool webbench) { return webbench ? kWebbenchHelp : kHelp; }

}  // namespace pollux::castor
