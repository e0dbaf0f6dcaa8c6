#include "castor/options/options.h"

#include <fmt/format.h>
#include <getopt.h>
#include <sys/un.h>

#include <algorithm>

#include "castor/options/help.h"
#include "castor/options/option_values.h"
#include "castor/options/url_list.h"
#include "client/request_head.h"
#include "http/chars.h"

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
  kForeign,
  kUrls,
  kRandom,
  kSeed,
  kConnectTo,
  kUnix,
  kAuth,
  kCookie,
  kLatencyUnit,
  kHdr,
  kCsv,
  kPrometheus,
  kMerge,
  kSteps,
  kFindRate,
  kUntilStable,
  kRounds
};

constexpr const char* kShort = "91246fVrkh?t:p:c:n:j:m:";

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
      {"urls", required_argument, nullptr, kUrls},
      {"random", no_argument, nullptr, kRandom},
      {"seed", required_argument, nullptr, kSeed},
      {"connect-to", required_argument, nullptr, kConnectTo},
      {"unix", required_argument, nullptr, kUnix},
      {"ipv4", no_argument, nullptr, '4'},
      {"ipv6", no_argument, nullptr, '6'},
      {"auth", required_argument, nullptr, kAuth},
      {"cookie", required_argument, nullptr, kCookie},
      {"latency-unit", required_argument, nullptr, kLatencyUnit},
      {"hdr", required_argument, nullptr, kHdr},
      {"csv", required_argument, nullptr, kCsv},
      {"prometheus", required_argument, nullptr, kPrometheus},
      {"merge", no_argument, nullptr, kMerge},
      {"steps", required_argument, nullptr, kSteps},
      {"find-rate", no_argument, nullptr, kFindRate},
      {"until-stable", no_argument, nullptr, kUntilStable},
      {"rounds", required_argument, nullptr, kRounds},
      {nullptr, 0, nullptr, 0},
  };
  return table;
}

void set_method(Options& options, const char* method) {
  if (!http::is_token(method)) refuse("--method", method, "a method");
  options.method = method;
}

LatencyUnit latency_unit(const std::string& text) {
  if (text == "auto") return LatencyUnit::kAuto;
  if (text == "us") return LatencyUnit::kMicroseconds;
  if (text == "ms") return LatencyUnit::kMilliseconds;
  if (text == "s") return LatencyUnit::kSeconds;
  refuse("--latency-unit", text, "one of us, ms, s, auto");
}

// All cookies go into one field (RFC 6265 5.4).
void add_cookie(Options& options, const std::string& cookie) {
  if (!is_field_value(cookie) || cookie.find('=') == std::string::npos)
    refuse("--cookie", cookie, "NAME=VALUE");
  const auto found = std::find_if(options.fields.begin(), options.fields.end(),
                                  [](const client::HeaderField& field) { return field.name == "Cookie"; });
  if (found == options.fields.end()) {
    options.fields.push_back({"Cookie", cookie});
  } else {
    found->value += "; " + cookie;
  }
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
    case kHdr: options.hdr = value; break;
    case kCsv: options.csv = value; break;
    case kPrometheus: options.prometheus = value; break;
    case kLatencyUnit: options.latency_unit = latency_unit(value); break;
    case kCompare: options.action = Action::kCompare; break;
    case kMerge: options.action = Action::kMerge; break;
    case kWebbench: break;  // Handled before all others.
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
    case kAuth: options.fields.push_back(basic_authorization(value)); break;
    case kCookie: add_cookie(options, value); break;
    case kUrls: options.url_file = value; break;
    case kRandom: options.random = true; break;
    case kSeed:
      options.seed = number<std::uint64_t>("--seed", value, 0, UINT64_MAX);
      options.random = true;
      break;
    case kConnectTo: options.connect_to.push_back(host_mapping(value)); break;
    case kUnix: options.unix_path = value; break;
    case '4': options.family = AF_INET; break;
    case '6': options.family = AF_INET6; break;
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
    case kRate: {
      const RateRange range = rates(value);
      options.rate = range.from;
      options.rate_to = range.to;
      break;
    }
    case kSteps: options.steps = number<std::size_t>("--steps", value, 2, 1000); break;
    case kFindRate: options.find_rate = true; break;
    case kUntilStable: options.until_stable = true; break;
    case kRounds: options.rounds = number<std::size_t>("--rounds", value, 2, 1000); break;
    case kIdle: options.idle = number<std::size_t>("--idle", value, 1, 1'000'000); break;
    case kWarmup: options.warmup = duration("--warmup", value); break;
    case kRamp: options.ramp = duration("--ramp", value); break;
    case kTimeout: options.timeout = duration("--timeout", value); break;
    case kSources: options.source_addresses = addresses(value); break;
    default: break;
  }
}

// Options that HTTP/2 lacks or does not need.
void settle_http2(Options& options) {
  if (options.webbench) throw UsageError("--http2: webbench knows HTTP/1 alone");
  if (options.force) throw UsageError("--http2: -f ends connections, and HTTP/2 keeps them");
  if (options.pipeline > 1) throw UsageError("--http2: --pipeline is of HTTP/1; -m has streams");
  if (!options.proxy.empty()) throw UsageError("--http2: not through a proxy");
  const bool connects = std::any_of(options.asks.begin(), options.asks.end(),
                                    [](const Ask& ask) { return ask.method == "CONNECT"; });
  if (options.method == "CONNECT" || connects) throw UsageError("--http2: no CONNECT");
  for (const client::HeaderField& field : options.fields) {
    if (client::is_of_connection(field)) throw UsageError("--http2 has no field " + field.name);
  }
  options.keep_alive = true;
}

// Checks --rate and related options together.
void settle_rate(Options& options, bool clients_given) {
  if (options.steps > 0 && !options.rate_to) throw UsageError("--steps: --rate FROM..TO says between what");
  if (options.find_rate) {
    if (!options.max_p99) throw UsageError("--find-rate wants --max-p99: what is good enough");
    if (options.requests) throw UsageError("--find-rate: -t is the time for each rate, and there is no -n");
    if (options.steps > 0 || options.until_stable) throw UsageError("--find-rate has steps of its own");
    if (options.clients == 0 || options.force) throw UsageError("--find-rate waits for answers");
    if (options.rate && options.rate_to && *options.rate_to <= *options.rate)
      throw UsageError("--find-rate: the rate goes up");
    if (!options.time) options.time = Seconds(3);
    if (!clients_given) options.clients = 64;
  } else if (options.rate_to && !options.time) {
    if (options.requests) throw UsageError("--rate FROM..TO: -t says within what time");
  }
  if (options.until_stable && !options.time && !options.requests) options.time = Seconds(60);
}

// Only one way to the server is allowed.
void settle_way(const Options& options) {
  if (!options.unix_path.empty()) {
    if (!options.proxy.empty() || !options.source_addresses.empty() || !options.connect_to.empty() ||
        options.family != AF_UNSPEC) {
      throw UsageError("--unix: no proxy, no other addresses");
    }
    if (options.unix_path.size() >= sizeof(sockaddr_un::sun_path))
      throw UsageError("--unix: the path is too long");
  }
  if (options.family == AF_INET6 && !options.source_addresses.empty())
    throw UsageError("-6: --source-addresses are IPv4");
}

// Checks combinations of options.
void settle(Options& options, bool clients_given) {
  if (options.webbench) {  // Its zeros.
    if (options.clients == 0) options.clients = 1;
    if (options.time && options.time->count() == 0) options.time = Seconds(60);
  }
  if (options.time && options.time->count() <= 0) throw UsageError("-t: no time at all");
  if (options.timeout.count() <= 0) throw UsageError("--timeout: no time at all");
  settle_rate(options, clients_given);
  settle_way(options);
  if (!options.time && !options.requests) options.time = Seconds(options.webbench ? 30 : 10);
  if (options.pipeline > 1) options.keep_alive = true;
  if (options.idle > 0 && !clients_given) options.clients = 0;
  // webbench's own rules: what each version of the protocol can express.
  if (!options.proxy.empty() || options.method == "HEAD")
    options.version = std::max(options.version, HttpVersion::k10);
  if (options.method == "OPTIONS" || options.method == "TRACE")
    options.version = std::max(options.version, HttpVersion::k11);
  const bool gets = std::all_of(options.asks.begin(), options.asks.end(),
                                [](const Ask& ask) { return ask.method == "GET" && ask.body.empty(); });
  if (options.version == HttpVersion::k09 &&
      (options.keep_alive || options.method != "GET" || !options.body.empty() || !gets)) {
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

namespace {

struct Scanned {
  Options options;
  bool clients_given = false;
  bool method_given = false;
  std::vector<std::string> words;  // The program's name, and the options.
};

Scanned scan(std::vector<std::string> arguments) {
  Scanned scanned;
  Options& options = scanned.options;
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
    scanned.clients_given = scanned.clients_given || choice == 'c';
    scanned.method_given = scanned.method_given || (choice >= kGet && choice <= kMethod);
    if (choice == '?') {
      options.action = Action::kHelp;
    } else if (!apply_output(options, choice, value) && !apply_request(options, choice, value)) {
      apply_load(options, choice, value);
    }
  }
  // getopt_long() has moved all non-options to the end.
  scanned.words.assign(argv.begin(), argv.begin() + optind);
  options.urls.assign(argv.begin() + optind, argv.begin() + count);
  return scanned;
}

Options finish(const Scanned& scanned) {
  Options options = scanned.options;
  if (options.action == Action::kHelp || options.action == Action::kVersion) return options;
  const bool reads_files = options.action == Action::kCompare || options.action == Action::kMerge;
  if (!scanned.method_given && !options.body.empty()) options.method = "POST";
  if (!options.url_file.empty() && !reads_files) read_url_list(options);
  if (options.urls.empty()) throw UsageError(reads_files ? "no files" : "no URL");
  if (options.action == Action::kCompare && options.urls.size() < 2 && options.html.empty())
    throw UsageError("--compare wants two files, or --html FILE");
  settle(options, scanned.clients_given);
  return options;
}

// Two targets get the same kind of load, are reported together, and take turns. B has A's options, so
// different ones come after the dashes.
void check_pair(const Options& a, const Options& b) {
  for (const Options* one : {&a, &b}) {
    if (one->action != Action::kRun) throw UsageError("A -- B are two targets");
    if (one->find_rate || one->until_stable || one->webbench)
      throw UsageError("A -- B: neither --find-rate nor --until-stable nor --webbench");
    if (one->clients == 0) throw UsageError("A -- B: requests are compared, and --idle has none");
    for (const std::string* path : {&one->hdr, &one->csv, &one->prometheus}) {
      if (!path->empty()) throw UsageError("A -- B: --json and --html hold both");
    }
  }
  if (a.rounds != b.rounds || a.json != b.json || a.html != b.html || a.quiet != b.quiet)
    throw UsageError("A -- B: --rounds, --json, --html and --quiet are of both, and stand before A");
}

}  // namespace

Options parse_options(std::vector<std::string> arguments) { return finish(scan(std::move(arguments))); }

Command parse_command(std::vector<std::string> arguments) {
  const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
  Scanned first = scan({arguments.begin(), dashes});
  // After options alone, "--" only ends them.
  if (dashes == arguments.end() || first.options.urls.empty())
    return {parse_options(std::move(arguments)), std::nullopt};
  std::vector<std::string> others = first.words;
  others.insert(others.end(), dashes + 1, arguments.end());
  Command command{finish(first), parse_options(std::move(others))};
  check_pair(command.options, *command.other);
  return command;
}

std::string help_text(bool webbench) { return webbench ? kWebbenchHelp : kHelp; }

}  // namespace pollux::castor
