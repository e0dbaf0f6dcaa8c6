#include "server/listen/listening_sockets.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "log/logger.h"
#include "net/listening_socket.h"
#include "server/concurrency_model.h"

namespace pollux::server {

namespace {

// The key for a socket of this name; empty: there is none.
std::string_view key_of(std::string_view name) {
  if (name == "http") return "server.listen";
  if (name == "https") return "tls.listen";
  if (name == "status") return "status.listen";
  return {};
}

bool takes_both_families(int socket, const net::SocketAddress& address) {
  int only = 1;
  socklen_t size = sizeof only;
  return address.family() == AF_INET6 && address.host() == "::" &&
         ::getsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, &only, &size) == 0 && only == 0;
}

bool is_every_ipv4(const ListenAddress& address) { return address.host == "0.0.0.0"; }

ListenAddress configured(const net::SocketAddress& address) { return {address.host(), address.port()}; }

net::ListenOptions listen_options(const ServerConfig& config) {
  return {.backlog = static_cast<int>(config.backlog),
          .deferred = config.defer_accept,
          .reuse_port = config.accept == Accept::kReuseport};
}

std::size_t wanted(const ServerConfig& config) {
  const bool one_each = config.accept == Accept::kReuseport && serves_in_loops(config.model);
  return one_each ? or_cores(config.loops) : 1;
}

std::string called(const std::string& name) { return name.empty() ? name : fmt::format(" ({})", name); }

}  // namespace

std::string text_of(const NamedAddress& place) {
  return fmt::format("{} {}", place.key, place.address.text());
}

ListeningSockets::ListeningSockets(std::vector<InheritedSocket> given) {
  for (InheritedSocket& socket : given) {
    const auto address = net::SocketAddress::of_socket(socket.fd.get());
    const bool both = takes_both_families(socket.fd.get(), address);
    if (both) ports_of_both_families_.push_back(address.port());
    const std::string_view key = key_of(socket.name);
    if (!key.empty()) named_.push_back({key, configured(address)});
    sockets_.push_back({.fd = std::move(socket.fd),
                        .address = address,
                        .name = std::move(socket.name),
                        .place = std::move(socket.place),
                        .both_families = both});
  }
}

void ListeningSockets::put_names_into(Config& config) const {
  const auto put = [this](std::string_view key, std::vector<ListenAddress>& addresses) {
    std::vector<ListenAddress> named;
    for (const NamedAddress& given : named_) {
      const bool known = std::find(named.begin(), named.end(), given.address) != named.end();
      if (given.key == key && !known) named.push_back(given.address);
    }
    if (!named.empty()) addresses = std::move(named);
  };
  put("server.listen", config.server.listen);
  put("tls.listen", config.tls.listen);
  put("status.listen", config.status.listen);
}

void ListeningSockets::open_all(const Config& config) {
  std::vector<NamedAddress> places = addresses_of(config);
  for (NamedAddress& place : places) place.address.proxy = false;  // The socket is the same.
  find_places(places);
  close_unused();
  const net::ListenOptions options = listen_options(config.server);
  for (const Socket& socket : sockets_) net::take_over(socket.fd.get(), options);
  for (const NamedAddress& place : places) {
    if (place.address.is_unix() || has(text_of(place)) || is_brought_by_another(place)) continue;
    make(config.server, place);
  }
}

bool ListeningSockets::has(const std::string& place) const {
  return std::any_of(sockets_.begin(), sockets_.end(),
                     [&place](const Socket& socket) { return socket.place == place; });
}

bool ListeningSockets::is_brought_by_another(const NamedAddress& place) const {
  const auto& ports = ports_of_both_families_;
  return is_every_ipv4(place.address) && !has(text_of(place)) &&
         std::find(ports.begin(), ports.end(), place.address.port) != ports.end();
}

void ListeningSockets::find_places(const std::vector<NamedAddress>& places) {
  const auto is_configured = [&places](const std::string& text) {
    return std::any_of(places.begin(), places.end(),
                       [&text](const NamedAddress& place) { return text_of(place) == text; });
  };
  const auto find = [this, &places](const auto& fits) {
    for (Socket& socket : sockets_) {
      if (!socket.place.empty()) continue;
      const std::string_view key = key_of(socket.name);
      const auto place = std::find_if(places.begin(), places.end(), [&](const NamedAddress& candidate) {
        return (key.empty() || key == candidate.key) && fits(socket, candidate.address);
      });
      if (place != places.end()) socket.place = text_of(*place);
    }
  };
  for (Socket& socket : sockets_) {
    if (!is_configured(socket.place)) socket.place.clear();
  }
  find([](const Socket& socket, const ListenAddress& address) {
    return configured(socket.address) == address;
  });
  find([](const Socket& socket, const ListenAddress& address) {
    return socket.both_families && is_every_ipv4(address) && address.port == socket.address.port();
  });
}

void ListeningSockets::close_unused() {
  for (const Socket& socket : sockets_) {
    if (!socket.place.empty()) continue;
    log::warn("the socket {}{} that was given is not in the configuration: closed",
              socket.address.to_string(), called(socket.name));
  }
  sockets_.erase(std::remove_if(sockets_.begin(), sockets_.end(),
                                [](const Socket& socket) { return socket.place.empty(); }),
                 sockets_.end());
}

void ListeningSockets::make(const ServerConfig& config, const NamedAddress& place) {
  auto address = net::SocketAddress::parse(place.address.text());
  if (!address) throw std::runtime_error("cannot listen on " + place.address.text() + ": not an address");
  for (std::size_t i = 0; i < wanted(config); ++i) {
    UniqueFd fd = net::listen_on(*address, listen_options(config));
    address = net::SocketAddress::of_socket(fd.get());  // The real port, for the sockets that share it.
    sockets_.push_back({.fd = std::move(fd),
                        .address = *address,
                        .name = {},
                        .place = text_of(place),
                        .both_families = false});
  }
}

ListeningSockets::Open ListeningSockets::take(const NamedAddress& place) {
  const std::string text = text_of(place);
  Open open;
  // Several places may look the same, with port 0.
  const auto is_ours = [&open, &text](const Socket& socket) {
    return socket.place == text &&
           (open.sockets.empty() || configured(socket.address) == configured(open.address));
  };
  for (Socket& socket : sockets_) {
    if (!is_ours(socket)) continue;
    open.address = socket.address;
    open.name = socket.name;
    open.sockets.push_back(std::move(socket.fd));
  }
  sockets_.erase(
      std::remove_if(sockets_.begin(), sockets_.end(), [](const Socket& socket) { return !socket.fd; }),
      sockets_.end());
  return open;
}

}  // namespace pollux::server
