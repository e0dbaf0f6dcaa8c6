#include "server/config/config_keys.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <tuple>
#include <utility>
#include <vector>

#include "net/socket_address.h"
#include "server/config/config_setters.h"
#include "server/config/config_value.h"
#include "server/config/site_keys.h"
#include "server/config/suggest.h"

namespace pollux::server {

namespace {

Setter timeout(std::chrono::milliseconds TimeoutsConfig::*member) {
  return [=](Config& config, const Setting& setting) {
    config.timeouts.*member =
        parse_duration(setting.value, std::chrono::milliseconds(1), std::chrono::hours(24));
  };
}

// ---- Settings with rules of their own ----

std::vector<ListenAddress> addresses_of(const Setting& setting) {
  constexpr std::size_t kMax = 64;
  std::vector<ListenAddress> addresses;
  if (setting.value == "off") return addresses;
  for_each_item(setting.value, [&addresses](std::string_view item) {
    const ListenAddress address = parse_listen(item);
    const bool twice =
        std::any_of(addresses.begin(), addresses.end(),
                    [&address](const ListenAddress& other) { return address.same_place(other); });
    if (twice && address.port != 0)
      throw BadValue(fmt::format("{} stands in the list twice", address.text()));
    addresses.push_back(address);
  });
  if (addresses.size() > kMax) throw BadValue(fmt::format("the list has more than {} addresses", kMax));
  return addresses;
}

template <typename Section>
Setter listen(Section Config::*section) {
  return [=](Config& config, const Setting& setting) { (config.*section).listen = addresses_of(setting); };
}

// Files of certificates and related files, in the same order in every list.
Setter files(std::vector<std::string> TlsConfig::*member) {
  return [=](Config& config, const Setting& setting) {
    constexpr std::size_t kMax = 64;
    std::vector<std::string> paths;
    for (const std::string_view item : parse_list(setting.value)) {
      const Setting one{setting.name, item, setting.directory};
      paths.push_back(item == "none" ? std::string() : resolved(one));
    }
    if (paths.size() > kMax) throw BadValue(fmt::format("the list has more than {} files", kMax));
    config.tls.*member = std::move(paths);
  };
}

void set_hsts(Config& config, const Setting& setting) {
  constexpr std::chrono::hours kMax(24 * 365 * 10);
  config.tls.hsts = setting.value == "off" ? std::chrono::milliseconds(0)
                                           : parse_duration(setting.value, std::chrono::seconds(1), kMax);
}

// A name, or "off".
Setter account_name(std::string ServerConfig::*member) {
  return [=](Config& config, const Setting& setting) {
    config.server.*member = setting.value == "off" ? std::string() : std::string(setting.value);
  };
}

void set_pid_file(Config& config, const Setting& setting) {
  config.server.pid_file = setting.value == "off" ? std::string() : resolved(setting);
}

// A path, "-", or a daemon: syslog, journal, and either with ":/PATH" of its socket.
void set_log_file(Config& config, const Setting& setting) {
  constexpr std::array kDaemons = {std::tuple("syslog", LogTarget::kSyslog, "/dev/log"),
                                   std::tuple("journal", LogTarget::kJournal, "/run/systemd/journal/socket")};
  for (const auto& [name, target, socket] : kDaemons) {
    if (!setting.value.starts_with(name)) continue;
    const std::string_view path = setting.value.substr(std::string_view(name).size());
    if (!path.empty() && !path.starts_with(":/")) continue;
    config.log.target = target;
    config.log.file = path.empty() ? socket : socket_path(path.substr(1));
    return;
  }
  config.log.target = LogTarget::kFile;
  config.log.file = setting.value == "-" ? "-" : resolved(setting);
}

void set_access(Config& config, const Setting& setting) { config.log.access = access_log_file(setting); }

// Messages must not quote the address, as those of BadAddress do not: it may hold a password.
void set_database(Config& config, const Setting& setting) {
  try {
    sqlpool::Address address = sqlpool::parse_address(setting.value);
    for (std::string* file : {&address.path, &address.ca}) {
      if (!file->empty()) *file = (setting.directory / *file).lexically_normal().string();
    }
    config.accounts.database = std::move(address);
  } catch (const sqlpool::BadAddress& error) {
    throw BadValue(error.what());
  }
}

Setter session_time(std::chrono::milliseconds AccountsConfig::*member) {
  return [=](Config& config, const Setting& setting) {
    constexpr std::chrono::hours kMax(24 * 365 * 10);
    config.accounts.*member = parse_duration(setting.value, std::chrono::seconds(1), kMax);
  };
}

void set_origins(Config& config, const Setting& setting) {
  WebSocketConfig websocket = config.websocket;
  websocket.any_origin = setting.value == "any";
  websocket.origins.clear();
  if (!websocket.any_origin && setting.value != "same") {
    for_each_item(setting.value, [&websocket](std::string_view item) {
      const bool scheme = item.starts_with("https://") || item.starts_with("http://");
      if (!scheme || item.find('/', item.find("//") + 2) != std::string_view::npos) {
        throw BadValue(
            fmt::format("{} is not same, any or an origin, such as https://example.org", in_quotes(item)));
      }
      websocket.origins.emplace_back(item);
    });
  }
  config.websocket = std::move(websocket);
}

void set_ping(Config& config, const Setting& setting) {
  config.websocket.ping =
      parse_duration(setting.value, std::chrono::milliseconds(100), std::chrono::hours(24));
}

void set_visitors(Config& config, const Setting& setting) {
  StatusConfig visitors = config.status;
  visitors.allow_is_written = setting.value != "auto";
  visitors.any = setting.value == "any";
  visitors.loopback = !visitors.allow_is_written;
  visitors.addresses.clear();
  if (!visitors.any && visitors.allow_is_written) {
    for_each_item(setting.value, [&visitors](std::string_view item) {
      if (item == "loopback") {
        visitors.loopback = true;
        return;
      }
      if (item == kUnixClient) return visitors.addresses.emplace_back(item), void();
      const bool ipv4 = item.find(':') == std::string_view::npos;
      const auto address =
          net::SocketAddress::parse(ipv4 ? fmt::format("{}:0", item) : fmt::format("[{}]:0", item));
      if (!address)
        throw BadValue(fmt::format("{} is not any, loopback, unix: or an address", in_quotes(item)));
      visitors.addresses.push_back(address->host());  // As clients' are written.
    });
  }
  config.status = std::move(visitors);
}

void set_trusted_proxies(Config& config, const Setting& setting) {
  std::vector<IpNetwork> networks;
  bool unix_clients = false;
  if (setting.value != "off") {
    for_each_item(setting.value, [&](std::string_view item) {
      if (item == kUnixClient) {
        unix_clients = true;
        return;
      }
      const auto network = IpNetwork::parse(item);
      if (!network)
        throw BadValue(fmt::format("{} is not off, nor ADDRESS, ADDRESS/BITS or unix:", in_quotes(item)));
      networks.push_back(*network);
    });
  }
  config.server.trusted_proxies = std::move(networks);
  config.server.trusts_unix_clients = unix_clients;
}

void set_request_rate(Config& config, const Setting& setting) {
  config.limits.requests_per_address = parse_rate(setting.value);
}

std::vector<Key> server_keys() {
  using S = ServerConfig;
  constexpr auto kServer = &Config::server;
  const std::initializer_list<std::pair<std::string_view, Trigger>> triggers = {{"lt", Trigger::kLevel},
                                                                                {"et", Trigger::kEdge}};
  return {
      {"server", "listen", listen(&Config::server)},
      {"server", "model",
       choice(kServer, &S::model,
              {{"proactor", Model::kProactor},
               {"reactor", Model::kReactor},
               {"multi-reactor", Model::kMultiReactor},
               {"io-uring", Model::kIoUring},
               {"auto", Model::kAuto}})},
      {"server", "accept",
       choice(kServer, &S::accept,
              {{"loop", Accept::kLoop}, {"thread", Accept::kThread}, {"reuseport", Accept::kReuseport}})},
      {"server", "listen_trigger", choice(kServer, &S::listen_trigger, triggers)},
      {"server", "conn_trigger", choice(kServer, &S::conn_trigger, triggers)},
      {"server", "oneshot", on_off(kServer, &S::oneshot)},
      {"server", "loop_serves", on_off(kServer, &S::loop_serves)},
      {"server", "workers", number(kServer, &S::workers, 0, 1024)},
      {"server", "loops", number(kServer, &S::loops, 0, 1024)},
      {"server", "receive_buffers", number(kServer, &S::receive_buffers, 1, 32768)},
      {"server", "backlog", number(kServer, &S::backlog, 1, 65535)},
      {"server", "max_connections", number(kServer, &S::max_connections, 0, 10'000'000)},
      {"server", "defer_accept", on_off(kServer, &S::defer_accept)},
      {"server", "linger", on_off(kServer, &S::linger)},
      {"server", "http2", on_off(kServer, &S::http2)},
      {"server", "h2c", on_off(kServer, &S::h2c)},
      {"server", "trusted_proxies", set_trusted_proxies},
      {"server", "forwarding_field",
       choice(kServer, &S::forwarding_field,
              {{"x-forwarded-for", http::TrustedProxies::Field::kXForwardedFor},
               {"forwarded", http::TrustedProxies::Field::kForwarded}})},
      {"server", "proxy_protocol", on_off(kServer, &S::proxy_protocol)},
      {"server", "socket_mode",
       [](Config& config, const Setting& setting) { config.server.socket_mode = parse_mode(setting.value); }},
      {"server", "user", account_name(&S::user)},
      {"server", "group", account_name(&S::group)},
      {"server", "sandbox", on_off(kServer, &S::sandbox)},
      {"server", "core_dumps", on_off(kServer, &S::core_dumps)},
      {"server", "pid_file", set_pid_file},
  };
}

// All keys outside [server] and [site].
std::vector<Key> other_keys() {
  constexpr auto kTls = &Config::tls;
  constexpr auto kLimits = &Config::limits;
  constexpr auto kLog = &Config::log;
  constexpr auto kAccounts = &Config::accounts;
  constexpr auto kWebSocket = &Config::websocket;
  using T = TimeoutsConfig;
  using L = LimitsConfig;
  using G = LogConfig;
  using A = AccountsConfig;
  using W = WebSocketConfig;
  return {
      {"tls", "listen", listen(kTls)},
      {"tls", "certificate", files(&TlsConfig::certificates)},
      {"tls", "private_key", files(&TlsConfig::private_keys)},
      {"tls", "ocsp_response", files(&TlsConfig::ocsp_responses)},
      {"tls", "min_version",
       choice(kTls, &TlsConfig::min_version, {{"1.2", tls::Version::k12}, {"1.3", tls::Version::k13}})},
      {"tls", "redirect_http", on_off(kTls, &TlsConfig::redirect_http)},
      {"tls", "hsts", set_hsts},

      {"timeouts", "handshake", timeout(&T::handshake)},
      {"timeouts", "header", timeout(&T::header)},
      {"timeouts", "body", timeout(&T::body)},
      {"timeouts", "send", timeout(&T::send)},
      {"timeouts", "keepalive", timeout(&T::keepalive)},
      {"timeouts", "queue", timeout(&T::queue)},
      {"timeouts", "shutdown", timeout(&T::shutdown)},

      {"limits", "request_line", size(kLimits, &L::request_line, 64, kMi)},
      {"limits", "headers", size(kLimits, &L::headers, 128, kMi)},
      {"limits", "header_fields", number(kLimits, &L::header_fields, 1, 10'000)},
      {"limits", "body", size(kLimits, &L::body, 0, 1024 * kGi)},
      {"limits", "body_rate", size(kLimits, &L::body_rate, 1, kGi, Zero::kAllowed)},
      {"limits", "keepalive_requests", number(kLimits, &L::keepalive_requests, 1, 1'000'000'000)},
      {"limits", "http2_streams", number(kLimits, &L::http2_streams, 1, 10'000)},
      {"limits", "ranges", number(kLimits, &L::ranges, 1, 1000)},
      {"limits", "blocking_queue", number(kLimits, &L::blocking_queue, 1, 100'000)},
      {"limits", "request_queue", number(kLimits, &L::request_queue, 1, 1'000'000)},
      {"limits", "connections_per_address", number(kLimits, &L::connections_per_address, 0, 1'000'000)},
      {"limits", "requests_per_address", set_request_rate},
      {"limits", "cache_files", number(kLimits, &L::cache_files, 1, 1'000'000)},
      {"limits", "cache_memory", size(kLimits, &L::cache_memory, kMi, 1024 * kGi)},
      {"limits", "handshakes", number(kLimits, &L::handshakes, 1, 65'000)},
      {"limits", "memory", size(kLimits, &L::memory, kMi, 1024 * kGi, Zero::kAllowed)},

      {"log", "level",
       choice(kLog, &G::level,
              {{"debug", LogLevel::kDebug},
               {"info", LogLevel::kInfo},
               {"warn", LogLevel::kWarn},
               {"error", LogLevel::kError},
               {"off", LogLevel::kOff}})},
      {"log", "file", set_log_file},
      {"log", "mode", choice(kLog, &G::mode, {{"sync", LogMode::kSync}, {"async", LogMode::kAsync}})},
      {"log", "access", set_access},
      {"log", "access_format",
       choice(kLog, &G::access_format,
              {{"combined", AccessFormat::kCombined}, {"json", AccessFormat::kJson}})},
      {"log", "rotate_size", size(kLog, &G::rotate_size, 4 * kKi, 1024 * kGi, Zero::kAllowed)},
      {"log", "rotate_daily", on_off(kLog, &G::rotate_daily)},
      {"log", "rotate_keep", number(kLog, &G::rotate_keep, 1, 1000)},

      {"accounts", "enabled", on_off(kAccounts, &A::enabled)},
      {"accounts", "database", set_database},
      {"accounts", "connections", number(kAccounts, &A::connections, 1, 1024)},
      {"accounts", "session_lifetime", session_time(&A::session_lifetime)},
      {"accounts", "session_idle", session_time(&A::session_idle)},

      {"websocket", "origins", set_origins},
      {"websocket", "frame", size(kWebSocket, &W::frame, 125, kGi)},
      {"websocket", "message", size(kWebSocket, &W::message, 125, kGi)},
      {"websocket", "outbox", size(kWebSocket, &W::outbox, kKi, kGi)},
      {"websocket", "ping", set_ping},
      {"websocket", "deflate", on_off(kWebSocket, &W::deflate)},

      {"status", "enabled", on_off(&Config::status, &StatusConfig::enabled)},
      {"status", "listen", listen(&Config::status)},
      {"status", "allow", set_visitors},
      {"status", "trace", on_off(&Config::status, &StatusConfig::trace)},
  };
}

std::vector<Key> make_keys() {
  std::vector<Key> keys = server_keys();
  for (const auto& part : {site_keys(), other_keys()}) keys.insert(keys.end(), part.begin(), part.end());
  return keys;
}

bool matches(std::string_view pattern, std::string_view name) {
  if (!pattern.ends_with(kAnyDigits)) return pattern == name;
  const std::string_view stem = pattern.substr(0, pattern.size() - kAnyDigits.size());
  return name.size() == pattern.size() && name.starts_with(stem) &&
         name.find_first_not_of("0123456789", stem.size()) == std::string_view::npos;
}

}  // namespace

std::span<const Key> all_keys() {
  static const std::vector<Key> table = make_keys();
  return table;
}

bool is_section(std::string_view section) {
  const auto keys = all_keys();
  return std::any_of(keys.begin(), keys.end(), [&](const Key& key) { return key.section == section; });
}

const Key* find_key(std::string_view section, std::string_view name) {
  for (const Key& key : all_keys()) {
    if (key.section == section && matches(key.name, name)) return &key;
  }
  return nullptr;
}

std::string suggest_section(std::string_view section) {
  std::vector<std::string_view> names;
  for (const Key& key : all_keys()) names.push_back(key.section);
  return did_you_mean(nearest(section, names));
}

std::string suggest_key(std::string_view section, std::string_view name) {
  std::vector<std::string_view> here;
  std::vector<std::string_view> anywhere;
  for (const Key& key : all_keys()) {
    anywhere.push_back(key.name);
    if (key.section == section) here.push_back(key.name);
  }
  if (const std::string_view near = nearest(name, here); !near.empty()) return did_you_mean(near);

  const std::string_view near = nearest(name, anywhere);
  for (const Key& key : all_keys()) {
    if (key.name == near) return did_you_mean(fmt::format("{}.{}", key.section, key.name));
  }
  return {};
}

}  // namespace pollux::server
