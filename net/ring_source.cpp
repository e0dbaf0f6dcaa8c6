#include "net/ring_source.h"

#include <utility>

#include "base/unique_fd.h"

namespace pollux::net {

RingSource& RingSource::accept_on(Ring& ring, int listener, Callback on_socket) {
  return ring.keep(std::unique_ptr<RingSource>(
      new RingSource(ring, RingOperation::kAccept, listener, 0, std::move(on_socket))));
}

RingSource& RingSource::poll(Ring& ring, int fd, std::uint32_t events, Callback on_events) {
  return ring.keep(std::unique_ptr<RingSource>(
      new RingSource(ring, RingOperation::kPoll, fd, events, std::move(on_events))));
}

void RingSource::start() {
  under_way_ = true;
  if (operation_ == RingOperation::kAccept) {
    ring_.accept_for_ever(fd_, *this);
  } else {
    ring_.poll_for_ever(fd_, events_, *this);
  }
}

void RingSource::end(Callback late) {
  ended_ = true;
  late_ = std::move(late);
  if (!under_way_) return ring_.forget(*this);
  if (!ring_.ended()) ring_.cancel(operation_, *this);
}

void RingSource::on_completion(RingOperation /*operation*/, const RingCompletion& completion) {
  bool go_on = false;
  if (!ended_ && !ring_.ended()) {
    go_on = callback_(completion.result);
  } else if (operation_ == RingOperation::kAccept && completion.result >= 0) {
    if (late_ && !ring_.ended()) {
      (void)late_(completion.result);
    } else {
      const UniqueFd too_late(completion.result);
    }
  }
  if (!completion.last()) return;
  under_way_ = false;
  if (ended_) return ring_.forget(*this);
  if (go_on && !ring_.ended()) start();  // The kernel wants to be asked again.
}

}  // namespace pollux::net
