#include "server/config/fixed_keys.h"

#include <array>

namespace pollux::server {

namespace {

struct FixedKey {
  std::string_view name;
  bool (*differ)(const Config& a, const Config& b);
  void (*copy)(const Config& from, Config& to);
};

template <auto Section, auto Key>
constexpr FixedKey fixed(std::string_view name) {
  return {name, [](const Config& a, const Config& b) { return a.*Section.*Key != b.*Section.*Key; },
          [](const Config& from, Config& to) { to.*Section.*Key = from.*Section.*Key; }};
}

constexpr std::array kFixedKeys = {
    fixed<&Config::server, &ServerConfig::model>("server.model"),
    fixed<&Config::server, &ServerConfig::accept>("server.accept"),
    fixed<&Config::server, &ServerConfig::listen_trigger>("server.listen_trigger"),
    fixed<&Config::server, &ServerConfig::conn_trigger>("server.conn_trigger"),
    fixed<&Config::server, &ServerConfig::oneshot>("server.oneshot"),
    fixed<&Config::server, &ServerConfig::loop_serves>("server.loop_serves"),
    fixed<&Config::server, &ServerConfig::workers>("server.workers"),
    fixed<&Config::server, &ServerConfig::loops>("server.loops"),
    fixed<&Config::server, &ServerConfig::receive_buffers>("server.receive_buffers"),
    fixed<&Config::server, &ServerConfig::user>("server.user"),
    fixed<&Config::server, &ServerConfig::group>("server.group"),
    fixed<&Config::server, &ServerConfig::sandbox>("server.sandbox"),
    fixed<&Config::server, &ServerConfig::core_dumps>("server.core_dumps"),
    fixed<&Config::server, &ServerConfig::pid_file>("server.pid_file"),
    fixed<&Config::limits, &LimitsConfig::request_queue>("limits.request_queue"),
    fixed<&Config::limits, &LimitsConfig::handshakes>("limits.handshakes"),
    fixed<&Config::log, &LogConfig::mode>("log.mode"),
};

}  // namespace

std::vector<std::string_view> keep_fixed_keys(const Config& written, const Config& running, Config& fresh) {
  std::vector<std::string_view> kept;
  for (const FixedKey& key : kFixedKeys) {
    if (key.differ(written, fresh)) kept.push_back(key.name);
    key.copy(running, fresh);
  }
  return kept;
}

}  // namespace pollux::server
