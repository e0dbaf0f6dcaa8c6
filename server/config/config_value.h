// Reads one value of the configuration: text in, value out.
//
// Every function throws BadValue with a message that names what it found and what it requires. Exceptions are
// right here: this runs before the server listens, and config_builder.h collects them. All arithmetic is
// checked; nothing is rounded, cut or guessed.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "server/config/config.h"

namespace pollux::server {

class BadValue : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// For messages: control characters are escaped, and very long text is cut.
[[nodiscard]] std::string printable(std::string_view text);

// The same between double quotes.
[[nodiscard]] std::string in_quotes(std::string_view text);

// Decimal digits only: no sign, no 0x, no fraction. Both limits are allowed values.
[[nodiscard]] std::uint64_t parse_number(std::string_view text, std::uint64_t min, std::uint64_t max);

// Octets: a number, with k, m or g for powers of 1024.
[[nodiscard]] std::uint64_t parse_size(std::string_view text, std::uint64_t min, std::uint64_t max);
[[nodiscard]] std::string size_text(std::uint64_t octets);

// A number with ms, s, m, h, d, w or y (365 days); a bare number is seconds.
[[nodiscard]] std::chrono::milliseconds parse_duration(std::string_view text, std::chrono::milliseconds min,
                                                       std::chrono::milliseconds max);

// 0, or a number of requests per second, minute or hour: 20/s, 300/m, 5000/h.
[[nodiscard]] http::Rate parse_rate(std::string_view text);

// The absolute path of a Unix socket, short enough for sockaddr_un.
[[nodiscard]] std::string socket_path(std::string_view text);

// File permissions in octal digits: 660, 0660.
[[nodiscard]] std::uint32_t parse_mode(std::string_view text);

// on or off.
[[nodiscard]] bool parse_switch(std::string_view text);

// Removes the double quotes around `text`, if there are any. A list of quoted items stays unchanged.
// std::nullopt: a quote is not closed.
[[nodiscard]] std::optional<std::string_view> unquoted(std::string_view text);

// Splits at commas. White space and quotes around items are dropped; empty items are refused.
[[nodiscard]] std::vector<std::string_view> parse_list(std::string_view text);

// Calls `use` for each item of a list. Exceptions from it are collected, and thrown at the end as one
// BadValue.
void for_each_item(std::string_view text, const std::function<void(std::string_view item)>& use);

// 127.0.0.1:80, [::1]:80, localhost:80; *:80, :80 and 80 stand for 0.0.0.0:80; unix:/PATH. " proxy" may
// follow.
[[nodiscard]] ListenAddress parse_listen(std::string_view text);

}  // namespace pollux::server
