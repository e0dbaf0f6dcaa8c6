#include "server/process/sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "tests/temporary_directory.h"

namespace pollux::server {
namespace {

namespace fs = std::filesystem;

// A machine with two sites, one of them behind a link, and a place for each thing a server may need.
class SandboxTest : public testing::Test {
 protected:
  SandboxTest() {
    for (const char* name :
         {"srv/www", "releases/1", "links", "etc", "log", "db", "run", "bin", "keys", "secret"}) {
      fs::create_directories(directory_.path() / name);
    }
    fs::create_symlink(directory_ / "releases/1", directory_ / "links/current");
    directory_.write("keys/real.pem", "key");
    directory_.write("secret/file", "secret");
    fs::create_symlink("../keys/real.pem", directory_ / "etc/key.pem");
    config_.site.root = at("srv/www");
    config_.log.file = at("log/pollux.log");
  }

  [[nodiscard]] std::string at(std::string_view name) const {
    return fs::canonical(directory_.path()).string() + '/' + std::string(name);
  }

  [[nodiscard]] std::vector<std::string> with(FileAccess access) const {
    std::vector<std::string> paths;
    const std::string home = fs::canonical(directory_.path()).string() + '/';
    for (const PathRule& rule : rules_for(config_, files())) {
      if (rule.access == access && rule.path.starts_with(home))
        paths.push_back(rule.path.substr(home.size()));
    }
    std::sort(paths.begin(), paths.end());
    return paths;
  }

  [[nodiscard]] OwnFiles files() const { return {at("bin/pollux"), at("etc/config.ini")}; }

  test::TemporaryDirectory directory_;
  Config config_;
};

using Paths = std::vector<std::string>;

TEST_F(SandboxTest, RulesNameDirectories) {
  EXPECT_EQ(with(FileAccess::kRead), (Paths{"etc", "srv"}));
  EXPECT_EQ(with(FileAccess::kWrite), (Paths{"log"}));
  EXPECT_EQ(with(FileAccess::kExecute), (Paths{"bin"}));
}

TEST_F(SandboxTest, RulesOfEachSetting) {
  struct Case {
    std::function<void()> change;
    FileAccess access;
    std::string path;
  };
  const std::vector<Case> cases = {
      {[this] { config_.sites.emplace_back().root = at("releases/1"); }, FileAccess::kRead, "releases"},
      {[this] { config_.site.root = at("links/current"); }, FileAccess::kRead, "links"},
      {[this] { config_.site.root = at("links/current"); }, FileAccess::kRead, "releases"},
      {[this] { config_.site.headers = at("secret/headers"); }, FileAccess::kRead, "secret"},
      {[this] { config_.site.redirects = at("secret/redirects"); }, FileAccess::kRead, "secret"},
      {[this] {
         config_.rules.auth.push_back({"/", at("secret/htpasswd"), "", ""});
       },
       FileAccess::kRead, "secret"},
      {[this] { config_.tls.certificates = {at("etc/key.pem")}; }, FileAccess::kRead, "keys"},
      {[this] { config_.tls.private_keys = {at("etc/key.pem")}; }, FileAccess::kRead, "keys"},
      {[this] {
         config_.tls.ocsp_responses = {"", at("etc/key.pem")};
       },
       FileAccess::kRead, "keys"},
      {[this] { config_.log.access = at("db/access.log"); }, FileAccess::kWrite, "db"},
      {[this] { config_.site.access = at("db/access.log"); }, FileAccess::kWrite, "db"},
      {[this] { config_.server.pid_file = at("run/pollux.pid"); }, FileAccess::kWrite, "run"},
      {[this] {
         config_.accounts.enabled = true;
         config_.accounts.database = sqlpool::parse_address("sqlite:" + at("db/accounts.db"));
       },
       FileAccess::kWrite, "db"},
  };
  for (const Case& one : cases) {
    const Config before = config_;
    one.change();
    const Paths paths = with(one.access);
    EXPECT_TRUE(std::find(paths.begin(), paths.end(), one.path) != paths.end())
        << one.path << " is not in " << testing::PrintToString(paths);
    config_ = before;
  }
}

TEST_F(SandboxTest, RulesForNothing) {
  config_.log = {};
  config_.log.access = "-";
  config_.site.access = "";
  config_.accounts.enabled = false;
  config_.accounts.database = sqlpool::parse_address("sqlite:" + at("db/accounts.db"));
  EXPECT_EQ(with(FileAccess::kWrite), Paths());
}

TEST_F(SandboxTest, ADeviceIsNamedItself) {
  config_.log.file = "/dev/full";
  const auto rules = rules_for(config_, files());
  const auto has = [&rules](const char* path) {
    return std::find(rules.begin(), rules.end(), PathRule{path, FileAccess::kWrite}) != rules.end();
  };
  EXPECT_TRUE(has("/dev/full"));
  EXPECT_FALSE(has("/dev"));
}

TEST_F(SandboxTest, NeverTheWholeDisk) {
  config_.site.root = "/srv";
  config_.log.file = "/pollux.log";
  config_.server.pid_file = "/pollux.pid";
  for (const PathRule& rule : rules_for(config_, {"/pollux", "/config.ini"})) EXPECT_NE(rule.path, "/");
}

// What the server is like inside is found out in a process of its own: nobody gets out again.
template <class Inside>
int in_a_process(Inside inside) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    int code = 99;
    try {
      code = inside();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n", error.what());
    }
    ::_exit(code);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int error_of_opening(const std::string& path, int flags) {
  const UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC, 0600));
  return fd ? 0 : errno;
}

TEST_F(SandboxTest, IsInForce) {
  if (Landlock::abi() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  directory_.write("srv/www/index.html", "x");
  struct Case {
    const char* path;
    int flags;
    int error;
  };
  for (const Case& one :
       {Case{"srv/www/index.html", O_RDONLY, 0}, Case{"srv/www/index.html", O_RDWR, EACCES},
        Case{"srv/new", O_WRONLY | O_CREAT, EACCES}, Case{"log/new", O_RDWR | O_CREAT | O_TRUNC, 0},
        Case{"secret/file", O_RDONLY, EACCES}, Case{"secret/file", O_PATH, 0},
        Case{"secret", O_RDONLY | O_DIRECTORY, EACCES}, Case{"keys/real.pem", O_RDONLY, EACCES},
        Case{"etc/config.ini", O_RDONLY, ENOENT}, Case{"bin/new", O_WRONLY | O_CREAT, EACCES}}) {
    EXPECT_EQ(in_a_process([&] {
                const Sandbox sandbox = Sandbox::enter(config_, files(), {});
                return error_of_opening(at(one.path), one.flags);
              }),
              one.error)
        << one.path << ' ' << one.flags;
  }
}

// What log rotation does.
TEST_F(SandboxTest, FilesAreReplacedByRenaming) {
  EXPECT_EQ(in_a_process([&] {
              const Sandbox sandbox = Sandbox::enter(config_, files(), {});
              directory_.write("log/pollux.log", "x");
              if (::rename(at("log/pollux.log").c_str(), at("log/pollux.log.1").c_str()) != 0) return 1;
              directory_.write("log/pollux.log", "y");
              return ::unlink(at("log/pollux.log.1").c_str()) == 0 ? 0 : 2;
            }),
            0);
}

TEST_F(SandboxTest, AnotherRootInTheSamePlaceIsServed) {
  if (Landlock::abi() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  directory_.write("srv/new/index.html", "x");
  config_.site.root = at("links/current");
  config_.sites.emplace_back().root = at("srv/www");
  fs::create_directories(directory_.path() / "releases/2");
  directory_.write("releases/2/index.html", "x");
  EXPECT_EQ(in_a_process([&] {
              const Sandbox sandbox = Sandbox::enter(config_, files(), {});
              if (error_of_opening(at("srv/new/index.html"), O_RDONLY) != 0) return 1;
              return error_of_opening(at("releases/2/index.html"), O_RDONLY);
            }),
            0);
}

TEST_F(SandboxTest, WhatAnotherConfigurationWants) {
  struct Case {
    std::function<void(Config&)> change;
    std::string refused;  // Empty: nothing.
  };
  const std::vector<Case> cases = {
      {[](Config&) {}, ""},
      {[this](Config& config) { config.site.root = at("srv/other"); }, ""},
      {[this](Config& config) { config.sites.emplace_back().root = at("secret/site"); }, "secret"},
      {[this](Config& config) { config.site.root = at("links/current"); }, "links"},
      {[this](Config& config) { config.log.access = at("log/access.log"); }, ""},
      {[this](Config& config) { config.log.access = at("srv/access.log"); }, "srv"},
      {[this](Config& config) { config.tls.certificates = {at("etc/certificate.pem")}; }, ""},
      {[this](Config& config) { config.tls.private_keys = {at("etc/key.pem")}; }, "keys"},
      {[this](Config& config) { config.server.pid_file = at("run/pollux.pid"); }, "run"},
  };
  if (Landlock::abi() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  for (std::size_t i = 0; i < cases.size(); ++i) {
    EXPECT_EQ(in_a_process([&] {
                const Sandbox sandbox = Sandbox::enter(config_, files(), {});
                Config other = config_;
                cases[i].change(other);
                const auto refused = sandbox.refused(other);
                const std::string expected = cases[i].refused.empty() ? "" : at(cases[i].refused);
                if (refused.value_or("") == expected) return 0;
                std::fprintf(stderr, "%s\n", refused.value_or("nothing").c_str());
                return 1;
              }),
              0)
        << i;
  }
}

TEST_F(SandboxTest, Allows) {
  if (Landlock::abi() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  EXPECT_EQ(in_a_process([&] {
              const Sandbox sandbox = Sandbox::enter(config_, files(), {});
              const bool good = sandbox.allows(at("srv/any/thing"), FileAccess::kRead) &&
                                sandbox.allows(at("srv"), FileAccess::kRead) &&
                                !sandbox.allows(at("srvx"), FileAccess::kRead) &&
                                !sandbox.allows(at("srv/any"), FileAccess::kWrite) &&
                                !sandbox.allows(at("srv/../secret"), FileAccess::kRead) &&
                                !sandbox.allows(at("links/current"), FileAccess::kRead) &&
                                sandbox.allows(at("log/x"), FileAccess::kWrite) &&
                                sandbox.allows(at("log/x"), FileAccess::kRead) &&
                                !sandbox.allows("/", FileAccess::kRead);
              return good ? 0 : 1;
            }),
            0);
  EXPECT_TRUE(Sandbox().allows("/", FileAccess::kWrite));
}

TEST_F(SandboxTest, ASuccessorKeepsWhatItHasInherited) {
  if (Landlock::abi() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  EXPECT_EQ(in_a_process([&] {
              const Sandbox first = Sandbox::enter(config_, files(), {});
              Sandbox last = first;
              for (int i = 0; i < 20; ++i)
                last = Sandbox::enter(config_, files(), last.rules());  // 16 is Landlock's limit.
              if (last.rules() != first.rules()) return 1;
              config_.site.root = at("secret/site");
              try {
                (void)Sandbox::enter(config_, files(), last.rules());
              } catch (const std::runtime_error& error) {
                return std::string(error.what()).find(at("secret")) != std::string::npos ? 0 : 2;
              }
              return 3;
            }),
            0);
}

TEST_F(SandboxTest, Off) {
  config_.server.sandbox = false;
  EXPECT_EQ(in_a_process([&] {
              const Sandbox sandbox = Sandbox::enter(config_, files(), {});
              if (sandbox.description() != "off" || Sandbox::forecast(config_.server) != "off") return 1;
              return error_of_opening(at("secret/file"), O_RDWR);
            }),
            0);
}

}  // namespace
}  // namespace pollux::server
