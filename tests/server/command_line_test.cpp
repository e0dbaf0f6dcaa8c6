// From main's arguments to a configuration: options, precedence, exit codes, messages.
#include "server/config/command_line.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/temporary_directory.h"

namespace pollux::server {
namespace {

struct Outcome {
  StartUp result = Exit();
  std::string out;
  std::string err;

  [[nodiscard]] int code() const { return std::get<Exit>(result).code; }
  [[nodiscard]] const Config& config() const { return std::get<Run>(result).config; }
};

// Runs in a directory of its own, with a site in it: ./root and the file ./other/config.ini.
class CommandLine : public testing::Test {
 protected:
  void SetUp() override {
    before_ = std::filesystem::current_path();
    std::filesystem::current_path(directory_.path());
    std::filesystem::create_directories("root");
    write("root/index.html", "here");
    std::filesystem::create_directories("other/www");
  }

  void TearDown() override { std::filesystem::current_path(before_); }

  static void write(const std::string& name, std::string_view text) { std::ofstream(name) << text; }

  static Outcome run(const std::vector<std::string>& arguments) {
    std::ostringstream out;
    std::ostringstream err;
    Outcome outcome;
    outcome.result = start_up(arguments, out, err);
    outcome.out = out.str();
    outcome.err = err.str();
    return outcome;
  }

  // The configuration, or the defaults and a failed test.
  static Config config(const std::vector<std::string>& arguments) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.err, "");
    const bool runs = std::holds_alternative<server::Run>(outcome.result);
    EXPECT_TRUE(runs);
    return runs ? outcome.config() : Config();
  }

 private:
  std::filesystem::path before_;
  test::TemporaryDirectory directory_;
};

TEST_F(CommandLine, NothingAtAllServesTheDefaults) {
  const Outcome outcome = run({});
  EXPECT_EQ(outcome.config(), Config());
  EXPECT_EQ(outcome.out + outcome.err, "");
}

TEST_F(CommandLine, ShortOptions) {
  using Change = void (*)(Config&);
  const std::pair<std::vector<std::string>, Change> cases[] = {
      {{"-p", "9000"},
       [](Config& c) {
         c.server.listen = {{"127.0.0.1", 9000}};
       }},
      {{"-p0"},
       [](Config& c) {
         c.server.listen = {{"127.0.0.1", 0}};
       }},
      {{"-p", "010"},
       [](Config& c) {
         c.server.listen = {{"127.0.0.1", 10}};
       }},
      {{"-p", "1", "-p", "2"},
       [](Config& c) {
         c.server.listen = {{"127.0.0.1", 2}};
       }},
      {{"-m", "0"}, [](Config&) {}},
      {{"-m", "1"}, [](Config& c) { c.server.conn_trigger = Trigger::kEdge; }},
      {{"-m", "2"}, [](Config& c) { c.server.listen_trigger = Trigger::kEdge; }},
      {{"-m", "3"}, [](Config& c) { c.server.listen_trigger = c.server.conn_trigger = Trigger::kEdge; }},
      {{"-a", "0"}, [](Config&) {}},
      {{"-a", "1"}, [](Config& c) { c.server.model = Model::kReactor; }},
      {{"-a", "2"}, [](Config& c) { c.server.model = Model::kMultiReactor; }},
      {{"-a", "3"}, [](Config& c) { c.server.model = Model::kIoUring; }},
      {{"--set", "server.model=auto"}, [](Config& c) { c.server.model = Model::kAuto; }},
      {{"-t", "8"}, [](Config& c) { c.server.workers = 8; }},
      {{"-s", "3"}, [](Config& c) { c.accounts.connections = 3; }},
      {{"-t", "3", "-a2"},
       [](Config& c) {
         c.server.model = Model::kMultiReactor;
         c.server.workers = c.server.loops = 3;
       }},
      {{"-t", "3", "-a3"},
       [](Config& c) {
         c.server.model = Model::kIoUring;
         c.server.workers = c.server.loops = 3;
       }},
      {{"-l", "0"}, [](Config&) {}},
      {{"-l", "1"}, [](Config& c) { c.log.mode = LogMode::kAsync; }},
      {{"-c", "0", "--set", "log.access=-"}, [](Config& c) { c.log.access = "-"; }},
      {{"-c", "1", "--set", "log.access=-"}, [](Config& c) { c.log.level = LogLevel::kOff; }},
      {{"-o", "0"}, [](Config&) {}},
      {{"-o", "1"}, [](Config& c) { c.server.linger = true; }},
  };
  for (const auto& [arguments, change] : cases) {
    Config expected;
    change(expected);
    EXPECT_EQ(config(arguments), expected) << testing::PrintToString(arguments);
  }
}

TEST_F(CommandLine, PortKeepsTheFirstAddressOnly) {
  const Outcome outcome = run({"-p", "9", "--set", "server.listen=[::1]:80, 127.0.0.1:81, *:82"});
  EXPECT_EQ(outcome.config().server.listen, (std::vector<ListenAddress>{{"::1", 9}}));
  EXPECT_EQ(
      outcome.err,
      "pollux: [warn] server.listen: only the first address is kept, not 127.0.0.1:81, 0.0.0.0:82, in -p\n");
  EXPECT_EQ(run({"-p", "9", "--set", "server.listen=[::1]:80"}).err, "");
}

TEST_F(CommandLine, Precedence) {
  EXPECT_EQ(config({}).server.workers, 0U);
  write("config.ini", "[server]\nworkers = 1\nloops = 1\nbacklog = 1\n");
  EXPECT_EQ(config({}).server.workers, 1U);
  EXPECT_EQ(config({"--set", "server.workers=2"}).server.workers, 2U);
  EXPECT_EQ(config({"--set", "server.workers=2", "--set=server.workers=3"}).server.workers, 3U);
  const Config last = config({"-t", "4", "--set", "server.workers=2", "--set", "server.loops=2"});
  EXPECT_EQ(last.server.workers, 4U);
  EXPECT_EQ(last.server.loops, 2U);
  EXPECT_EQ(last.server.backlog, 1U);
}

TEST_F(CommandLine, ConfigFile) {
  write("other/config.ini", "[site]\nroot = www\n");
  EXPECT_EQ(config({"--config", "other/config.ini"}).site.root, "other/www");
  EXPECT_EQ(config({"--config=other/config.ini", "--set", "site.root=root"}).site.root, "root");
  // Only the one that was asked for is read.
  write("config.ini", "nonsense");
  EXPECT_EQ(config({"--config", "other/config.ini"}).site.root, "other/www");
  EXPECT_EQ(run({}).code(), Exit::kFailure);
}

TEST_F(CommandLine, DefaultFileThatCannotBeReadIsAnError) {
  std::filesystem::create_directory("config.ini");
  const Outcome outcome = run({});
  EXPECT_EQ(outcome.code(), Exit::kFailure);
  EXPECT_EQ(outcome.err, "pollux: [emerg] cannot read the configuration: Is a directory in config.ini\n");
}

TEST_F(CommandLine, ConfigurationErrorsOfAllSourcesInOnePass) {
  write("config.ini", "[server]\nwrokers = 1\n[site]\nroot = nowhere\n[log]\nfile = no/e.log\n");
  const Outcome outcome =
      run({"--set", "limits.bdy=1m", "--set", "sit.root=x", "--set", "log.mode=", "-o", "1"});
  EXPECT_EQ(outcome.code(), Exit::kFailure);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(
      outcome.err,
      "pollux: [emerg] unknown key \"wrokers\" in [server] (did you mean \"workers\"?) in config.ini:2\n"
      "pollux: [emerg] unknown key \"bdy\" in [limits] (did you mean \"body\"?) in --set limits.bdy\n"
      "pollux: [emerg] unknown section \"sit\" (did you mean \"site\"?) in --set sit.root\n"
      "pollux: [emerg] log.mode has no value in --set log.mode\n"
      "pollux: [emerg] site.root: cannot open the directory \"nowhere\": No such file or directory in "
      "config.ini:4\n"
      "pollux: [emerg] log.file: cannot find the directory \"no\": No such file or directory in "
      "config.ini:6\n");
}

TEST_F(CommandLine, UsersNeedNoSite) {
  const Outcome outcome =
      run({"--add-user", "anna", "--set", "site.root=nowhere", "--set", "accounts.database=sqlite:a.db"});
  EXPECT_EQ(outcome.err, "");
  const auto& command = std::get<UserCommand>(outcome.result);
  EXPECT_EQ(command.action, UserCommand::Action::kAdd);
  EXPECT_EQ(command.name, "anna");
  EXPECT_EQ(command.config.accounts.database.path, "a.db");
  const Outcome remove = run({"--remove-user", "anna", "--set", "accounts.enabled=on"});
  EXPECT_EQ(std::get<UserCommand>(remove.result).action, UserCommand::Action::kRemove);
  EXPECT_EQ(run({"--remove-user", "anna"}).code(), Exit::kFailure);  // From which?
  EXPECT_EQ(run({"--remove-user", "anna", "--set", "accounts.database=x"}).code(), Exit::kFailure);
}

TEST_F(CommandLine, BadUsage) {
  const std::pair<std::vector<std::string>, std::string> cases[] = {
      {{"-p", "abc"}, "-p: \"abc\" is not a number"},
      {{"-p", "65536"}, "-p: \"65536\" is not within 0 to 65535"},
      {{"-p", "-1"}, "-p: \"-1\" is not a number"},
      {{"-p", ""}, "-p: \"\" is not a number"},
      {{"-p"}, "-p: 1 required value missing"},
      {{"-m", "4"}, "-m: \"4\" is not within 0 to 3"},
      {{"-a", "4"}, "-a: \"4\" is not within 0 to 3"},
      {{"-t", "1025"}, "-t: \"1025\" is not within 0 to 1024"},
      {{"-l", "2"}, "-l: \"2\" is not within 0 to 1"},
      {{"-c", "on"}, "-c: \"on\" is not a number"},
      {{"-o", "2"}, "-o: \"2\" is not within 0 to 1"},
      {{"-s", "many"}, "-s: \"many\" is not a number"},
      {{"--add-user"}, "--add-user: 1 required value missing"},
      {{"--add-user", "a", "--remove-user", "b"}, "--add-user and --remove-user exclude each other"},
      {{"-x"}, "unknown option \"-x\""},
      {{"--conifg", "a.ini"}, "unknown option \"--conifg\" (did you mean \"--config\"?)"},
      {{"--stet=server.workers=3"}, "unknown option \"--stet\" (did you mean \"--set\"?)"},
      {{"root"}, "\"root\" is not an option"},
      {{"--", "root"}, ""},
      {{""}, "\"\" is not an option"},
      {{"--config"}, "--config: 1 required value missing"},
      {{"--check=3"}, ""},
      {{"--set"}, ""},
      {{"--set", "server.workers"}, "--set: \"server.workers\" is not SECTION.KEY=VALUE"},
      {{"--set", "workers=3"}, "--set: \"workers=3\" is not SECTION.KEY=VALUE"},
      {{"--set", "{}"}, "--set: \"{}\" is not SECTION.KEY=VALUE"},
      {{"--set", "[a,b]"}, "--set: \"[a,b]\" is not SECTION.KEY=VALUE"},
      {{"--set", "server.workers=3", "server.loops=3"}, "\"server.loops=3\" is not an option"},
  };
  for (const auto& [arguments, message] : cases) {
    const Outcome outcome = run(arguments);
    ASSERT_TRUE(std::holds_alternative<Exit>(outcome.result)) << testing::PrintToString(arguments);
    EXPECT_EQ(outcome.code(), Exit::kUsage) << testing::PrintToString(arguments);
    EXPECT_EQ(outcome.out, "");
    if (!message.empty()) {
      EXPECT_EQ(outcome.err, "pollux: " + message + "\nTry 'pollux --help'.\n");
    }
    EXPECT_EQ(outcome.err.rfind("pollux: ", 0), 0U) << outcome.err;
    EXPECT_NE(outcome.err.find("\nTry 'pollux --help'.\n"), std::string::npos) << outcome.err;
  }
}

TEST_F(CommandLine, SetReachesValuesWithAnySigns) {
  EXPECT_EQ(config({"--set", "server.listen=[::1]:80,[::]:81"}).server.listen.size(), 2U);
  std::filesystem::create_directory("a=b.c [x] ;#");
  EXPECT_EQ(config({"--set", "site.root=a=b.c [x] ;#"}).site.root, "a=b.c [x] ;#");
}

TEST_F(CommandLine, Check) {
  // Whatever else listens, and whatever sandbox there is.
  const auto check = [] { return run({"--check", "-p", "0", "--set", "server.sandbox=off"}); };
  const Outcome defaults = check();
  EXPECT_EQ(defaults.code(), Exit::kSuccess);
  EXPECT_EQ(defaults.out, "pollux: configuration of the built-in defaults is fine\npollux: sandbox: off\n");
  EXPECT_EQ(defaults.err, "");

  write("config.ini", "[server]\nworkers = 1\n");
  const Outcome good = check();
  EXPECT_EQ(good.code(), Exit::kSuccess);
  EXPECT_EQ(good.out, "pollux: configuration config.ini is fine\npollux: sandbox: off\n");

  std::filesystem::remove_all("root");
  const Outcome bad = check();
  EXPECT_EQ(bad.code(), Exit::kFailure);
  EXPECT_EQ(bad.out, "");
  EXPECT_EQ(bad.err,
            "pollux: [emerg] site.root: cannot open the directory \"root\": No such file or directory "
            "(a built-in default)\n");
}

TEST_F(CommandLine, HelpAndVersionLookAtNoConfiguration) {
  write("config.ini", "nonsense");
  const Outcome help = run({"--help"});
  EXPECT_EQ(help.code(), Exit::kSuccess);
  EXPECT_EQ(help.err, "");
  EXPECT_EQ(run({"-h"}).out, help.out);
  for (const char* option : {"-p ", "-m ", "-a ", "-t ", "-s ", "-l ", "-c ", "-o ", "--config ", "--set ",
                             "--check ", "--version ", "-h, --help "}) {
    EXPECT_NE(help.out.find(std::string("\n  ") + option), std::string::npos) << option;
  }
  const Outcome version = run({"--version"});
  EXPECT_EQ(version.code(), Exit::kSuccess);
  EXPECT_EQ(version.out, "pollux " POLLUX_VERSION "\n");
}

}  // namespace
}  // namespace pollux::server
