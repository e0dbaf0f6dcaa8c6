#include "castor/target.h"

#include <fmt/format.h>
#include <ifaddrs.h>
#include <poll.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <unordered_map>

#include "client/socket.h"
#include "http/chars.h"
#include "http/lists.h"

namespace pollux::castor {

namespace {

constexpr int kProbeTime = 1000;  // Milliseconds.

bool has_field(const Options& options, std::string_view name) {
  return std::any_of(options.fields.begin(), options.fields.end(), [&](const client::HeaderField& field) {
    return http::equals_ignoring_case(field.name, name);
  });
}

bool has_content_length(const Ask& ask) {
  return !ask.body.empty() || ask.method == "POST" || ask.method == "PUT";
}

std::string format_request(const Options& options, const Ask& ask, const client::Url& url) {
  const std::string target = options.proxy.empty() ? url.target : url.to_string();
  if (options.version == HttpVersion::k09) return "GET " + target + "\r\n";
  const bool http11 = options.version == HttpVersion::k11;
  std::string text = fmt::format("{} {} HTTP/1.{}\r\n", ask.method, target, http11 ? 1 : 0);
  if (!has_field(options, "Host")) text += "Host: " + url.authority() + "\r\n";
  if (!has_field(options, "User-Agent"))
    text += options.webbench ? "User-Agent: WebBench 1.5\r\n" : "User-Agent: castor\r\n";
  if (!has_field(options, "Connection")) {
    if (http11 && !options.keep_alive) text += "Connection: close\r\n";
    if (!http11 && options.keep_alive) text += "Connection: keep-alive\r\n";
  }
  if (options.reload) text += "Pragma: no-cache\r\n";
  for (const auto& [name, value] : options.fields)
    text.append(name).append(": ").append(value).append("\r\n");
  if (has_content_length(ask)) text += fmt::format("Content-Length: {}\r\n", ask.body.size());
  return text + "\r\n" + ask.body;
}

std::string lower(std::string_view text) {
  std::string lowered(text);
  std::transform(lowered.begin(), lowered.end(), lowered.begin(), http::to_lower);
  return lowered;
}

// RFC 9113 8.3.1
PreparedRequest prepare_http2(const Options& options, const Ask& ask, const client::Url& url) {
  PreparedRequest request{.octets = ask.body};
  std::string authority = url.authority();
  for (const auto& [name, value] : options.fields) {
    if (http::equals_ignoring_case(name, "Host")) authority = value;
  }
  request.fields = {{":method", ask.method},
                    {":scheme", url.https ? "https" : "http"},
                    {":authority", authority},
                    {":path", url.target}};
  if (!has_field(options, "User-Agent")) request.fields.push_back({"user-agent", "castor"});
  if (options.reload) request.fields.push_back({"pragma", "no-cache"});
  for (const auto& [name, value] : options.fields) {
    if (!http::equals_ignoring_case(name, "Host")) request.fields.push_back({lower(name), value});
  }
  if (has_content_length(ask)) request.fields.push_back({"content-length", std::to_string(ask.body.size())});
  return request;
}

// Formats the request of the URL at this index.
PreparedRequest prepare(const Options& options, std::uint32_t number, const client::Url& url) {
  const Ask ask = options.asks.empty() ? Ask{1, options.method, options.body} : options.asks[number];
  PreparedRequest request = options.version == HttpVersion::k2
                                ? prepare_http2(options, ask, url)
                                : PreparedRequest{.octets = format_request(options, ask, url)};
  request.url = number;
  request.head = ask.method == "HEAD";
  request.weight = ask.weight;
  return request;
}

bool accepts(const net::SocketAddress& address) {
  const client::Connecting connecting = client::start_connecting(address);
  if (!connecting.fd) return false;
  pollfd ready{.fd = connecting.fd.get(), .events = POLLOUT, .revents = 0};
  return ::poll(&ready, 1, kProbeTime) == 1 && client::socket_error(connecting.fd.get()) == 0;
}

// "localhost" may be ::1 and 127.0.0.1, and a server may listen at only one of them.
net::SocketAddress choose(const std::vector<net::SocketAddress>& addresses) {
  if (addresses.size() == 1) return addresses.front();
  const auto found = std::find_if(addresses.begin(), addresses.end(), accepts);
  return found == addresses.end() ? addresses.front() : *found;
}

void keep_family(std::vector<net::SocketAddress>& addresses, int family, const std::string& missing) {
  std::erase_if(addresses, [&](const auto& address) { return address.family() != family; });
  if (addresses.empty()) throw StartError(missing);
}

net::SocketAddress address_of(const std::string& host, std::uint16_t port, const Options& options) {
  client::Resolved resolved = client::resolve(host, port);
  if (resolved.addresses.empty()) throw StartError(host + ": " + resolved.error);
  if (options.family != AF_UNSPEC) {
    keep_family(resolved.addresses, options.family,
                fmt::format("{} has no IPv{} address", host, options.family == AF_INET ? 4 : 6));
  }
  if (!options.source_addresses.empty())
    keep_family(resolved.addresses, AF_INET, host + " has no IPv4 address, as --source-addresses have");
  for (const net::SocketAddress& address : resolved.addresses) {
    if (options.foreign || is_this_machine(address)) continue;
    throw UsageError(
        fmt::format("{} ({}) is not this machine. If it is yours to load, say --yes-this-is-my-server", host,
                    address.host()));
  }
  return choose(resolved.addresses);
}

// The address of the origin, or the one that --connect-to names for it.
net::SocketAddress address_of_origin(const client::Url& url, const Options& options) {
  for (const HostMapping& mapping : options.connect_to) {
    const bool host = mapping.host.empty() || lower(mapping.host) == url.host;
    if (!host || (mapping.port != 0 && mapping.port != url.port)) continue;
    return address_of(mapping.to, mapping.to_port != 0 ? mapping.to_port : url.port, options);
  }
  return address_of(url.host, url.port, options);
}

client::Url parse_url(const std::string& text) {
  const auto url = client::Url::parse(text);
  if (!url) throw UsageError("not an http or https URL: " + text);
  return *url;
}

Origin make_origin(const client::Url& url, const Options& options) {
  Origin origin{
      .host = url.host, .address = {}, .unix_path = options.unix_path, .https = url.https, .requests = {}};
  if (!options.unix_path.empty()) return origin;
  // Through a proxy the load still reaches the origin, so that must be ours as well. Otherwise the proxy
  // looks its name up.
  if (options.proxy.empty() || !options.foreign) origin.address = address_of_origin(url, options);
  if (!options.proxy.empty()) {
    const client::Url proxy = parse_url("http://" + options.proxy);
    origin.address = address_of(proxy.host, proxy.port, options);
  }
  return origin;
}

}  // namespace

Targets Targets::of(const Options& options) {
  Targets targets;
  std::unordered_map<std::string, std::size_t> places;  // Of origins, by name.
  for (std::uint32_t number = 0; number < options.urls.size(); ++number) {
    const client::Url url = parse_url(options.urls[number]);
    if (url.https && !options.proxy.empty()) throw UsageError("--proxy: http only");
    if (url.https && options.version == HttpVersion::k09) throw UsageError("HTTP/0.9 knows no https");
    targets.https = targets.https || url.https;
    const auto [found, is_new] = places.emplace(url.origin(), targets.origins.size());
    if (is_new) targets.origins.push_back(make_origin(url, options));
    targets.origins[found->second].requests.push_back(prepare(options, number, url));
  }
  for (const std::string& source : options.source_addresses) {
    targets.sources.push_back(net::SocketAddress::parse(source + ":0").value());
  }
  return targets;
}

std::shared_ptr<const tls::ClientContext> make_tls(const Options& options) {
  using Context = tls::ClientContext;
  const bool http2 = options.version == HttpVersion::k2;
  try {
    return std::make_shared<Context>(
        Context::Options{.ca_file = options.ca_file,
                         .verify = !options.insecure,
                         .offer = http2 ? Context::Offer::kHttp2 : Context::Offer::kHttp1});
  } catch (const tls::Error& error) {
    throw StartError(error.what());
  }
}

bool is_this_machine(const net::SocketAddress& address) {
  const std::string host = address.host();
  if (host.starts_with("127.") || host == "::1") return true;
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return false;
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, ::freeifaddrs);
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr) continue;
    const int family = entry->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    net::SocketAddress own;
    std::memcpy(own.data(), entry->ifa_addr, family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
    if (own.host() == host) return true;
  }
  return false;
}

}  // namespace pollux::castor
