// Names of epoll's flags, for people: "EPOLLIN | EPOLLRDHUP", as epoll_ctl(2) has them.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>

namespace pollux::net {

// To be formatted, if somebody wants to read it.
struct EventNames {
  std::uint32_t events = 0;

  [[nodiscard]] std::string text() const;
};

}  // namespace pollux::net

template <>
struct fmt::formatter<pollux::net::EventNames> : fmt::formatter<fmt::string_view> {
  template <class Context>
  auto format(const pollux::net::EventNames& names, Context& context) const {
    return fmt::formatter<fmt::string_view>::format(names.text(), context);
  }
};
