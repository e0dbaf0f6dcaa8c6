// Names of epoll's flags for people, as in epoll_ctl(2): "EPOLLIN | EPOLLRDHUP".
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>

namespace pollux::net {

// Formats only when it is printed.
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
