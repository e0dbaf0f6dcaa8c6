// Files of settings, from the good to the hostile, the config.ini that is delivered, and what the system
// says about paths. Values are in config_value_test.cpp, options in command_line_test.cpp.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/unique_fd.h"
#include "net/socket_address.h"
#include "server/config/config_builder.h"
#include "server/config/config_check.h"
#include "server/config/config_file.h"
#include "server/config/config_keys.h"
#include "tests/temporary_directory.h"

namespace pollux::server {
namespace {

using test::TemporaryDirectory;

using std::chrono::milliseconds;

std::vector<std::string> texts(const std::vector<ConfigError>& errors) {
  std::vector<std::string> result;
  for (const ConfigError& error : errors) result.push_back(error.text());
  return result;
}

std::vector<std::string> texts(const std::vector<Finding>& findings) {
  std::vector<std::string> result;
  for (const Finding& finding : findings) result.push_back(finding.error.text());
  return result;
}

LoadedConfig load(std::string_view text, const std::filesystem::path& directory = {}) {
  ConfigBuilder builder;
  builder.read_text(text, "t.ini", directory);
  return builder.take();
}

std::vector<std::string> errors_of(std::string_view text) { return texts(load(text).errors); }

// ---- Files ----

TEST(ConfigFile, TheLogGoesToAFileOrADaemon) {
  const struct {
    const char* value;
    LogTarget target;
    const char* path;
  } rows[] = {
      {"-", LogTarget::kFile, "-"},
      {"/var/log/a.log", LogTarget::kFile, "/var/log/a.log"},
      {"/syslog", LogTarget::kFile, "/syslog"},
      {"/a/../syslog:/b", LogTarget::kFile, "/syslog:/b"},
      {"syslog", LogTarget::kSyslog, "/dev/log"},
      {"syslog:/run/other", LogTarget::kSyslog, "/run/other"},
      {"journal", LogTarget::kJournal, "/run/systemd/journal/socket"},
      {"journal:/run/other", LogTarget::kJournal, "/run/other"},
  };
  for (const auto& row : rows) {
    const LogConfig log = load(std::string("[log]\nfile = ") + row.value + "\n").config.log;
    EXPECT_EQ(log.target, row.target) << row.value;
    EXPECT_EQ(log.file, row.path) << row.value;
    EXPECT_EQ(log.to_file(), row.target == LogTarget::kFile && log.file != "-");
  }
  for (const char* name : {"syslogs", "syslog.log", "journal/file"}) {
    EXPECT_EQ(load(std::string("[log]\nfile = ") + name + "\n").config.log.target, LogTarget::kFile) << name;
  }
}

TEST(ConfigFile, EverySettingReachesItsMember) {
  const LoadedConfig loaded = load(
      "[server]\nlisten = 127.0.0.1:1, [::1]:2\nmodel = multi-reactor\naccept = reuseport\n"
      "listen_trigger = et\nconn_trigger = et\noneshot = off\nloop_serves = off\nworkers = 3\nloops = "
      "4\nreceive_buffers = 7\nbacklog = "
      "5\nmax_connections = 6\n"
      "defer_accept = on\nlinger = on\nhttp2 = off\nh2c = on\ntrusted_proxies = 127.0.0.1, 10.0.0.0/8, "
      "unix:\n"
      "forwarding_field = forwarded\nproxy_protocol = on\nsocket_mode = 0600\n"
      "user = www\ngroup = web\nsandbox = off\ncore_dumps = on\npid_file = /p\n"
      "[site]\nroot = /srv/www\nindex = a.html, b.html\nerror_page_404 = /404.html\nerror_page_599 = "
      "/5.html\n"
      "echo = on\nchat = on\nprotected = /members/, /a/b/\ncache_control = max-age=60, private\n"
      "headers = /h\nredirects = off\nlisting = on\nclean_urls = on\nfallback = /index.html\nhidden = on\n"
      "precompressed = off\ncompress = off\nsendfile = on\naccess = /s\n"
      "[tls]\nlisten = 127.0.0.1:3\ncertificate = /c1, /c2\nprivate_key = /k1, /k2\n"
      "ocsp_response = none, /o2\nmin_version = 1.3\nredirect_http = on\nhsts = 8760h\n"
      "[timeouts]\nhandshake = 6s\nheader = 1s\nbody = 2s\nsend = 3s\nkeepalive = 4s\nqueue = 7s\nshutdown = "
      "5s\n"
      "[limits]\nrequest_line = 1k\nheaders = 2k\nheader_fields = 3\nbody = 4k\nbody_rate = "
      "0\nkeepalive_requests = 5\n"
      "http2_streams = 13\nranges = 6\nblocking_queue = 77\nrequest_queue = 7\nconnections_per_address = "
      "8\nrequests_per_address "
      "= 300/m\n"
      "cache_files = 9\ncache_memory = 10m\nhandshakes = 12\nmemory = 11m\n"
      "[log]\nlevel = debug\nfile = /l\nmode = async\naccess = /a\naccess_format = json\n"
      "rotate_size = 1m\nrotate_daily = on\nrotate_keep = 2\n"
      "[accounts]\nenabled = on\ndatabase = mysql://u:p@h:3/n\nconnections = 4\nsession_lifetime = 5h\n"
      "session_idle = 6m\n"
      "[websocket]\norigins = https://a.test, http://b.test:81\nframe = 125\nmessage = 1k\noutbox = 2k\n"
      "ping = 1s\ndeflate = off\n"
      "[status]\nenabled = off\nlisten = 127.0.0.1:4\nallow = 192.0.2.7, loopback, 2001:DB8::1\ntrace = "
      "on\n");
  EXPECT_EQ(texts(loaded.errors), std::vector<std::string>());

  Config expected;
  expected.server = {{{"127.0.0.1", 1}, {"::1", 2}},
                     Model::kMultiReactor,
                     Accept::kReuseport,
                     Trigger::kEdge,
                     Trigger::kEdge,
                     false,
                     false,
                     3,
                     4,
                     7,
                     5,
                     6,
                     true,
                     true,
                     false,
                     true,
                     {IpNetwork::parse("127.0.0.1").value(), IpNetwork::parse("10.0.0.0/8").value()},
                     http::TrustedProxies::Field::kForwarded,
                     true,
                     true,
                     0600,
                     "www",
                     "web",
                     false,
                     true,
                     "/p"};
  expected.site = {"/srv/www",
                   {"a.html", "b.html"},
                   {"/members/", "/a/b/"},
                   "max-age=60, private",
                   {{404, "/404.html"}, {599, "/5.html"}},
                   true,
                   true,
                   "/h",
                   "",
                   true,
                   true,
                   "/index.html",
                   true,
                   false,
                   false,
                   Sendfile::kOn,
                   "/s",
                   {},
                   "site"};
  expected.tls = {{{"127.0.0.1", 3}}, {"/c1", "/c2"}, {"/k1", "/k2"},          {"", "/o2"},
                  tls::Version::k13,  true,           std::chrono::hours(8760)};
  expected.timeouts = {milliseconds(6000), milliseconds(1000), milliseconds(2000), milliseconds(3000),
                       milliseconds(4000), milliseconds(7000), milliseconds(5000)};
  expected.limits = {1024, 2048,        3,  4096,       0, 5, 13, 6, 7, 77, 8, {300, std::chrono::minutes(1)},
                     9,    10ULL << 20, 12, 11ULL << 20};
  expected.log = {LogLevel::kDebug, "/l", LogMode::kAsync, "/a", AccessFormat::kJson, 1ULL << 20, true, 2};
  expected.accounts = {true, sqlpool::parse_address("mysql://u:p@h:3/n"), 4, std::chrono::hours(5),
                       std::chrono::minutes(6)};
  expected.websocket = {
      {"https://a.test", "http://b.test:81"}, false, 125, 1024, 2048, milliseconds(1000), false};
  expected.status = {false, {{"127.0.0.1", 4}}, true, false, true, {"192.0.2.7", "2001:db8::1"}, true};
  EXPECT_EQ(loaded.config, expected);
}

TEST(ConfigFile, ANamedSiteHasTheSettingsOfTheOneByDefault) {
  const LoadedConfig loaded = load(
      "[site Example.org, *.example.org.]\nroot = b\nlisting = on\nerror_page_404 = off\n"
      "[site]\nroot = a\nindex = x.html\n"
      "[site [::1]] ; the loopback\nroot = c\n[site [::2]\n",
      "/srv");
  EXPECT_EQ(
      texts(loaded.errors),
      std::vector<std::string>{
          R"([site [::2]: "[::2" is not a host name without a port, such as example.org or *.example.org in t.ini:10)"});
  ASSERT_EQ(loaded.config.sites.size(), 2U);
  EXPECT_EQ(loaded.config.sites.back().names, std::vector<std::string>{"::1"});
  const SiteConfig& site = loaded.config.sites.front();
  EXPECT_EQ(site.names, (std::vector<std::string>{"example.org", "*.example.org"}));
  EXPECT_EQ(site.root, "/srv/b");
  EXPECT_EQ(site.index, std::vector<std::string>{"x.html"});
  EXPECT_TRUE(site.listing);
  EXPECT_TRUE(site.error_pages.empty());
  EXPECT_EQ(loaded.config.site.root, "/srv/a");
  EXPECT_FALSE(loaded.config.site.listing);
  EXPECT_EQ(loaded.origins.find("site Example.org, *.example.org..root")->second, "t.ini:2");
}

TEST(ConfigFile, RulesInTheConfiguration) {
  const LoadedConfig loaded = load(
      "[headers /assets/*]\nCache-Control = max-age=1, immutable\nX: a\n[headers /b]\nX = c\n"
      "Clear-Site-Data = \"cache\"\n"
      "[redirects]\n/blog/:slug = /news/:slug 301\n/a id=:id = /b/:id\n/q=/r#s  ; no comment: a path may "
      "have it\n"
      "[types]\n.foo = text/x-foo\n");
  EXPECT_EQ(texts(loaded.errors), std::vector<std::string>());
  const RulesConfig& rules = loaded.config.rules;
  const auto lines = [](const std::vector<RulesConfig::Line>& rows) {
    std::string text;
    for (const RulesConfig::Line& row : rows) text += row.text + "\n";
    return text;
  };
  EXPECT_EQ(lines(rules.headers),
            "/assets/*\n  Cache-Control: max-age=1, immutable\n  X: a\n/b\n  X: c\n"
            "  Clear-Site-Data: \"cache\"\n");
  EXPECT_EQ(rules.headers.at(1).where, "t.ini:2");
  EXPECT_EQ(lines(rules.redirects),
            "/blog/:slug /news/:slug 301\n/a id=:id /b/:id\n/q /r#s  ; no comment: a path may have it\n");
  ASSERT_EQ(rules.types.size(), 1U);
  EXPECT_EQ(rules.types.front().extension + rules.types.front().type, ".footext/x-foo");
}

// Otherwise it would be the rule of a path that no request has.
TEST(ConfigFile, ASectionHasOnePath) {
  for (const std::string argument : {"/a, /b", "/a /b", "/a\t# of all"}) {
    const LoadedConfig loaded = load("[auth " + argument + "]\nfile = /f\n");
    ASSERT_EQ(loaded.errors.size(), 1U) << argument;
    EXPECT_NE(loaded.errors.front().text().find("a section has one path"), std::string::npos) << argument;
    EXPECT_TRUE(loaded.config.rules.auth.empty()) << argument;
  }
}

// A section without entries is a rule that cannot work, not one that protects nothing.
TEST(ConfigFile, AnAccessRuleForEachPattern) {
  const LoadedConfig loaded = load(
      "[auth /a/*]\n[auth /b/*]\nfile = /b\n[auth /a/*]\nrealm = A\n[cors /c]\n[cors /d]\n; origins = *\n");
  EXPECT_EQ(texts(loaded.errors), std::vector<std::string>());
  std::string rules;
  for (const RulesConfig::Auth& auth : loaded.config.rules.auth) {
    rules += auth.pattern + " " + auth.file + " " + auth.realm + " " + auth.where + "\n";
  }
  for (const RulesConfig::Cors& cors : loaded.config.rules.cors)
    rules += cors.pattern + " " + cors.where + "\n";
  EXPECT_EQ(rules, "/a/*  A t.ini:1\n/b/* /b Members t.ini:2\n/c t.ini:6\n/d t.ini:7\n");
}

TEST(ConfigFile, CacheControl) {
  const auto field = [](const std::string& value) {
    return load("[site]\ncache_control = " + value + "\n").config.site.cache_control;
  };
  EXPECT_EQ(load("").config.site.cache_control, "public, max-age=0, must-revalidate");
  EXPECT_EQ(field("off"), "");
  EXPECT_EQ(field("max-age=31536000, immutable"), "max-age=31536000, immutable");
}

TEST(ConfigFile, WhoMayComeIn) {
  const auto status = [](const std::string& allow) {
    return load("[status]\nallow = " + allow + "\n").config.status;
  };
  EXPECT_TRUE(status("any").any);
  EXPECT_TRUE(status("loopback").loopback);
  EXPECT_EQ(status("auto"), StatusConfig());
  EXPECT_NE(status("loopback"), StatusConfig()) << "what is written down holds on every listener";
  EXPECT_FALSE(status("192.0.2.7").loopback);
  const auto websocket = [](const std::string& from) {
    return load("[websocket]\norigins = " + from + "\n").config.websocket;
  };
  EXPECT_TRUE(websocket("any").any_origin);
  EXPECT_FALSE(websocket("same").any_origin);
  EXPECT_TRUE(websocket("same").origins.empty());
}

TEST(ConfigFile, SyntaxThatIsFine) {
  Config workers;
  workers.server.workers = 3;
  const std::string_view cases[] = {
      "[server]\nworkers=3",
      "[server]\r\nworkers = 3\r\n",
      "\xEF\xBB\xBF[server]\nworkers = 3\n",
      "; a comment\n# another\n\n[server] ; why\n  workers = 3 ; because\n",
      "[server] # why\n\tworkers\t=\t3\t# because\n",
      "[server]\n    backlog = 4096\n    workers = 3\n",  // Indented lines do not continue the one above.
      "[server]\nworkers: 3\n",
      "[log]\n[server]\n[log]\n[server]\nworkers = 3\n",
  };
  for (const std::string_view text : cases) {
    const LoadedConfig loaded = load(text);
    EXPECT_EQ(texts(loaded.errors), std::vector<std::string>()) << text;
    EXPECT_EQ(loaded.config, workers) << text;
  }
}

TEST(ConfigFile, QuotesMayStandAroundValues) {
  const LoadedConfig loaded = load(
      "[server]\nworkers = \"3\"\n[site]\nroot = \"/srv/a b\"\nindex = \"a.html\", b.html\n"
      "[accounts]\ndatabase = \"mysql://u:p@h/n\"\n");
  EXPECT_EQ(texts(loaded.errors), std::vector<std::string>());
  EXPECT_EQ(loaded.config.server.workers, 3U);
  EXPECT_EQ(loaded.config.site.root, "/srv/a b");
  EXPECT_EQ(loaded.config.site.index, (std::vector<std::string>{"a.html", "b.html"}));
  EXPECT_EQ(loaded.config.accounts.database.host, "h");
}

TEST(ConfigFile, FilesOfADatabaseBeginAtTheDirectory) {
  const auto database = [](const std::string& address) {
    return load("[accounts]\ndatabase = " + address + "\n", "/etc/pollux").config.accounts.database;
  };
  EXPECT_EQ(database("sqlite:accounts.db").path, "/etc/pollux/accounts.db");
  EXPECT_EQ(database("sqlite:/var/lib/a.db").path, "/var/lib/a.db");
  EXPECT_EQ(database("mysql://u:p@h/n?tls=verify&ca=ca.pem").ca, "/etc/pollux/ca.pem");
  EXPECT_EQ(database("mysql://u:p@h/n").path, "");
}

TEST(ConfigFile, NoMessageTellsThePasswordOfADatabase) {
  for (const std::string address :
       {"mysql://u:sesame@h", "\"mysql://u:sesame@h/n", "mysqll://u:sesame@h/n"}) {
    const LoadedConfig loaded = load("[accounts]\ndatabase = " + address + "\n");
    ASSERT_EQ(loaded.errors.size(), 1U) << address;
    EXPECT_EQ(loaded.errors.front().text().find("sesame"), std::string::npos) << loaded.errors.front().text();
  }
}

TEST(ConfigFile, OffAndDashAreNotFiles) {
  const LoadedConfig loaded = load("[log]\nfile = -\naccess = -\n", "/etc/pollux");
  EXPECT_EQ(loaded.config.log.file, "-");
  EXPECT_EQ(loaded.config.log.access, "-");
  EXPECT_EQ(load("[log]\naccess = off\n", "/etc/pollux").config.log.access, std::nullopt);
}

TEST(ConfigFile, RelativePathsBeginAtItsDirectory) {
  const LoadedConfig loaded =
      load("[site]\nroot = ../www\n[log]\nfile = logs/e.log\naccess = a.log\n", "/etc/pollux");
  EXPECT_EQ(loaded.config.site.root, "/etc/www");
  EXPECT_EQ(loaded.config.log.file, "/etc/pollux/logs/e.log");
  EXPECT_EQ(loaded.config.log.access, "/etc/pollux/a.log");
}

struct ErrorCase {
  std::string_view text;
  std::vector<std::string> expected;
};

TEST(ConfigFile, Errors) {
  const ErrorCase cases[] = {
      {"[server]\nwrokers = 2\n",
       {R"(unknown key "wrokers" in [server] (did you mean "workers"?) in t.ini:2)"}},
      {"[server]\nroot = /srv\n",
       {R"(unknown key "root" in [server] (did you mean "site.root"?) in t.ini:2)"}},
      {"[server]\nxyzzy = 1\n", {R"(unknown key "xyzzy" in [server] in t.ini:2)"}},
      {"[site]\neror_page_404 = /x\n",
       {R"(unknown key "eror_page_404" in [site] (did you mean "error_page_NNN"?) in t.ini:2)"}},
      {"[site]\nerror_page_200 = /x\n", {"site.error_page_200: 200 is not within 400 to 599 in t.ini:2"}},
      {"[site]\nerror_page_404 = x.html\n",
       {R"(site.error_page_404: "x.html" is not off, and does not begin with / (it is a path on the site) in t.ini:2)"}},
      {"[site]\nerror_page_404 = /../x\n", {R"(site.error_page_404: "/../x" has a .. in it in t.ini:2)"}},
      {"[site a.test, A.test:80]\nroot = x\n",
       {R"([site a.test, A.test:80]: "A.test:80" is not a host name without a port, such as example.org or *.example.org in t.ini:1)"}},
      {"[site m\xC3\xBCller.test]\n",
       {"[site m\xC3\xBCller.test]: \"m\xC3\xBCller.test\" is to be written as browsers send it: xn--... in "
        "t.ini:1"}},
      {"[site a.test]\n[site b.test, A.TEST.]\nroot = y\n",
       {"[site b.test, A.TEST.]: a.test is a name of [site a.test] already in t.ini:2"}},
      {"[site a.test]\nroot = x\nrot = y\nlisting = maybe\n",
       {R"(unknown key "rot" in [site] (did you mean "root"?) in t.ini:3)",
        R"(site.listing: "maybe" is neither on nor off in t.ini:4)"}},
      {"[site a.test]\nroot = x\nroot = y\n", {"site a.test.root is set twice, first in line 2 in t.ini:3"}},
      {"[site *.*.test]\n",
       {R"([site *.*.test]: "*.*.test" is not a host name without a port, such as example.org or *.example.org in t.ini:1)"}},
      {"[server a]\nworkers = 1\n", {R"(unknown section [server a] (did you mean "server"?) in t.ini:1)"}},
      {"[types]\n.a = text\n",
       {".a = text: the type is not one such as text/plain or text/plain; charset=utf-8 in t.ini:2"}},
      {"[headers]\nX = 1\n", {"[headers] wants a path, such as [headers /assets/*] in t.ini:1"}},
      {"[redirects x]\n/a = /b\n", {R"("x" stands behind [redirects in t.ini:1)"}},
      {"[redirects]\n/a /b\n", {"this is not FROM = TO in t.ini:2"}},
      {"[site]\nfallback = index.html\n",
       {R"(site.fallback: "index.html" is not off, nor a path on the site, such as /index.html in t.ini:2)"}},
      // An unknown section is one error, whatever is in it.
      {"\n[sever]\nworkers = 2\nlinger = on\n",
       {R"(unknown section [sever] (did you mean "server"?) in t.ini:2)"}},
      {"[nothing-like-it]\n", {"unknown section [nothing-like-it] in t.ini:1"}},
      {"[nothing\tlike-it]\n", {R"(unknown section [nothing\x09like-it] in t.ini:1)"}},
      {"workers = 2\n",
       {R"("workers" stands before the first [section] (did you mean "server.workers"?) in t.ini:1)"}},
      {"[server\nworkers = x\n", {"the [section] has no ] in t.ini:1"}},
      {"[server] workers = 2\n", {R"("workers = 2" stands behind the [section] in t.ini:1)"}},
      {"[server]\nworkers\n", {"this is neither KEY = VALUE nor [section] nor a comment in t.ini:2"}},
      {"[server]\nbacklog = 1\n  continued\n",
       {"this is neither KEY = VALUE nor [section] nor a comment in t.ini:3"}},
      {"[server]\nworkers =\n", {"server.workers has no value in t.ini:2"}},
      {"[server]\nworkers = ; 3\n", {"server.workers has no value in t.ini:2"}},
      {"[server]\n= 3\n", {"there is no key in front of the = in t.ini:2"}},
      {"[site]\nroot = \"/srv\n", {"site.root: a quote is not closed in t.ini:2"}},
      {"[site]\nroot = \"/srv ; www\"\n", {"site.root: a quote is not closed in t.ini:2"}},  // A comment.
      {"[site]\nroot = \"\"\n", {"site.root has no value in t.ini:2"}},
      {"[site]\nindex = a.html,,b.html\n", {"site.index: the list has an empty item in t.ini:2"}},
      {"[site]\ncache_control = no store, max-age=1\n",
       {R"(site.cache_control: "no store" is not off, and not a directive such as max-age=60 in t.ini:2)"}},
      {"[site]\ncache_control = public,\n", {"site.cache_control: the list has an empty item in t.ini:2"}},
      {"[site]\nindex = ../a.html\n",
       {R"(site.index: "../a.html" is not the name of a visible file in t.ini:2)"}},
      {"[server]\nworkers = 2\n[log]\n[server]\nworkers = 3\n",
       {"server.workers is set twice, first in line 2 in t.ini:5"}},
      {"[server]\nworkers = -2\n", {R"(server.workers: "-2" is not a number in t.ini:2)"}},
      {"[server]\nworkers = 4294967297\n",
       {R"(server.workers: "4294967297" is not within 0 to 1024 in t.ini:2)"}},
      {"[limits]\nbody = 99999999999g\n",
       {R"(limits.body: "99999999999g" is not within 0 to 1024g in t.ini:2)"}},
      {"[limits]\nmemory = 1k\n", {R"(limits.memory: "1k" is not within 1m to 1024g in t.ini:2)"}},
      {"[log]\nrotate_size = 1\n", {R"(log.rotate_size: "1" is not within 4k to 1024g in t.ini:2)"}},
      {"[server]\nsocket_mode = 888\n",
       {R"(server.socket_mode: "888" is not a file mode (as 0660) in t.ini:2)"}},
      {"[server]\nsocket_mode = 1777\n",
       {R"(server.socket_mode: "1777" is not a file mode (as 0660) in t.ini:2)"}},
      {"[server]\nlisten = unix:s\n",
       {R"(server.listen: "s" is not the absolute path of a socket in t.ini:2)"}},
      {"[server]\nlisten = unix:/a, unix:/a proxy\n",
       {"server.listen: unix:/a stands in the list twice in t.ini:2"}},
      {"[log]\nlevel = wran\n",
       {R"(log.level: "wran" is not one of debug, info, warn, error, off (did you mean "warn"?) in t.ini:2)"}},
      {"[site]\nprotected = /members\n",
       {R"(site.protected: "/members" is not off, nor the path of a directory, such as /members/ in t.ini:2)"}},
      {"[site]\nprotected = /a/../b/\n",
       {R"(site.protected: "/a/../b/" is not off, nor the path of a directory, such as /members/ in t.ini:2)"}},
      {"[websocket]\norigins = example.org\n",
       {R"(websocket.origins: "example.org" is not same, any or an origin, such as https://example.org in t.ini:2)"}},
      {"[websocket]\norigins = https://example.org/\n",
       {R"(websocket.origins: "https://example.org/" is not same, any or an origin, such as https://example.org in t.ini:2)"}},
      {"[server]\ntrusted_proxies = 10.0.0.0/33\n",
       {R"(server.trusted_proxies: "10.0.0.0/33" is not off, nor ADDRESS, ADDRESS/BITS or unix: in t.ini:2)"}},
      {"[status]\nallow = example.org\n",
       {R"(status.allow: "example.org" is not any, loopback, unix: or an address in t.ini:2)"}},
      {"[server]\nlinger = yes\n", {R"(server.linger: "yes" is neither on nor off in t.ini:2)"}},
      {"[server]\nlisten = 127.0.0.1:80, 127.0.0.1:80\n",
       {"server.listen: 127.0.0.1:80 stands in the list twice in t.ini:2"}},
      {"[server]\nlisten = 127.0.0.1:99999\n",
       {R"(server.listen: port "99999" is not within 0 to 65535 in t.ini:2)"}},
      // All that is wrong with one value.
      {"[server]\nlisten = 127.0.0.1:99999, 127.0.0.1:1, 127.0.0.1:1, *:x\n",
       {R"(server.listen: port "99999" is not within 0 to 65535; 127.0.0.1:1 stands in the list twice; "*:x" is not ADDRESS:PORT with a numeric address (as 127.0.0.1:8080, [::1]:8080 or *:8080) in t.ini:2)"}},
      {"[site]\nindex = .a, , b/c\nprotected = x, /a/, y\n",
       {R"(site.index: ".a" is not the name of a visible file; the list has an empty item; "b/c" is not the name of a visible file in t.ini:2)",
        R"(site.protected: "x" is not off, nor the path of a directory, such as /members/; "y" is not off, nor the path of a directory, such as /members/ in t.ini:3)"}},
      {"[status]\nallow = a, loopback, b\n[websocket]\norigins = a, b\n",
       {R"(status.allow: "a" is not any, loopback, unix: or an address; "b" is not any, loopback, unix: or an address in t.ini:2)",
        R"(websocket.origins: "a" is not same, any or an origin, such as https://example.org; "b" is not same, any or an origin, such as https://example.org in t.ini:4)"}},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(errors_of(text), expected) << text;
}

TEST(ConfigFile, AllErrorsInOnePassInOrder) {
  const LoadedConfig loaded = load(
      "junk\n[server]\nwrokers = 2\nworkers = 7\nlinger = maybe\n[sit]\nroot = x\n[limits\nx\n[log]\nmode = "
      "snyc\n");
  EXPECT_EQ(texts(loaded.errors),
            (std::vector<std::string>{
                "this is neither KEY = VALUE nor [section] nor a comment in t.ini:1",
                R"(unknown key "wrokers" in [server] (did you mean "workers"?) in t.ini:3)",
                R"(server.linger: "maybe" is neither on nor off in t.ini:5)",
                R"(unknown section [sit] (did you mean "site"?) in t.ini:6)",
                "the [section] has no ] in t.ini:8",
                "this is neither KEY = VALUE nor [section] nor a comment in t.ini:9",
                R"(log.mode: "snyc" is not one of sync, async (did you mean "sync"?) in t.ini:11)",
            }));
  EXPECT_EQ(loaded.config.server.workers, 7U);  // What is right is taken all the same.
}

// ---- Hostile files ----

TEST(ConfigFile, ForeignOctetsEndIt) {
  using std::string_literals::operator""s;
  const std::pair<std::string, std::string> cases[] = {
      {"[server]\nworkers = \0003\n"s,
       "octet 0x00 has no place in a text file; the rest is not read in t.ini:2"},
      {"\x7f"
       "ELF\x02\x01\n\n\nworkers"s,
       "octet 0x7f has no place in a text file; the rest is not read in t.ini:1"},
      {"\xff\xfe[\0s\0"s, "octet 0x00 has no place in a text file; the rest is not read in t.ini:1"},
      {"[server]\rworkers = 3\r"s, "octet 0x0d has no place in a text file; the rest is not read in t.ini:1"},
      {"; \x1b[2J\n"s, "octet 0x1b has no place in a text file; the rest is not read in t.ini:1"},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(errors_of(text), std::vector<std::string>{expected}) << text;
  }
}

TEST(ConfigFile, LongLinesAreNeverCut) {
  const std::string head = "[site]\nroot = ";
  const std::string longest(IniFile::kLongestLine - 7, 'r');
  EXPECT_EQ(load(head + longest + "\r\n[server]\nworkers = 3\n").config.site.root, longest);

  for (const std::size_t extra : {std::size_t{1}, std::size_t{8192}, std::size_t{900'000}}) {
    const std::string line = longest + std::string(extra, '=');
    const LoadedConfig loaded = load(head + line + "\n[server]\nworkers = 3\n");
    EXPECT_EQ(texts(loaded.errors),
              std::vector<std::string>{"the line is longer than 8192 octets in t.ini:2"});
    EXPECT_EQ(loaded.config.site.root, Config().site.root);
    EXPECT_EQ(loaded.config.server.workers, 3U);
  }
}

TEST(ConfigFile, ManyErrorsAreCutShort) {
  for (const std::string_view line : {"wr=1\n", "[w]\n", "x\n", "workers=1\n", "workers=x\n"}) {
    std::string text = "[server]\n";
    while (text.size() + line.size() < IniFile::kMaxOctets) text += line;
    const std::vector<std::string> errors = errors_of(text);
    ASSERT_EQ(errors.size(), ConfigBuilder::kMaxErrors + 1) << line;
    EXPECT_EQ(errors.back(), "there are more errors in all the sources") << line;
  }
}

TEST(ConfigFile, FilesThatCannotBeRead) {
  const TemporaryDirectory directory;
  const std::string large = directory.write("large.ini", std::string(10 << 20, '\n'));
  const std::string directory_name = directory.path().string();
  const std::string missing = directory / "missing.ini";
  const std::pair<std::string, std::string> cases[] = {
      {large, "the configuration is larger than 1m in " + large},
      {directory_name, "cannot read the configuration: Is a directory in " + directory_name},
      {missing, "cannot read the configuration: No such file or directory in " + missing},
      {"/dev/zero", "the configuration is larger than 1m in /dev/zero"},
  };
  for (const auto& [path, expected] : cases) {
    ConfigBuilder builder;
    builder.read_file(path);
    EXPECT_EQ(texts(builder.take().errors), std::vector<std::string>{expected});
  }
}

// ---- The config.ini that is delivered ----

std::string delivered_config() {
  const auto path = std::filesystem::path(__FILE__).parent_path() / "../../config.ini";
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// "name" of "name = value" and of ";name = value"; empty: the line is something else.
std::string_view key_of(std::string_view line) {
  if (line.starts_with(';')) line.remove_prefix(1);
  const std::size_t end = line.find(" = ");
  const std::string_view key = line.substr(0, std::min(end, line.size()));
  const bool is_key =
      end != std::string_view::npos &&
      key.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789") == std::string_view::npos;
  return is_key ? key : std::string_view();
}

TEST(DeliveredConfig, NamesEveryKeyOnce) {
  std::string section;
  std::vector<const Key*> found;
  std::istringstream lines(delivered_config());
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('[')) section = line.substr(1, line.size() - 2);
    const std::string_view name = key_of(line);
    if (name.empty()) continue;
    const Key* key = find_key(section, name);
    EXPECT_NE(key, nullptr) << line;
    found.push_back(key);
  }
  for (const Key& key : all_keys()) {
    const auto times = std::count(found.begin(), found.end(), &key);
    EXPECT_TRUE(times == 1 || (times > 1 && key.name == "error_page_NNN")) << key.section << '.' << key.name;
  }
}

TEST(DeliveredConfig, CommentedOutKeysShowTheirDefaults) {
  std::string active;
  std::istringstream lines(delivered_config());
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(';') && !key_of(line).empty()) line.erase(0, 1);
    active += line + '\n';
  }
  const LoadedConfig loaded = load(active);
  EXPECT_EQ(texts(loaded.errors), std::vector<std::string>());
  Config expected;
  for (const int status : {403, 404, 500, 503}) {
    expected.site.error_pages[status] = "/errors/" + std::to_string(status) + ".html";
  }
  expected.accounts.enabled = true;
  expected.site.chat = true;
  expected.site.listing = true;
  expected.site.members_only = {"/members/"};
  Config with_examples = expected;  // Of what has no default.
  with_examples.tls.certificates = {"certificate.pem"};
  with_examples.tls.private_keys = {"key.pem"};
  with_examples.tls.ocsp_responses = {""};
  with_examples.site.access = "";
  EXPECT_EQ(loaded.config, with_examples);
  EXPECT_EQ(load(delivered_config()).config, expected);
}

// ---- What the system says ----

class CheckConfig : public testing::Test {
 protected:
  // The errors, with a % for the directory.
  std::vector<std::string> check(const std::string& text, For purpose = For::kStart) const {
    const LoadedConfig loaded = load(text, directory_.path());
    EXPECT_EQ(texts(loaded.errors), std::vector<std::string>());
    std::vector<std::string> errors;
    const std::string directory = directory_.path().string();
    for (std::string error : texts(check_config(loaded, purpose))) {
      const std::size_t begin = error.find(directory);
      if (begin != std::string::npos) error.replace(begin, directory.size(), 1, '%');
      errors.push_back(std::move(error));
    }
    return errors;
  }

  void SetUp() override {
    directory_.write("www/404.html", "gone");
    directory_.write("secret.html", "secret");
  }

  TemporaryDirectory directory_;
};

TEST_F(CheckConfig, Table) {
  using Errors = std::vector<std::string>;
  const std::pair<std::string, Errors> cases[] = {
      {"[site]\nroot = www\n", {}},
      {"[site]\nroot = www/\nerror_page_404 = /404.html\n[log]\nfile = e.log\naccess = a.log\n", {}},
      {"[site]\nroot = www\n[log]\nfile = /dev/null\naccess = /dev/null\n", {}},
      {"[site]\nroot = nowhere\n",
       {R"(site.root: cannot open the directory "%/nowhere": No such file or directory in t.ini:2)"}},
      {"[site]\nroot = secret.html\n",
       {R"(site.root: cannot open the directory "%/secret.html": Not a directory in t.ini:2)"}},
      // The site may be another one than the pages were meant for.
      {"[site]\nroot = www\nerror_page_500 = /500.html\n",
       {R"(site.error_page_500: "/500.html" is no file of the site; a built-in page takes its place in t.ini:3)"}},
      {"[site]\nroot = www\nerror_page_500 = off\n", {}},
      {"[site]\nroot = www\nprotected = /members/\n",
       {"site.protected: there are no members while accounts.enabled is off; off: nothing is protected in "
        "t.ini:3"}},
      {"[site]\nroot = www\nprotected = off\n", {}},
      {"[site]\nroot = www\n[log]\nfile = no/e.log\naccess = www\n",
       {R"(log.file: cannot find the directory "%/no": No such file or directory in t.ini:4)",
        R"(log.access: "%/www" is a directory in t.ini:5)"}},
      {"[site]\nroot = www\n[log]\nfile = e.log\naccess = www/../e.log\n",
       {R"(log.access: "%/e.log" is the file of log.file already in t.ini:5)"}},
      {"[site]\nroot = www\n[log]\nfile = secret.html/e.log\n",
       {R"(log.file: cannot open "%/secret.html/e.log": Not a directory in t.ini:4)"}},
      {"[site]\nroot = www\n[accounts]\nenabled = on\ndatabase = sqlite:a.db\n", {}},
      {"[site]\nroot = www\n[accounts]\ndatabase = sqlite:no/a.db\n", {}},  // Nobody wants it.
      {"[site]\nroot = www\n[accounts]\nenabled = on\ndatabase = sqlite:no/a.db\n",
       {R"(accounts.database: cannot find the directory "%/no": No such file or directory in t.ini:5)"}},
      {"[site]\nroot = www\n[accounts]\nenabled = on\ndatabase = sqlite:www/a.db\n",
       {R"(accounts.database: "%/www/a.db" lies within site.root in t.ini:5)"}},
      {"[site]\nroot = www\n[accounts]\nenabled = on\ndatabase = mysql://u@h/n?tls=verify&ca=no.pem\n",
       {R"(accounts.database: cannot read "%/no.pem": No such file or directory in t.ini:5)"}},
      {"[site]\nroot = www\n[status]\nlisten = 127.0.0.1:9100\n", {}},
      {"[site]\nroot = www\n[status]\nlisten = 127.0.0.1:8080\n",
       {"status.listen: 127.0.0.1:8080 is in server.listen already in t.ini:4"}},
      {"[site]\nroot = www\n[status]\nlisten = *:9100\n",
       {"status.listen: nobody may see the status pages there: status.allow is not written in t.ini:4"}},
      {"[site]\nroot = www\n[status]\nlisten = *:9100\nallow = 192.0.2.7\n", {}},
      {"[site]\nroot = www\n[status]\nallow = loopback\n", {}},
      {"[server]\nlisten = *:80\n[site]\nroot = www\n[status]\nallow = loopback\n",
       {"status.allow: a proxy on this machine makes its clients loopback; status.listen keeps them out in "
        "t.ini:6"}},
      {"[server]\nlisten = *:80\n[site]\nroot = www\n[status]\nallow = 127.0.0.1\n",
       {"status.allow: a proxy on this machine makes its clients loopback; status.listen keeps them out in "
        "t.ini:6"}},
      {"[server]\ntrusted_proxies = 127.0.0.0/8\n[site]\nroot = www\n",
       {"server.trusted_proxies: requests from this machine count as a proxy's, so nobody on it sees the "
        "status "
        "pages; status.listen shows them in t.ini:2"}},
      {"[server]\ntrusted_proxies = 192.0.2.1\n[site]\nroot = www\n", {}},
      {"[server]\ntrusted_proxies = 127.0.0.1\n[site]\nroot = www\n[status]\nlisten = 127.0.0.1:9100\n", {}},
      {"[site]\nroot = www\n[log]\nfile = syslog:/nowhere/log\n",
       {R"(log.file: cannot write to "/nowhere/log": No such file or directory in t.ini:4)"}},
      {"[server]\nproxy_protocol = on\n[site]\nroot = www\n",
       {"server.listen: 127.0.0.1:8080 is for balancers (PROXY protocol), and none that could connect is in "
        "server.trusted_proxies (a built-in default)"}},
      {"[server]\nlisten = 1, unix:/tmp/pollux-s proxy\ntrusted_proxies = 192.0.2.1\n[site]\nroot = www\n",
       {"server.listen: unix:/tmp/pollux-s is for balancers (PROXY protocol), and none that could connect is "
        "in "
        "server.trusted_proxies in t.ini:2"}},
      {"[server]\nlisten = 1 proxy\ntrusted_proxies = 192.0.2.1\n[site]\nroot = www\n", {}},
      {"[site]\nroot = www\n[status]\nlisten = 127.0.0.1:9100 proxy\n",
       {"status.listen: 127.0.0.1:9100: the status pages are not for balancers in t.ini:4"}},
      {"[site]\nroot = www\n[status]\nlisten = unix:/tmp/pollux-s\n",
       {"status.listen: nobody may see the status pages through unix:/tmp/pollux-s: status.allow does not "
        "list "
        "unix: in t.ini:4"}},
      {"[site]\nroot = www\n[status]\nlisten = unix:/tmp/pollux-s\nallow = unix:\n", {}},
      {"[server]\nlisten = unix:/tmp/pollux-s\n[site]\nroot = www\n[status]\nlisten = unix:/tmp/pollux-s\n"
       "allow = any\n",
       {"status.listen: unix:/tmp/pollux-s is in server.listen already in t.ini:6"}},
      {"[server]\nlisten = *:80, 127.0.0.1:80\n[site]\nroot = www\n",
       {"server.listen: 127.0.0.1:80 cannot be had beside 0.0.0.0:80 in server.listen in t.ini:2"}},
      {"[server]\nlisten = 127.0.0.1:80, [::1]:80, [::]:81, *:81, *:0, 127.0.0.1:0\n[site]\nroot = www\n",
       {}},
      // A missing key beside a missing certificate, each at its own.
      {"[site]\nroot = www\n[tls]\ncertificate = no.pem\nprivate_key = nokey.pem\nocsp_response = noocsp\n",
       {R"(tls.certificate: cannot read "%/no.pem": No such file or directory in t.ini:4)",
        R"(tls.private_key: cannot read "%/nokey.pem": No such file or directory in t.ini:5)",
        R"(tls.ocsp_response: cannot read "%/noocsp": No such file or directory in t.ini:6)"}},
      {"[server]\nlisten = off\n[site]\nroot = www\n[tls]\nlisten = 1\n",
       {"tls.listen: there is no tls.certificate in t.ini:6",
        "tls.listen: there is no tls.private_key in t.ini:6"}},
      {"[server]\nlisten = *:443\n[site]\nroot = www\n[tls]\nlisten = *:443, 127.0.0.1:443\n",
       {"tls.listen: 0.0.0.0:443 is in server.listen already in t.ini:6",
        "tls.listen: 127.0.0.1:443 cannot be had beside 0.0.0.0:443 in server.listen in t.ini:6",
        "tls.listen: there is no tls.certificate in t.ini:6",
        "tls.listen: there is no tls.private_key in t.ini:6"}},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(check(text), expected) << text;
}

TEST_F(CheckConfig, WhatNeedNotHoldUntilTheStart) {
  const UniqueFd listener(::socket(AF_INET, SOCK_STREAM, 0));
  net::SocketAddress address = *net::SocketAddress::parse("127.0.0.1:0");
  ASSERT_EQ(::bind(listener.get(), address.data(), address.size()), 0);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  address = net::SocketAddress::of_socket(listener.get());
  const std::string text = "[server]\nlisten = " + address.to_string() + "\n[site]\nroot = www\n";
  const std::vector<std::string> expected = {
      "server.listen: cannot listen on " + address.to_string() + " now: Address already in use in t.ini:2",
      "site.index: no such file is in site.root, so / is answered 404 (a built-in default)"};
  EXPECT_EQ(check(text, For::kCheck), expected);
  EXPECT_EQ(check(text), std::vector<std::string>());
  directory_.write("www/index.html", "here");
  const std::string free = "[server]\nlisten = 127.0.0.1:0\n[site]\nroot = www\n";
  EXPECT_EQ(check(free, For::kCheck), std::vector<std::string>());
}

TEST_F(CheckConfig, GuardsForSomeHostNamesOnly) {
  directory_.write("users", "ada:$2y$04$9TGwctHfMnOiwFrzV18xou6XhKko7/ePqrW2.PDSntQAL3OmDr6Cm\n");
  directory_.write("one/404.html", "gone");
  directory_.write("two/404.html", "gone");
  const auto way = [](const char* site, const char* host) {
    return std::string("[") + site + "] serves the same files without a password as " + host +
           "; a pattern without a host guards them under every name";
  };
  const std::string any = way("site", "any other host, its address for example");
  const std::string one = "[site a.test, www.a.test]\nroot = one\n";
  const std::string below = "[site *.b.test]\nroot = one\n[site c.b.test]\nroot = two\n";
  const struct {
    std::string sites;
    const char* guards[3];
    std::vector<std::string> ways;  // Of the first guard.
  } rows[] = {
      {"", {"/team/x"}, {}},
      {"", {"https://a.test/team/x"}, {any}},
      {"", {"https://*/team/x"}, {}},
      {"", {"https://a.test/team/x", "/team/x"}, {}},
      {one, {"https://www.a.test/team/x"}, {way("site a.test, www.a.test", "a.test")}},
      {one, {"https://a.test/team/x"}, {way("site a.test, www.a.test", "www.a.test")}},
      {one, {"https://a.test/team/x", "https://www.a.test/team/*"}, {}},
      {one, {"https://b.test/team/x"}, {any}},
      {"[site a.test]\n", {"https://a.test/team/x"}, {any}},  // It has the same root.
      {below, {"https://*.b.test/team/x"}, {}},
      {below, {"https://c.b.test/team/x"}, {}},
      {below, {"https://d.b.test/team/x"}, {way("site *.b.test", "*.b.test")}},
      {below, {"https://:name.b.test/team/x"}, {way("site *.b.test", "*.b.test")}},
      {below, {"https://b.test/team/x"}, {any}},
  };
  for (const auto& row : rows) {
    std::string text = "[site]\nroot = www\n" + row.sites;
    for (const char* guard : row.guards) {
      if (guard != nullptr) text += std::string("[auth ") + guard + "]\nfile = users\n";
    }
    const auto line = 3 + std::count(row.sites.begin(), row.sites.end(), '\n');
    std::vector<std::string> expected;
    for (const std::string& text_of_way : row.ways) {
      expected.push_back(std::string("[auth ") + row.guards[0] + "]: " + text_of_way +
                         " in t.ini:" + std::to_string(line));
    }
    std::vector<std::string> found = check(text);
    std::erase_if(found, [&](const std::string& error) {
      return error.find(std::string("[auth ") + row.guards[0] + "]") == std::string::npos;
    });
    EXPECT_EQ(found, expected) << text;
  }
}

TEST_F(CheckConfig, BasicAuthForSomeHostNamesOnly) {
  directory_.write("www/_headers", "/a\n Basic-Auth: a:b\nhttps://c.test/b\n Basic-Auth: a:b\n");
  directory_.write("one/404.html", "gone");
  directory_.write("one/_headers",
                   "https://a.test/b\n Basic-Auth: a:b\nhttps://:any.test/c\n Basic-Auth: a:b\n");
  const std::vector<std::string> expected = {
      "Basic-Auth: [site] serves the same files without a password as any other host, its address for "
      "example; a pattern without a host guards them under every name in %/www/_headers:3",
      "Basic-Auth: [site a.test, b.test] serves the same files without a password as b.test; a pattern "
      "without a host guards them under every name in %/one/_headers:1"};
  EXPECT_EQ(check("[site]\nroot = www\n[site a.test, b.test]\nroot = one\n"), expected);
}

// ---- What must not be served ----

TEST_F(CheckConfig, SecretsBelowTheRoot) {
  directory_.write("www/index.html", "here");
  directory_.write("www/e.log", "");
  directory_.write("a.log", "");
  directory_.write("www/key.pem", "not a key");
  std::filesystem::create_directory_symlink("www", directory_.path() / "link");
  std::filesystem::create_directory(directory_.path() / "www/sub");
  std::filesystem::create_hard_link(directory_.path() / "a.log", directory_.path() / "www/sub/visits.txt");
  using Errors = std::vector<std::string>;
  const std::pair<std::string, Errors> cases[] = {
      {"[site]\nroot = www\n[log]\nfile = www/e.log\naccess = www/sub/new.log\n",
       {R"(log.file: "%/www/e.log" lies within site.root in t.ini:4)",
        R"(log.access: "%/www/sub/new.log" lies within site.root in t.ini:5)"}},
      {"[site]\nroot = www\n[log]\nfile = link/e.log\n",
       {R"(log.file: "%/link/e.log" lies within site.root in t.ini:4)"}},
      {"[site]\nroot = link\n[log]\nfile = www/e.log\n",
       {R"(log.file: "%/www/e.log" lies within site.root in t.ini:4)"}},
      {"[site]\nroot = www\n[accounts]\nenabled = on\ndatabase = sqlite:link/sub/a.db\n",
       {R"(accounts.database: "%/link/sub/a.db" lies within site.root in t.ini:5)"}},
      {"[site]\nroot = www/sub\n[log]\nfile = www/e.log\n", {}},
      {"[site]\nroot = www/sub\n[log]\nfile = www/sub.log\n", {}},
      {"[site]\nroot = www\n[log]\naccess = a.log\n",
       {R"(log.access: "%/a.log" is within site.root, too, as "*/www/sub/visits.txt" in t.ini:4)"}},
      {"[site]\nroot = www\n[tls]\ncertificate = www/key.pem\nprivate_key = www/key.pem\n",
       {R"(tls.certificate: no certificate (PEM) in "%/www/key.pem" in t.ini:4)",
        R"(tls.private_key: no private key (PEM) in "%/www/key.pem" in t.ini:5)",
        R"(tls.private_key: "%/www/key.pem" lies within site.root in t.ini:5)"}},
  };
  for (auto [text, expected] : cases) {
    for (std::string& line : expected) {
      if (const auto star = line.find('*'); star != std::string::npos) {
        line.replace(star, 1, std::filesystem::canonical(directory_.path()).string());
      }
    }
    EXPECT_EQ(check(text), expected) << text;
  }
}

TEST_F(CheckConfig, TheConfigurationItselfBelowTheRoot) {
  for (const auto& [extra, severity] :
       {std::pair("", Finding::Severity::kFault),
        std::pair("[accounts]\nenabled = on\ndatabase = mysql://u:p@h/n\n", Finding::Severity::kError)}) {
    const std::string file = directory_.write("www/pollux.ini", std::string("[site]\nroot = .\n") + extra);
    ConfigBuilder builder;
    builder.read_file(file);
    const std::vector<Finding> findings = check_config(builder.take());
    ASSERT_EQ(findings.size(), 1U) << extra;
    EXPECT_EQ(findings.front().error.text(), "the configuration lies within site.root in " + file);
    EXPECT_EQ(findings.front().severity, severity) << extra;
  }
}

TEST_F(CheckConfig, DefaultsAreNamedAsSuch) {
  LoadedConfig loaded;
  loaded.config.site.root = directory_ / "nowhere";
  const std::vector<std::string> errors = texts(check_config(loaded));
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_NE(errors.front().find("No such file or directory (a built-in default)"), std::string::npos);
}

}  // namespace
}  // namespace pollux::server
