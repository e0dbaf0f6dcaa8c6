#include "net/event_names.h"

#include <fmt/core.h>
#include <sys/epoll.h>

#include <string_view>
#include <utility>

namespace pollux::net {

std::string EventNames::text() const {
  constexpr std::pair<std::uint32_t, std::string_view> kNames[] = {
      {EPOLLIN, "EPOLLIN"},   {EPOLLOUT, "EPOLLOUT"}, {EPOLLRDHUP, "EPOLLRDHUP"},    {EPOLLHUP, "EPOLLHUP"},
      {EPOLLERR, "EPOLLERR"}, {EPOLLET, "EPOLLET"},   {EPOLLONESHOT, "EPOLLONESHOT"}};
  std::string names;
  std::uint32_t rest = events;
  for (const auto& [flag, name] : kNames) {
    if ((rest & flag) == 0) continue;
    if (!names.empty()) names += " | ";
    names += name;
    rest &= ~flag;
  }
  if (rest != 0) names += fmt::format("{}{:#x}", names.empty() ? "" : " | ", rest);
  return names;
}

}  // namespace pollux::net
