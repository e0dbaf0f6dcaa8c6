#include "net/event_names.h"

#include <fmt/core.h>
#include <sys/epoll.h>

#include <string_view>
#include <utility>

namespace pollux::net {

std::string event_names(std::uint32_t events) {
  constexpr std::pair<std::uint32_t, std::string_view> kNames[] = {
      {EPOLLIN, "EPOLLIN"},   {EPOLLOUT, "EPOLLOUT"}, {EPOLLRDHUP, "EPOLLRDHUP"},    {EPOLLHUP, "EPOLLHUP"},
      {EPOLLERR, "EPOLLERR"}, {EPOLLET, "EPOLLET"},   {EPOLLONESHOT, "EPOLLONESHOT"}};
  std::string names;
  for (const auto& [flag, name] : kNames) {
    if ((events & flag) == 0) continue;
    if (!names.empty()) names += " | ";
    names += name;
    events &= ~flag;
  }
  if (events != 0) names += fmt::format("{}{:#x}", names.empty() ? "" : " | ", events);
  return names;
}

}  // namespace pollux::net
