#include "castor/http1_requester.h"

#include <algorithm>
#include <utility>

namespace pollux::castor {

using client::ErrorKind;
using client::Stage;

bool Http1Requester::has_room() const {
  return pipeline_.size() < (books_.options.keep_alive ? pipeline_.capacity() : 1);
}

void Http1Requester::push(const PendingRequest& request, TimePoint /*now*/) {
  pipeline_.push(request).asks = &picker_.next();
}

void Http1Requester::opened(TimePoint /*now*/) {
  served_ = 0;
  send_broken_ = false;
  reader_.end();
}

Requester::Step Http1Requester::read(Buffer& in, TimePoint now) {
  while (!in.empty()) {
    // Octets without a request: after the last response, or on an idle connection.
    if (pipeline_.empty()) return {.next = Next::kReopen};
    const PendingRequest& request = pipeline_.front();
    if (!reader_.begun()) {
      reader_.begin(request.asks->head);
      books_.accounting.on_first_octet(request, now);
    }
    const std::size_t before = in.size();
    const auto result = reader_.read(in);
    books_.accounting.on_wire(request, before - in.size());
    if (result == ResponseReader::Result::kNeedMore) break;
    if (result == ResponseReader::Result::kError) {
      return {Next::kFailed, Stage::kReceive, client::kind_of_fault(reader_.fault())};
    }
    // More octets than were announced, or content where there must be none.
    const bool too_long = !in.empty() && pipeline_.sent_whole() <= 1;
    if (too_long) return {Next::kFailed, Stage::kReceive, ErrorKind::kProtocol};
    if (const Step step = complete(now); step.next != Next::kGoOn) return step;
  }
  return {};
}

// The response to the first request is complete; with -f, the request was sent.
Requester::Step Http1Requester::complete(TimePoint now) {
  const bool early = pipeline_.sent_whole() == 0;  // The request is not completely sent.
  const bool end_announced = !reader_.keep_alive();
  const bool keep = !end_announced && books_.options.keep_alive && !early && !send_broken_;
  books_.finished(pipeline_.pop(), reader_.status(), octets_so_far(), now);
  ++served_;
  reader_.end();
  if (keep) return {};
  return {.next = end_announced && !books_.options.force ? Next::kAwaitEnd : Next::kEnd};
}

// Whether the end of the connection is that of the response, too.
bool Http1Requester::ends_response(Buffer& rest) {
  const std::size_t before = rest.size();
  const auto result = reader_.end_of_input(rest);
  books_.accounting.on_wire(pipeline_.front(), before - rest.size());
  return result == ResponseReader::Result::kComplete;
}

// If the end of the connection ends the body, an attacker could have cut a TLS connection short. A request
// that a kept connection has not seen is sent again, as the first of a new one; there it fails for good.
Requester::Step Http1Requester::end_of_input(Buffer& rest, bool cut, TimePoint now) {
  if (!cut && reader_.begun() && ends_response(rest)) {
    (void)complete(now);
  } else if (reader_.begun() || served_ == 0) {
    return {Next::kFailed, Stage::kReceive, ErrorKind::kClosed};
  }
  return {.next = Next::kReopen};
}

Stage Http1Requester::stage() const { return pipeline_.sent_whole() == 0 ? Stage::kSend : Stage::kReceive; }

// The first request has failed, with those that were sent after it; the rest get another connection.
void Http1Requester::fail(Stage stage, ErrorKind kind, TimePoint now) {
  fail_first(std::min(pipeline_.size(), std::max<std::size_t>(pipeline_.sent_whole(), 1)), stage, kind, now);
}

void Http1Requester::fail_first(std::size_t count, Stage stage, ErrorKind kind, TimePoint now) {
  std::uint64_t octets = octets_so_far();
  for (std::size_t i = 0; i < count; ++i) {
    books_.failed(pipeline_.pop(), stage, kind, std::exchange(octets, 0), now);
  }
}

Requester::Step Http1Requester::check_time(TimePoint now) {
  if (pipeline_.empty() || !books_.is_late(pipeline_.front(), now)) return {};
  return {Next::kFailed, stage(), ErrorKind::kTimeout};
}

}  // namespace pollux::castor
