#include "net/event_names.h"

#include <gtest/gtest.h>
#include <sys/epoll.h>

namespace pollux::net {
namespace {

TEST(EventNames, Table) {
  const struct {
    std::uint32_t events;
    const char* text;
  } rows[] = {
      {0, ""},
      {EPOLLIN, "EPOLLIN"},
      {EPOLLOUT | EPOLLIN | EPOLLET | EPOLLONESHOT, "EPOLLIN | EPOLLOUT | EPOLLET | EPOLLONESHOT"},
      {EPOLLHUP | EPOLLERR | EPOLLRDHUP, "EPOLLRDHUP | EPOLLHUP | EPOLLERR"},
      {EPOLLPRI, "0x2"},
      {EPOLLIN | EPOLLPRI, "EPOLLIN | 0x2"},
  };
  for (const auto& row : rows) EXPECT_EQ(fmt::format("{}", EventNames{row.events}), row.text);
}

}  // namespace
}  // namespace pollux::net
