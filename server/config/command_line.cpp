#include "server/config/command_line.h"

#include <fmt/core.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include "server/config/config_builder.h"
#include "server/config/config_check.h"
#include "server/config/config_value.h"
#include "server/config/suggest.h"
#include "server/process/sandbox.h"

namespace pollux::server {

namespace {

constexpr const char* kDefaultFile = "config.ini";

constexpr std::string_view kHelp =
    R"(Usage: pollux [OPTION]...

Serves a directory of static files over HTTP and HTTPS.

  -p PORT        port to listen on, at the first configured address; 0: any free one
  -m 0..3        triggers of listener and connections:
                 0 LT+LT, 1 LT+ET, 2 ET+LT, 3 ET+ET
  -a 0..3        model: 0 proactor, 1 reactor, 2 multi-reactor, 3 io-uring
  -t N           worker threads (multi-reactor, io-uring: loops); 0: as many
                 as cores
  -s N           SQL connections, at most
  -l 0|1         log: 0 synchronous, 1 asynchronous
  -c 0|1         1: no log at all
  -o 0|1         1: linger, let the client close first

  --config FILE  the configuration; without it, ./config.ini if it is there
  --set SECTION.KEY=VALUE
                 one setting; may be given many times
  --check        test the configuration, do not serve
  --add-user NAME
                 register somebody; asks for the password, or reads a line of standard input
  --remove-user NAME
                 remove somebody, with all their sessions
  --trace        print the way of each request through the server, at most 20 a second
  --version      print the version
  -h, --help     print this

What comes later wins: built-in defaults, the configuration file, --set, the short
options. Relative paths in the file begin at its directory, all others at the current one.

Signals: SIGTERM and SIGINT finish the requests in flight and end, a second one ends at once.
SIGUSR1 reopens the logs, SIGHUP reads the configuration again, SIGUSR2 has the program on disk
take over.

Exit codes: 0 all went well, 1 the configuration or the start failed, 2 bad usage.
)";

class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct NameAndValue {
  std::string_view section;
  std::string_view name;
  std::string_view value;
};

// A short option that is only an index into settings. An empty section sets nothing.
struct Choice {
  std::string_view option;
  std::vector<std::array<NameAndValue, 2>> meanings;
};

const std::vector<Choice>& choices() {
  static const std::vector<Choice> table = {
      {"-m",
       {{{{"server", "listen_trigger", "lt"}, {"server", "conn_trigger", "lt"}}},
        {{{"server", "listen_trigger", "lt"}, {"server", "conn_trigger", "et"}}},
        {{{"server", "listen_trigger", "et"}, {"server", "conn_trigger", "lt"}}},
        {{{"server", "listen_trigger", "et"}, {"server", "conn_trigger", "et"}}}}},
      {"-a",
       {{{{"server", "model", "proactor"}}},
        {{{"server", "model", "reactor"}}},
        {{{"server", "model", "multi-reactor"}}},
        {{{"server", "model", "io-uring"}}}}},
      {"-l", {{{{"log", "mode", "sync"}}}, {{{"log", "mode", "async"}}}}},
      {"-c", {{}, {{{"log", "level", "off"}, {"log", "access", "off"}}}}},
      {"-o", {{{{"server", "linger", "off"}}}, {{{"server", "linger", "on"}}}}},
  };
  return table;
}

// The words that CLI11 found, before they have a meaning.
class Arguments {
 public:
  explicit Arguments(std::vector<std::string> arguments) {
    app_.set_help_flag();  // --help is one of ours, so that its text goes to our stream.
    for (const char* option : {"-p", "-m", "-a", "-t", "-s", "-l", "-c", "-o", "--config", "--set",
                               "--add-user", "--remove-user"}) {
      // TakeAll, and last() below: otherwise CLI11 refuses a second -p. Each option has one value; otherwise
      // --set would swallow all words that follow.
      app_.add_option(option)->type_name("value")->allow_extra_args(false)->multi_option_policy(
          CLI::MultiOptionPolicy::TakeAll);
    }
    for (const char* flag : {"--check", "--trace", "--version", "--help,-h"})
      app_.add_flag(flag)->disable_flag_override();
    app_.allow_extras();  // Refused below, with a suggestion.
    std::reverse(arguments.begin(), arguments.end());
    try {
      app_.parse(std::move(arguments));
    } catch (const CLI::ParseError& error) {
      throw UsageError(error.what());
    }
    const std::vector<std::string> extras = app_.remaining();
    if (!extras.empty()) throw UsageError(describe_extra(extras.front()));
  }

  [[nodiscard]] bool has(const char* option) const { return app_.count(option) > 0; }

  // If an option was given more than once, the last one counts.
  [[nodiscard]] std::optional<std::string> last(std::string_view option) const {
    const std::vector<std::string>& values = all(option);
    if (values.empty()) return std::nullopt;
    return values.back();
  }

  [[nodiscard]] std::optional<std::uint64_t> number(std::string_view option, std::uint64_t max) const {
    const std::optional<std::string> text = last(option);
    if (!text) return std::nullopt;
    try {
      return parse_number(*text, 0, max);
    } catch (const BadValue& error) {
      throw UsageError(fmt::format("{}: {}", option, error.what()));
    }
  }

  [[nodiscard]] const std::vector<std::string>& all(std::string_view option) const {
    return app_.get_option(std::string(option))->results();
  }

 private:
  static std::string describe_extra(const std::string& word) {
    if (!word.starts_with('-')) return fmt::format("{} is not an option", in_quotes(word));
    constexpr std::array<std::string_view, 8> kLong = {"--config",  "--set",  "--check",       "--add-user",
                                                       "--version", "--help", "--remove-user", "--trace"};
    const std::string name = word.substr(0, word.find('='));
    return fmt::format("unknown option {}{}", in_quotes(name), did_you_mean(nearest(name, kLong)));
  }

  CLI::App app_;
};

NameAndValue split_set(std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::size_t dot = text.substr(0, equals).find('.');
  if (equals == std::string_view::npos || dot == std::string_view::npos) {
    throw UsageError(fmt::format("--set: {} is not SECTION.KEY=VALUE", in_quotes(text)));
  }
  return {text.substr(0, dot), text.substr(dot + 1, equals - dot - 1), text.substr(equals + 1)};
}

void apply_choice(const Arguments& arguments, const Choice& choice, ConfigBuilder& builder) {
  const auto index = arguments.number(choice.option, choice.meanings.size() - 1);
  if (!index) return;
  for (const NameAndValue& setting : choice.meanings[*index]) {
    if (setting.section.empty()) continue;
    builder.set(setting.section, setting.name, setting.value, std::string(choice.option));
  }
}

void apply_short_options(const Arguments& arguments, ConfigBuilder& builder) {
  for (const Choice& choice : choices()) apply_choice(arguments, choice, builder);
  if (arguments.has("--trace")) builder.set("status", "trace", "on", "--trace");
  if (const auto port = arguments.number("-p", 65535)) {
    builder.set_port(static_cast<std::uint16_t>(*port), "-p");
  }
  if (const auto connections = arguments.number("-s", 1024)) {
    builder.set("accounts", "connections", std::to_string(*connections), "-s");
  }
  if (const auto threads = arguments.number("-t", 1024)) {
    builder.set("server", "workers", std::to_string(*threads), "-t");
    if (serves_in_loops(builder.config().server.model)) {
      builder.set("server", "loops", std::to_string(*threads), "-t");
    }
  }
}

// The file to read; empty: none. Only a missing default file counts as none: one that cannot be read is an
// error.
std::string file_of(const Arguments& arguments) {
  if (const std::optional<std::string> path = arguments.last("--config")) return *path;
  const bool none = ::access(kDefaultFile, F_OK) != 0 && errno == ENOENT;
  return none ? std::string() : kDefaultFile;
}

// The settings of all sources together.
LoadedConfig load(const Arguments& arguments, const std::string& file) {
  ConfigBuilder builder;
  if (!file.empty()) builder.read_file(file);
  for (const std::string& text : arguments.all("--set")) {
    const auto [section, name, value] = split_set(text);
    builder.set(section, name, value, fmt::format("--set {}", text.substr(0, text.find('='))));
  }
  apply_short_options(arguments, builder);
  return builder.take();
}

// std::nullopt: the server is to serve.
std::optional<UserCommand> user_command(const Arguments& arguments) {
  const std::optional<std::string> add = arguments.last("--add-user");
  const std::optional<std::string> remove = arguments.last("--remove-user");
  if (add && remove) throw UsageError("--add-user and --remove-user exclude each other");
  if (add) return UserCommand{UserCommand::Action::kAdd, *add, {}};
  if (remove) return UserCommand{UserCommand::Action::kRemove, *remove, {}};
  return std::nullopt;
}

StartUp configure(const Arguments& arguments, std::ostream& out, std::ostream& err) {
  std::optional<UserCommand> command = user_command(arguments);
  LoadedConfig loaded = load(arguments, file_of(arguments));
  const bool check = arguments.has("--check");
  for (const ConfigError& warning : loaded.warnings) err << "pollux: [warn] " << warning.text() << '\n';
  bool failed = !loaded.errors.empty();
  for (const ConfigError& error : loaded.errors) err << "pollux: [emerg] " << error.text() << '\n';
  if (command && !loaded.config.accounts.enabled && !loaded.origins.contains("accounts.database")) {
    err << "pollux: [emerg] which accounts? accounts.enabled is off (see --config), and accounts.database is "
           "not "
           "set\n";
    failed = true;
  }
  // For account commands, the site need not exist.
  for (const auto& [severity, error] :
       command ? std::vector<Finding>() : check_config(loaded, check ? For::kCheck : For::kStart)) {
    const bool fatal =
        severity == Finding::Severity::kError || (check && severity == Finding::Severity::kFault);
    err << (fatal ? "pollux: [emerg] " : "pollux: [warn] ") << error.text() << '\n';
    failed = failed || fatal;
  }
  if (failed) return Exit{Exit::kFailure};

  if (check) {
    const std::string name = loaded.file.empty() ? "of the built-in defaults" : loaded.file;
    out << "pollux: configuration " << name << " is fine\n"
        << "pollux: sandbox: " << Sandbox::forecast(loaded.config.server) << '\n';
    return Exit{Exit::kSuccess};
  }
  if (command) {
    command->config = std::move(loaded.config);
    return std::move(*command);
  }
  return Run{std::move(loaded.config), std::move(loaded.file)};
}

}  // namespace

StartUp start_up(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) {
  try {
    const Arguments parsed(arguments);
    if (parsed.has("--help")) {
      out << kHelp;
      return Exit{Exit::kSuccess};
    }
    if (parsed.has("--version")) {
      out << "pollux " POLLUX_VERSION "\n";
      return Exit{Exit::kSuccess};
    }
    return configure(parsed, out, err);
  } catch (const UsageError& error) {
    err << "pollux: " << error.what() << "\nTry 'pollux --help'.\n";
    return Exit{Exit::kUsage};
  }
}

Reread read_again(const std::vector<std::string>& arguments, const std::string& config_file) {
  Reread result;
  std::error_code error;
  // A pipe has been read to its end, and reading it again might block.
  if (!config_file.empty() && !std::filesystem::is_regular_file(config_file, error)) {
    result.errors.push_back(
        fmt::format("{} is {}", in_quotes(config_file), error ? error.message() : "not a regular file"));
    return result;
  }
  LoadedConfig loaded = load(Arguments(arguments), config_file);
  for (const ConfigError& warning : loaded.warnings) result.warnings.push_back(warning.text());
  for (const ConfigError& problem : loaded.errors) result.errors.push_back(problem.text());
  for (const auto& [severity, problem] : check_config(loaded, For::kReload)) {
    const bool fatal = severity == Finding::Severity::kError;
    (fatal ? result.errors : result.warnings).push_back(problem.text());
  }
  result.config = std::move(loaded.config);
  return result;
}

}  // namespace pollux::server
