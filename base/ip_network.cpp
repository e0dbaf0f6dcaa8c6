#include "base/ip_network.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace pollux {

namespace {

constexpr std::array<unsigned char, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
constexpr unsigned kMappedBits = 96;

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string terminated(text);
  IpAddress address;
  if (::inet_pton(AF_INET6, terminated.c_str(), address.octets_.data()) == 1) return address;
  std::copy(kMapped.begin(), kMapped.end(), address.octets_.begin());
  if (::inet_pton(AF_INET, terminated.c_str(), &address.octets_[kMapped.size()]) == 1) return address;
  return std::nullopt;
}

bool IpAddress::is_ipv4() const { return std::equal(kMapped.begin(), kMapped.end(), octets_.begin()); }

bool IpAddress::is_loopback() const {
  if (is_ipv4()) return octets_[kMapped.size()] == 127;
  IpAddress loopback;
  loopback.octets_.back() = 1;
  return *this == loopback;
}

std::string_view IpAddress::client_octets() const {
  const std::string_view octets(reinterpret_cast<const char*>(octets_.data()), octets_.size());
  return is_ipv4() ? octets.substr(kMapped.size()) : octets.substr(0, 8);
}

std::uint64_t IpAddress::network() const {
  std::uint64_t network = 0;
  for (const char octet : client_octets()) network = network << 8U | static_cast<unsigned char>(octet);
  return network;
}

std::optional<IpNetwork> IpNetwork::parse(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  IpNetwork network;
  network.address_ = *address;
  if (slash == text.size()) return network;
  const std::string_view digits = text.substr(slash + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), network.bits_);
  const bool ipv4 = text.find(':') == std::string_view::npos;
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  if (network.bits_ > (ipv4 ? 32U : 128U)) return std::nullopt;
  if (ipv4) network.bits_ += kMappedBits;
  return network;
}

bool IpNetwork::contains(const IpAddress& address) const {
  const unsigned whole = bits_ / 8;
  const auto& ours = address_.octets_;
  if (!std::equal(ours.begin(), ours.begin() + whole, address.octets_.begin())) return false;
  const unsigned rest = bits_ % 8;
  return rest == 0 || (ours[whole] ^ address.octets_[whole]) >> (8 - rest) == 0;
}

std::string client_key(std::string_view address) {
  const auto parsed = IpAddress::parse(address);
  return std::string(parsed ? parsed->client_octets() : address);
}

}  // namespace pollux
