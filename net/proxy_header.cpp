#include "net/proxy_header.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace pollux::net {

namespace {

using State = ProxyHeader::State;

constexpr std::string_view kLine = "PROXY ";                        // Version 1,
constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);  // and version 2.
constexpr std::size_t kMaxLine = 107;                               // With its CRLF.
constexpr std::size_t kFixed = 16;                                  // Octets before the addresses.
constexpr ProxyHeader kIncomplete{.state = State::kIncomplete, .client = {}};
constexpr ProxyHeader kMalformed{.state = State::kMalformed, .client = {}};

ProxyHeader complete(std::size_t octets, const std::optional<SocketAddress>& client = std::nullopt) {
  return {.state = State::kComplete, .octets = octets, .client = client};
}

// Whether `octets` may still become either version.
bool begins_alike(std::string_view a, std::string_view b) {
  const std::size_t common = std::min(a.size(), b.size());
  return a.substr(0, common) == b.substr(0, common);
}

// --- Version 1 -----------------------------------------------------------------------------------

// Removes and returns the text before the next space, and drops the space. std::nullopt: there is none.
std::optional<std::string_view> next_word(std::string_view& text) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const std::string_view word = text.substr(0, space);
  text.remove_prefix(space + 1);
  return word;
}

std::optional<std::uint16_t> port_of(std::string_view text) {
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

std::optional<SocketAddress> address_of(int family, std::string_view host, std::string_view port) {
  const auto number = port_of(port);
  const auto address = SocketAddress::of_host(host, number.value_or(0));
  if (!number || !address || address->family() != family) return std::nullopt;
  return address;
}

// The text after "PROXY TCP4 ": source, destination, and their ports.
std::optional<SocketAddress> source_of(int family, std::string_view text) {
  const auto source = next_word(text);
  const auto destination = next_word(text);
  const auto port = next_word(text);
  if (!port || !address_of(family, *destination, text)) return std::nullopt;
  return address_of(family, *source, *port);
}

ProxyHeader read_line(std::string_view octets) {
  const std::string_view line = octets.substr(0, kMaxLine);
  const std::size_t end = line.find_first_of("\r\n");
  if (end == std::string_view::npos) return line.size() == kMaxLine ? kMalformed : kIncomplete;
  if (line.substr(end) == "\r" && line.size() < kMaxLine) return kIncomplete;
  if (!line.substr(end).starts_with("\r\n")) return kMalformed;

  const std::string_view text = line.substr(kLine.size(), end - kLine.size());
  const std::size_t octets_read = end + 2;
  if (text == "UNKNOWN" || text.starts_with("UNKNOWN ")) return complete(octets_read);
  const bool ipv4 = text.starts_with("TCP4 ");
  if (!ipv4 && !text.starts_with("TCP6 ")) return kMalformed;
  const auto client = source_of(ipv4 ? AF_INET : AF_INET6, text.substr(5));
  return client ? complete(octets_read, client) : kMalformed;
}

// --- Version 2 -----------------------------------------------------------------------------------

// Kinds of client, as the header's 14th octet names them.
constexpr unsigned kTcp4 = 0x11;
constexpr unsigned kTcp6 = 0x21;

unsigned octet(std::string_view octets, std::size_t at) { return static_cast<unsigned char>(octets[at]); }

std::uint16_t number(std::string_view octets, std::size_t at) {
  return static_cast<std::uint16_t>(octet(octets, at) << 8U | octet(octets, at + 1));
}

// `addresses`: source, destination, and their ports; each address has `size` octets.
ProxyHeader with_source(std::size_t octets_read, std::string_view addresses, std::size_t size) {
  if (addresses.size() < 2 * size + 4) return kMalformed;
  return complete(octets_read,
                  SocketAddress::of_octets(addresses.substr(0, size), number(addresses, 2 * size)));
}

ProxyHeader read_block(std::string_view octets) {
  if (octets.size() > 12) {
    const unsigned version_and_command = octet(octets, 12);
    if (version_and_command != 0x20 && version_and_command != 0x21) return kMalformed;
  }
  if (octets.size() < kFixed) return kIncomplete;
  const bool local = octet(octets, 12) == 0x20;  // The load balancer's own, such as a health check.
  const unsigned kind = octet(octets, 13);
  if (!local && (kind >> 4U > 3 || (kind & 0xFU) > 2)) return kMalformed;
  const std::size_t whole = kFixed + number(octets, 14);
  if (whole > kMaxProxyHeader) return kMalformed;
  if (octets.size() < whole) return kIncomplete;
  const std::string_view addresses = octets.substr(kFixed, whole - kFixed);
  if (!local && kind == kTcp4) return with_source(whole, addresses, 4);
  if (!local && kind == kTcp6) return with_source(whole, addresses, 16);
  return complete(whole);
}

}  // namespace

ProxyHeader read_proxy_header(std::string_view octets) {
  if (begins_alike(octets, kSignature))
    return octets.size() < kSignature.size() ? kIncomplete : read_block(octets);
  if (begins_alike(octets, kLine)) return octets.size() < kLine.size() ? kIncomplete : read_line(octets);
  return kMalformed;
}

}  // namespace pollux::net
