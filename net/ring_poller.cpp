#include "net/ring_poller.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "net/ring_source.h"

namespace pollux::net {

int RingPoller::add(Channel& channel, std::uint32_t events) {
  RingSource& source = RingSource::poll(ring_, channel.fd(), events, [&channel](int result) {
    // A loop that cannot be woken any more must not go on.
    if (result < 0) throw std::system_error(-result, std::system_category(), "io_uring poll");
    channel.handle(static_cast<std::uint32_t>(result));
    return true;
  });
  channels_.emplace_back(&channel, &source);
  return source.start() ? 0 : EAGAIN;
}

int RingPoller::modify(Channel& channel, std::uint32_t events) {
  remove(channel);
  return add(channel, events);
}

void RingPoller::remove(Channel& channel) {
  const auto is_it = [&channel](const auto& entry) { return entry.first == &channel; };
  const auto found = std::find_if(channels_.begin(), channels_.end(), is_it);
  if (found == channels_.end()) return;
  found->second->end();
  channels_.erase(found);
}

}  // namespace pollux::net
