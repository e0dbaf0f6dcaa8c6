#include "server/config/config_value.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

#include "log/escape.h"

namespace pollux::server {

namespace {

constexpr std::uint64_t kLargest = std::numeric_limits<std::uint64_t>::max();

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array<Unit, 4> kSizes = {{{"", 1}, {"k", 1ULL << 10}, {"m", 1ULL << 20}, {"g", 1ULL << 30}}};
constexpr std::uint64_t kHour = 3'600'000;  // Milliseconds.
constexpr std::array<Unit, 8> kTimes = {{{"", 1000},
                                         {"ms", 1},
                                         {"s", 1000},
                                         {"m", 60'000},
                                         {"h", kHour},
                                         {"d", 24 * kHour},
                                         {"w", 7 * 24 * kHour},
                                         {"y", 365 * 24 * kHour}}};

constexpr std::array<Unit, 3> kPeriods = {{{"/s", 1000}, {"/m", 60'000}, {"/h", kHour}}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpaces = " \t";
  const std::size_t begin = text.find_first_not_of(kSpaces);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpaces) - begin + 1);
}

// Caps at kLargest: a number this large exceeds every limit, and so gets the right message.
std::uint64_t capped_multiply(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? kLargest : product;
}

// std::nullopt: not all digits. Leading zeros are decimal, too.
std::optional<std::uint64_t> capped_digits(std::string_view text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    value = capped_multiply(value, 10);
    if (__builtin_add_overflow(value, static_cast<std::uint64_t>(c - '0'), &value)) value = kLargest;
  }
  return value;
}

template <std::size_t N>
std::optional<std::uint64_t> capped_with_unit(std::string_view text, const std::array<Unit, N>& units) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const auto length = static_cast<std::size_t>(end - text.begin());
  const std::optional<std::uint64_t> number = capped_digits(text.substr(0, length));
  const std::string name = lower(text.substr(length));
  const auto unit = std::find_if(units.begin(), units.end(), [&](const Unit& u) { return u.name == name; });
  if (!number || unit == units.end()) return std::nullopt;
  return capped_multiply(*number, unit->factor);
}

std::string duration_text(std::chrono::milliseconds time) {
  const auto count = static_cast<std::uint64_t>(time.count());
  if (count != 0 && count % kHour == 0) return fmt::format("{}h", count / kHour);
  return count % 1000 == 0 ? fmt::format("{}s", count / 1000) : fmt::format("{}ms", count);
}

// As inet_ntop(3) writes it, so that equal addresses are equal texts. std::nullopt: it is no numeric address.
std::optional<std::string> canonical_address(int family, const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> octets{};
  if (host.find('\0') != std::string::npos) return std::nullopt;
  if (::inet_pton(family, host.c_str(), octets.data()) != 1) return std::nullopt;
  std::array<char, INET6_ADDRSTRLEN> text{};
  return ::inet_ntop(family, octets.data(), text.data(), text.size());
}

// Splits "host:port". A port alone has an empty host.
std::pair<std::string_view, std::string_view> split_listen(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return {{}, text};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

// std::nullopt: not a numeric address, nor one of the few words that stand for one.
std::optional<std::string> listen_host(std::string_view host) {
  if (host.empty() || host == "*") return "0.0.0.0";
  if (host == "localhost") return "127.0.0.1";
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  const std::string bare(bracketed ? host.substr(1, host.size() - 2) : host);
  return canonical_address(bracketed ? AF_INET6 : AF_INET, bare);
}

}  // namespace

bool ListenAddress::loopback() const {
  if (is_unix()) return true;
  const auto address = IpAddress::parse(host);
  return address && address->is_loopback();
}

bool on_loopback(const std::vector<ListenAddress>& listeners) {
  return std::all_of(listeners.begin(), listeners.end(),
                     [](const ListenAddress& address) { return address.loopback(); });
}

std::string ListenAddress::text() const {
  if (is_unix()) return fmt::format("unix:{}", path);
  return ipv6() ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

std::string printable(std::string_view text) {
  constexpr std::size_t kShown = 200;
  std::string result = log::printable(text.substr(0, kShown));
  if (text.size() > kShown) result += "...";
  return result;
}

std::string in_quotes(std::string_view text) { return fmt::format("\"{}\"", printable(text)); }

std::uint64_t parse_number(std::string_view text, std::uint64_t min, std::uint64_t max) {
  const std::optional<std::uint64_t> value = capped_digits(text);
  if (!value) throw BadValue(fmt::format("{} is not a number", in_quotes(text)));
  if (*value < min || *value > max) {
    throw BadValue(fmt::format("{} is not within {} to {}", in_quotes(text), min, max));
  }
  return *value;
}

std::string size_text(std::uint64_t octets) {
  for (auto unit = kSizes.rbegin(); unit != kSizes.rend(); ++unit) {
    if (octets != 0 && octets % unit->factor == 0)
      return fmt::format("{}{}", octets / unit->factor, unit->name);
  }
  return "0";
}

std::uint64_t parse_size(std::string_view text, std::uint64_t min, std::uint64_t max) {
  const std::optional<std::uint64_t> value = capped_with_unit(text, kSizes);
  if (!value) throw BadValue(fmt::format("{} is not a size (as 512, 8k, 1m or 2g)", in_quotes(text)));
  if (*value < min || *value > max) {
    throw BadValue(fmt::format("{} is not within {} to {}", in_quotes(text), size_text(min), size_text(max)));
  }
  return *value;
}

std::chrono::milliseconds parse_duration(std::string_view text, std::chrono::milliseconds min,
                                         std::chrono::milliseconds max) {
  const std::optional<std::uint64_t> value = capped_with_unit(text, kTimes);
  if (!value) throw BadValue(fmt::format("{} is not a time (as 500ms, 15s, 2m, 1h or 30d)", in_quotes(text)));
  if (*value < static_cast<std::uint64_t>(min.count()) || *value > static_cast<std::uint64_t>(max.count())) {
    throw BadValue(
        fmt::format("{} is not within {} to {}", in_quotes(text), duration_text(min), duration_text(max)));
  }
  return std::chrono::milliseconds(*value);
}

http::Rate parse_rate(std::string_view text) {
  constexpr std::uint64_t kMax = 1'000'000;
  if (text == "0") return {};
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::optional<std::uint64_t> requests = capped_digits(text.substr(0, slash));
  const std::string period = lower(text.substr(slash));
  const auto unit =
      std::find_if(kPeriods.begin(), kPeriods.end(), [&](const Unit& u) { return u.name == period; });
  if (!requests || unit == kPeriods.end()) {
    throw BadValue(fmt::format("{} is not 0, nor a rate (as 20/s, 300/m or 5000/h)", in_quotes(text)));
  }
  if (*requests < 1 || *requests > kMax) {
    throw BadValue(fmt::format("{} is not within 1{} to {}{}", in_quotes(text), period, kMax, period));
  }
  return {static_cast<std::uint32_t>(*requests), std::chrono::milliseconds(unit->factor)};
}

std::string socket_path(std::string_view text) {
  constexpr std::size_t kMax = sizeof(sockaddr_un::sun_path) - 1;
  if (!text.starts_with('/') || text.ends_with('/')) {
    throw BadValue(fmt::format("{} is not the absolute path of a socket", in_quotes(text)));
  }
  if (text.size() > kMax) {
    throw BadValue(fmt::format("{} has {} octets, and the path of a socket may have {}", in_quotes(text),
                               text.size(), kMax));
  }
  return std::string(text);
}

std::uint32_t parse_mode(std::string_view text) {
  constexpr int kOctal = 8;
  std::uint32_t mode = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, kOctal);
  if (error != std::errc() || end != text.data() + text.size() || mode > 0777) {
    throw BadValue(fmt::format("{} is not a file mode (as 0660)", in_quotes(text)));
  }
  return mode;
}

bool parse_switch(std::string_view text) {
  if (text != "on" && text != "off") throw BadValue(fmt::format("{} is neither on nor off", in_quotes(text)));
  return text == "on";
}

std::optional<std::string_view> unquoted(std::string_view text) {
  constexpr char kQuote = '"';
  if (!text.starts_with(kQuote)) return text;
  const std::size_t close = text.find(kQuote, 1);
  if (close == std::string_view::npos) return std::nullopt;
  return close + 1 == text.size() ? text.substr(1, close - 1) : text;
}

std::vector<std::string_view> parse_list(std::string_view text) {
  std::vector<std::string_view> items;
  for_each_item(text, [&items](std::string_view item) { items.push_back(item); });
  return items;
}

void for_each_item(std::string_view text, const std::function<void(std::string_view item)>& use) {
  std::string faults;
  for (std::size_t begin = 0, comma = 0; comma != std::string_view::npos; begin = comma + 1) {
    comma = text.find(',', begin);
    const std::string_view item = trim(text.substr(begin, comma - begin));
    const std::string_view bare = unquoted(item).value_or(item);
    try {
      if (bare.empty()) throw BadValue("the list has an empty item");
      use(bare);
    } catch (const BadValue& fault) {
      faults.append(faults.empty() ? "" : "; ").append(fault.what());
    }
  }
  if (!faults.empty()) throw BadValue(faults);
}

ListenAddress parse_listen(std::string_view text) {
  constexpr std::string_view kProxy = " proxy";
  constexpr std::string_view kUnix = "unix:";
  if (text.ends_with(kProxy)) {
    ListenAddress address = parse_listen(trim(text.substr(0, text.size() - kProxy.size())));
    address.proxy = true;
    return address;
  }
  if (text.starts_with(kUnix)) {
    ListenAddress address;
    address.path = socket_path(text.substr(kUnix.size()));
    return address;
  }
  const auto [host_text, port_text] = split_listen(text);
  const std::optional<std::string> host = listen_host(host_text);
  const std::optional<std::uint64_t> port = capped_digits(port_text);
  if (!host || !port) {
    throw BadValue(
        fmt::format("{} is not ADDRESS:PORT with a numeric address (as 127.0.0.1:8080, [::1]:8080 or *:8080)",
                    in_quotes(text)));
  }
  if (*port > 65535) {
    throw BadValue(fmt::format("port {} is not within 0 to 65535", in_quotes(port_text)));
  }
  return {*host, static_cast<std::uint16_t>(*port)};
}

}  // namespace pollux::server
