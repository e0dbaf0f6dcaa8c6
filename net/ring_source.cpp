#include "net/ring_source.h"

#include <cerrno>
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

bool RingSource::start() {
  under_way_ = operation_ == RingOperation::kAccept ? ring_.accept_multishot(fd_, *this)
                                                    : ring_.poll_multishot(fd_, events_, *this);
  return under_way_;
}

void RingSource::end(Callback late, std::function<void()> done) {
  ended_ = true;
  late_ = std::move(late);
  done_ = std::move(done);
  if (!under_way_) return go();
  if (!ring_.ended()) (void)ring_.cancel(operation_, *this);  // Refused: see on_completion().
}

void RingSource::on_completion(RingOperation /*operation*/, const RingCompletion& completion) {
  bool go_on = false;
  if (!ended_ && !ring_.ended()) {
    go_on = callback_(completion.result);
  } else if (operation_ == RingOperation::kAccept && completion.result >= 0) {
    hand_on_late(completion.result);
  }
  if (!completion.last()) {
    if (ended_ && !ring_.ended()) (void)ring_.cancel(operation_, *this);  // The ring refused it before.
    return;
  }
  under_way_ = false;
  if (ended_) return go();
  if (go_on && !ring_.ended() && !start()) (void)callback_(-ENOMEM);  // It had ended: submit it again.
}

void RingSource::hand_on_late(int socket) {
  if (late_ && !ring_.ended()) {
    (void)late_(socket);
  } else {
    const UniqueFd too_late(socket);
  }
}

// The last use of `this`.
void RingSource::go() {
  if (done_ && !ring_.ended()) done_();
  ring_.forget(*this);
}

}  // namespace pollux::net
