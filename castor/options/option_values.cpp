#include "castor/options/option_values.h"

#include <arpa/inet.h>

#include <fstream>
#include <iterator>

#include "base/base64.h"
#include "http/field_line.h"

namespace pollux::castor {

namespace {

constexpr const char* kTime = "a time: 2, 500ms, 1m";

}  // namespace

[[noreturn]] void refuse(const std::string& what, std::string_view value, const char* wanted) {
  throw UsageError(fmt::format("{}: \"{}\" is not {}", what, value, wanted));
}

Seconds duration(const std::string& what, std::string_view text) {
  double count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit(end, text.data() + text.size());
  if (error != std::errc() || !(count >= 0 && count <= 1e6)) refuse(what, text, kTime);
  if (unit.empty() || unit == "s") return Seconds(count);
  if (unit == "ms") return Seconds(count / 1000);
  if (unit == "m") return Seconds(count * 60);
  if (unit == "h") return Seconds(count * 3600);
  refuse(what, text, kTime);
}

double parse_milliseconds(const std::string& what, std::string_view text) {
  if (text.find_first_not_of("0123456789.") == std::string_view::npos)
    return number<double>(what, text, 0, 1e9);
  return duration(what, text).count() * 1000;
}

client::HeaderField header(std::string_view text) {
  const auto field = http::parse_field_line(text);
  if (!field) refuse("--header", text, "\"Name: value\"");
  return {std::string(field->name), std::string(field->value)};
}

std::string body(const std::string& text) {
  if (!text.starts_with('@')) return text;
  std::ifstream file(text.substr(1), std::ios::binary);
  if (!file) throw UsageError("--body: cannot read " + text.substr(1));
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> addresses(const std::string& text) {
  const std::size_t dash = text.find('-');
  const std::string first_text = text.substr(0, dash);
  const std::string last_text = dash == std::string::npos ? first_text : text.substr(dash + 1);
  in_addr first{};
  in_addr last{};
  if (::inet_pton(AF_INET, first_text.c_str(), &first) != 1 ||
      ::inet_pton(AF_INET, last_text.c_str(), &last) != 1) {
    refuse("--source-addresses", text, "one IPv4 address or two with a dash");
  }
  const std::uint32_t from = ntohl(first.s_addr);
  const std::uint32_t to = ntohl(last.s_addr);
  if (to < from || to - from >= 1024) refuse("--source-addresses", text, "a range of up to 1024 addresses");
  std::vector<std::string> all;
  for (std::uint32_t i = 0; i <= to - from; ++i) {  // `to` may be the highest address.
    const std::uint32_t address = from + i;
    all.push_back(fmt::format("{}.{}.{}.{}", address >> 24U, address >> 16U & 255U, address >> 8U & 255U,
                              address & 255U));
  }
  return all;
}

namespace {

double parse_rate(std::string_view text) {
  if (text.ends_with("/s")) text.remove_suffix(2);
  return number<double>("--rate", text, 0.001, 1e8);
}

}  // namespace

RateRange rates(std::string_view text) {
  const std::size_t dots = text.find("..");
  if (dots == std::string_view::npos) return {parse_rate(text), std::nullopt};
  return {parse_rate(text.substr(0, dots)), parse_rate(text.substr(dots + 2))};
}

HostMapping host_mapping(const std::string& text) {
  static constexpr const char* kForm = "HOST:PORT:ADDRESS, as in example.org:443:127.0.0.1 or ::[::1]:8443";
  const std::size_t bracket = text.starts_with('[') ? text.find(']') : 0;
  const std::size_t host_end = bracket == std::string::npos ? bracket : text.find(':', bracket);
  const std::size_t port_end = host_end == std::string::npos ? host_end : text.find(':', host_end + 1);
  if (port_end == std::string::npos || port_end + 1 == text.size()) refuse("--connect-to", text, kForm);
  HostMapping mapping;
  mapping.host = text.substr(0, host_end);
  if (bracket > 0) mapping.host = mapping.host.substr(1, bracket - 1);
  const std::string port = text.substr(host_end + 1, port_end - host_end - 1);
  if (!port.empty()) mapping.port = number<std::uint16_t>("--connect-to", port, 1, 65535);
  mapping.to = text.substr(port_end + 1);
  const std::size_t colon = mapping.to.rfind(':');
  const bool bare_ipv6 = mapping.to.find(':') != colon && !mapping.to.starts_with('[');
  if (colon != std::string::npos && !bare_ipv6 && mapping.to.back() != ']') {
    mapping.to_port = number<std::uint16_t>("--connect-to", mapping.to.substr(colon + 1), 1, 65535);
    mapping.to.resize(colon);
  }
  if (mapping.to.starts_with('[') && mapping.to.ends_with(']'))
    mapping.to = mapping.to.substr(1, mapping.to.size() - 2);
  if (mapping.to.empty()) refuse("--connect-to", text, kForm);
  return mapping;
}

bool is_field_value(std::string_view text) {
  const std::string line = "Name: " + std::string(text);  // field->value points into it.
  const auto field = http::parse_field_line(line);
  return field && field->value == text;
}

client::HeaderField basic_authorization(const std::string& text) {
  if (text.find(':') == std::string::npos || !is_field_value(text))
    throw UsageError("--auth: not USER:PASSWORD");  // Not repeated: it is a secret.
  std::string encoded = base64_encode(text, Alphabet::kStandard);
  encoded.append((4 - encoded.size() % 4) % 4, '=');
  return {"Authorization", "Basic " + encoded};
}

}  // namespace pollux::castor
