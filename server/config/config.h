// Every setting of the server, one struct per section of config.ini, with the built-in defaults.
//
// Values only. config_keys.cpp names the keys and their limits, config_builder.h fills in the values from the
// sources, and config_check.h asks the system whether they can work. In a Config from start_up()
// (command_line.h), every value is within its limits.
//
// Thread: constant once the server runs; all threads may read it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/ip_network.h"
#include "base/sendfile.h"
#include "http/rate_limit.h"
#include "http/trusted_proxies.h"
#include "site/cors.h"
#include "sqlpool/address.h"
#include "tls/version.h"

namespace pollux::server {

enum class Model { kProactor, kReactor, kMultiReactor, kIoUring, kAuto };

// The thread that calls accept4: the main loop, a thread of its own, or each loop on its own SO_REUSEPORT
// listener.
enum class Accept { kLoop, kThread, kReuseport };

enum class Trigger { kLevel, kEdge };

enum class LogLevel { kDebug, kInfo, kWarn, kError, kOff };
enum class LogMode { kSync, kAsync };
enum class LogTarget { kFile, kSyslog, kJournal };
enum class AccessFormat { kCombined, kJson };

// An address to listen on. The host is a numeric address as inet_pton reads it, without brackets. Names are
// not looked up, so starting never waits for a name server.
struct ListenAddress {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;  // 0: any free one.
  std::string path = {};      // A Unix socket's, absolute; empty: host and port hold.
  bool proxy = false;         // Load balancers connect, by the PROXY protocol.

  [[nodiscard]] bool is_unix() const { return !path.empty(); }
  [[nodiscard]] bool ipv6() const { return host.find(':') != std::string::npos; }
  [[nodiscard]] bool loopback() const;     // Only this machine can reach it.
  [[nodiscard]] std::string text() const;  // 127.0.0.1:8080, [::1]:8080, unix:/run/pollux.sock
  [[nodiscard]] bool same_place(const ListenAddress& other) const { return text() == other.text(); }

  bool operator==(const ListenAddress&) const = default;
};

[[nodiscard]] bool on_loopback(const std::vector<ListenAddress>& listeners);  // All of them.

// Without workers: each loop does everything for its own connections.
[[nodiscard]] constexpr bool serves_in_loops(Model model) {
  return model == Model::kMultiReactor || model == Model::kIoUring || model == Model::kAuto;
}

struct ServerConfig {
  std::vector<ListenAddress> listen = {ListenAddress()};  // Plain text. Empty: TLS only.
  Model model = Model::kProactor;
  Accept accept = Accept::kLoop;
  Trigger listen_trigger = Trigger::kLevel;
  Trigger conn_trigger = Trigger::kLevel;
  bool oneshot = true;                  // EPOLLONESHOT silences a connection that is lent to a worker.
  bool loop_serves = true;              // With workers: a busy loop serves a share of the connections itself.
  std::uint32_t workers = 0;            // Threads. 0: as many as cores, less one if the loop serves.
  std::uint32_t loops = 0;              // For the multi-reactor and io-uring. 0: as many as cores.
  std::uint32_t receive_buffers = 256;  // For each loop of io-uring, 16 KiB each.
  std::uint32_t backlog = 4096;
  std::uint32_t max_connections = 0;  // 0: what the descriptor limit allows.
  bool defer_accept = false;          // Accept a client only when its first octets are there.
  bool linger = false;                // After the last response, wait for the client to close first.
  bool http2 = true;                  // Under TLS, if the client asks for it.
  bool h2c = false;                   // In plain text, if the client begins with it.
  std::vector<IpNetwork> trusted_proxies;
  http::TrustedProxies::Field forwarding_field = http::TrustedProxies::Field::kXForwardedFor;
  bool trusts_unix_clients = false;  // Clients of Unix sockets are proxies, too.
  bool proxy_protocol = false;       // On all listeners but those of the status pages.
  std::uint32_t socket_mode = 0660;  // For the files of Unix sockets.
  std::string user;                  // The user to become when started as root; empty: it stays root.
  std::string group;                 // Empty: the user's.
  bool sandbox = true;               // See sandbox.h.
  bool core_dumps = false;           // Even with secrets in memory.
  std::string pid_file;              // Path; empty: none.

  bool operator==(const ServerConfig&) const = default;
};

struct SiteConfig {
  std::string root = "root";  // Directory.
  std::vector<std::string> index = {"index.html"};
  std::vector<std::string> members_only;                             // Paths as prefixes: "/members/".
  std::string cache_control = "public, max-age=0, must-revalidate";  // For files; empty: none.
  std::map<int, std::string> error_pages = {
      {404, "/404.html"}};               // By status, 400 to 599. Paths on the site: "/errors/404.html".
  bool echo = false;                     // /echo and /ws/echo.
  bool chat = false;                     // /ws/chat.
  std::string headers = "_headers";      // File: a bare name is in the root; empty: none.
  std::string redirects = "_redirects";  // The same.
  bool listing = false;
  bool clean_urls = false;
  std::string fallback;  // Path on the site: "/index.html"; empty: none.
  bool hidden = false;   // Serve files whose names begin with '.'.
  bool precompressed = true;
  bool compress = true;
  Sendfile sendfile = Sendfile::kAuto;  // The files to send this way, in plain text.
  std::optional<std::string> access;    // Path, "-", or empty: none; std::nullopt: that of [log].
  std::vector<std::string> names;       // "example.org", "*.example.org"; empty: of all hosts nobody names.
  std::string section = "site";         // As it was written: "site example.org".

  bool operator==(const SiteConfig&) const = default;
};

struct TlsConfig {
  std::vector<ListenAddress> listen;      // Empty: no TLS.
  std::vector<std::string> certificates;  // Files. The next list has the key of each, in the same order.
  std::vector<std::string> private_keys;
  std::vector<std::string> ocsp_responses;  // Empty, or one for each; an empty one: none.
  tls::Version min_version = tls::Version::k12;
  bool redirect_http = false;  // The plain listeners redirect all clients to https.
  std::chrono::milliseconds hsts{
      0};  // The time for which browsers must insist on https (RFC 6797); 0: not at all.

  bool operator==(const TlsConfig&) const = default;
};

struct TimeoutsConfig {
  std::chrono::milliseconds handshake = std::chrono::seconds(10);  // For the whole TLS handshake.
  std::chrono::milliseconds header = std::chrono::seconds(15);     // For the whole header.
  std::chrono::milliseconds body = std::chrono::seconds(30);       // Without progress.
  std::chrono::milliseconds send = std::chrono::seconds(30);       // Without progress.
  std::chrono::milliseconds keepalive = std::chrono::seconds(60);
  std::chrono::milliseconds queue = std::chrono::seconds(2);  // For a worker.
  std::chrono::milliseconds shutdown = std::chrono::seconds(10);

  bool operator==(const TimeoutsConfig&) const = default;
};

struct LimitsConfig {
  std::uint64_t request_line = 8UL * 1024;  // Octets.
  std::uint64_t headers = 32UL * 1024;      // Octets.
  std::uint32_t header_fields = 100;
  std::uint64_t body = 1024UL * 1024;  // Octets.
  std::uint64_t body_rate = 512;       // Octets per second. 0: any.
  std::uint32_t keepalive_requests = 1000;
  std::uint32_t http2_streams = 128;  // Maximum of simultaneous streams on one connection.
  std::uint32_t ranges = 16;
  std::uint32_t request_queue = 16384;        // Connections waiting for a worker.
  std::uint32_t blocking_queue = 64;          // Requests waiting for a thread that may wait for the database.
  std::uint32_t connections_per_address = 0;  // 0: no limit.
  http::Rate requests_per_address;
  std::uint32_t cache_files = 8192;
  std::uint64_t cache_memory = 64UL * 1024 * 1024;  // Octets.
  std::uint32_t handshakes = 4096;                  // Maximum of clients in an unfinished handshake.
  std::uint64_t memory = 0;  // Bytes, for all connections' buffers. 0: a share, see memory_limit.h.

  bool operator==(const LimitsConfig&) const = default;
};

struct LogConfig {
  LogLevel level = LogLevel::kInfo;
  std::string file = "-";  // Path; "-" is standard error. Of a daemon: its socket.
  LogMode mode = LogMode::kSync;
  std::optional<std::string> access;  // Path; "-" is standard output; std::nullopt: no access log.
  AccessFormat access_format = AccessFormat::kCombined;
  std::uint64_t rotate_size = 0;  // Octets. 0: never by size.
  bool rotate_daily = false;
  std::uint32_t rotate_keep = 7;  // Old files.
  LogTarget target = LogTarget::kFile;

  [[nodiscard]] bool to_file() const { return target == LogTarget::kFile && file != "-"; }

  bool operator==(const LogConfig&) const = default;
};

// Off by default: the pages of accounts occupy names on the site (/login and others).
struct AccountsConfig {
  bool enabled = false;
  sqlpool::Address database = sqlpool::parse_address("sqlite:accounts.db");
  std::uint32_t connections = 8;                                             // To the database, at most.
  std::chrono::milliseconds session_lifetime = std::chrono::hours(24 * 30);  // From the log-in on.
  std::chrono::milliseconds session_idle = std::chrono::hours(24);           // Since the last use.

  bool operator==(const AccountsConfig&) const = default;
};

// Who may open a WebSocket, and limits on its traffic. [site] says which WebSockets there are.
struct WebSocketConfig {
  std::vector<std::string> origins;  // Beside the site's own pages: "https://example.org".
  bool any_origin = false;
  std::uint64_t frame = 1024UL * 1024;    // Octets.
  std::uint64_t message = 1024UL * 1024;  // Octets, inflated.
  std::uint64_t outbox = 1024UL * 1024;   // Octets that wait for a slow client.
  std::chrono::milliseconds ping = std::chrono::seconds(30);
  bool deflate = true;

  bool operator==(const WebSocketConfig&) const = default;
};

// The server's status pages, and the clients allowed to see them.
struct StatusConfig {
  bool enabled = true;
  std::vector<ListenAddress> listen;  // Listeners of its own. Empty: those of the site.
  bool allow_is_written = false;      // If false, the next three hold on the loopback alone.
  bool any = false;
  bool loopback = true;
  std::vector<std::string> addresses;  // The clients' numeric addresses.
  bool trace = false;                  // Print each request's way on standard error.

  bool operator==(const StatusConfig&) const = default;
};

// Rules in the configuration instead of a site's own files; they apply to all sites.
struct RulesConfig {
  struct Line {
    std::string text;  // In the format of _headers or _redirects.
    std::string where;

    bool operator==(const Line&) const = default;
  };
  struct Type {
    std::string extension;  // ".ext"
    std::string type;
    std::string where;

    bool operator==(const Type&) const = default;
  };

  // [auth PATTERN]
  struct Auth {
    std::string pattern;
    std::string file;  // In the format of htpasswd(1).
    std::string realm = "Members";
    std::string where;

    bool operator==(const Auth&) const = default;
  };
  // [cors PATTERN]
  struct Cors {
    std::string pattern;
    site::CorsOptions options;
    std::string where;

    bool operator==(const Cors&) const = default;
  };

  std::vector<Line> headers;
  std::vector<Line> redirects;
  std::vector<Type> types;
  std::vector<Auth> auth;
  std::vector<Cors> cors;
  std::string last_pattern;  // The pattern that the last line of `headers` belongs to.

  bool operator==(const RulesConfig&) const = default;
};

struct Config {
  ServerConfig server;
  SiteConfig site;                // The default site.
  std::vector<SiteConfig> sites;  // One for each [site NAME].
  RulesConfig rules;
  TlsConfig tls;
  TimeoutsConfig timeouts;
  LimitsConfig limits;
  LogConfig log;
  AccountsConfig accounts;
  WebSocketConfig websocket;
  StatusConfig status;

  bool operator==(const Config&) const = default;
};

}  // namespace pollux::server
