// Names of epoll's flags, for people.
#pragma once

#include <cstdint>
#include <string>

namespace pollux::net {

// "EPOLLIN | EPOLLRDHUP"; as epoll_ctl(2) has them.
[[nodiscard]] std::string event_names(std::uint32_t events);

}  // namespace pollux::net
