#include "castor/http2_requester.h"

#include <algorithm>

namespace pollux::castor {

using client::ErrorKind;
using client::Stage;

namespace {

constexpr std::size_t kSentAtOnce = 64 * 1024;  // Octets of frames.

}  // namespace

Http2Requester::Http2Requester(const Books& books, RequestPicker& picker, std::size_t streams)
    : books_(books), picker_(picker), streams_(streams) {
  free_.reserve(streams);
  for (auto stream = streams_.rbegin(); stream != streams_.rend(); ++stream) free_.push_back(&*stream);
}

// --- Requests ------------------------------------------------------------------------------------------

// Requests that the server does not allow yet would wait here and not in the schedule, where other clients
// may take them.
std::size_t Http2Requester::max_streams() const {
  return std::min(streams_.size(), frames_ ? frames_->max_streams() : client::Http2Frames::kAssumedStreams);
}

bool Http2Requester::has_room() const {
  if (free_.empty() || (frames_ && (send_broken_ || !frames_->takes_requests()))) return false;
  return streams_.size() - free_.size() < max_streams();
}

void Http2Requester::push(const PendingRequest& request, TimePoint now) {
  now_ = now;
  RequestStream& stream = *free_.back();
  free_.pop_back();
  stream = {};
  stream.request = request;
  stream.request.asks = &picker_.next();
  stream.number = ++taken_;
  stream.in_use = true;
  waiting_.push_back(&stream);
  submit_waiting();
}

void Http2Requester::submit_waiting() {
  if (!frames_ || send_broken_ || waiting_.empty() || !frames_->takes_requests()) return;
  for (const std::size_t max = max_streams(); submitted_ < max && !waiting_.empty(); ++submitted_) {
    RequestStream& stream = *waiting_.front();
    frames_->submit(stream, stream.request.asks->fields, stream.request.asks->octets);
    waiting_.pop_front();
  }
}

void Http2Requester::release(RequestStream& stream) {
  stream.in_use = false;
  stream.id = 0;
  free_.push_back(&stream);
}

TimePoint Http2Requester::oldest() const {
  TimePoint first = TimePoint::max();
  for (const RequestStream& stream : streams_) {
    if (stream.in_use) first = std::min(first, stream.request.begun);
  }
  return first;
}

// --- A connection --------------------------------------------------------------------------------------

void Http2Requester::opened(TimePoint now) {
  now_ = now;
  served_ = send_broken_ = false;
  client::Http2Frames::Listener& listener = *this;
  frames_.emplace(listener);
  submit_waiting();
}

void Http2Requester::closed() {
  frames_.reset();
  while (RequestStream* stream = first_submitted()) wait_again(*stream);
  out_.consume(out_.size());
  out_.release();
  framed_.clear();
}

bool Http2Requester::all_sent() const { return out_.empty() && (!frames_ || !frames_->has_output()); }

std::size_t Http2Requester::unsent(std::span<iovec> pieces, TimePoint now) {
  now_ = now;
  while (frames_ && out_.size() < kSentAtOnce) {
    const std::string_view frame = frames_->next_output();
    if (frame.empty()) break;
    out_.append(frame);
  }
  if (out_.empty()) return 0;
  const std::string_view octets = out_.readable();
  pieces.front() = {const_cast<char*>(octets.data()), octets.size()};
  return 1;
}

void Http2Requester::sent(std::size_t octets, TimePoint now) {
  out_.consume(octets);
  if (!out_.empty()) return;
  for (const auto& [stream, id] : framed_) {
    if (stream->id == id) stream->request.sent = now;
  }
  framed_.clear();
}

Requester::Step Http2Requester::read(Buffer& in, TimePoint now) {
  now_ = now;
  const bool good = frames_->receive(in.readable());
  in.consume(in.size());
  if (!good) return {Next::kFailed, Stage::kReceive, ErrorKind::kProtocol};
  return go_on();
}

// Ended streams make room for waiting requests; or nothing is left to keep the connection for.
Requester::Step Http2Requester::go_on() {
  submit_waiting();
  const bool over = submitted_ == 0 && !frames_->takes_requests();
  return {.next = over ? Next::kEnd : Next::kGoOn};
}

Requester::Step Http2Requester::end_of_input(Buffer& /*rest*/, bool /*cut*/, TimePoint /*now*/) {
  if (submitted_ == 0 && frames_->going_away()) return {.next = Next::kReopen};
  return {Next::kFailed, Stage::kReceive, ErrorKind::kClosed};
}

// --- Streams -------------------------------------------------------------------------------------------

void Http2Requester::on_ended(Stream& ended) {
  RequestStream& stream = own(ended);
  served_ = true;
  --submitted_;
  books_.finished(stream.request, stream.status, stream.octets, now_);
  release(stream);
}

void Http2Requester::on_closed(Stream& closed, std::uint32_t error) {
  RequestStream& stream = own(closed);
  const bool refused = error == NGHTTP2_REFUSED_STREAM;
  if (refused && stream.repeats < kMaxRepeats) return repeat(stream);
  --submitted_;
  const bool by_goaway = refused && !stream.reset;
  fail_stream(stream, Stage::kReceive,
              by_goaway      ? ErrorKind::kGoAway
              : refused      ? ErrorKind::kRefused
              : stream.reset ? ErrorKind::kStreamReset
                             : ErrorKind::kProtocol);
}

void Http2Requester::on_not_sent(StreamId id, int error) {
  for (RequestStream& stream : streams_) {
    if (stream.id == id) return go_back(stream, error == NGHTTP2_ERR_FRAME_SIZE_ERROR);
  }
}

// It was not sent.
void Http2Requester::go_back(RequestStream& stream, bool too_large) {
  if (!too_large && stream.repeats < kMaxRepeats) return repeat(stream);
  --submitted_;
  fail_stream(stream, Stage::kSend, too_large ? ErrorKind::kTooLarge : ErrorKind::kGoAway);
}

void Http2Requester::wait_again(RequestStream& stream) {
  --submitted_;
  static_cast<Stream&>(stream) = {};
  stream.request.sent = {};
  // Before younger ones; otherwise it could be passed over again and again.
  const auto older = [](const RequestStream* a, const RequestStream* b) { return a->number < b->number; };
  waiting_.insert(std::upper_bound(waiting_.begin(), waiting_.end(), &stream, older), &stream);
}

void Http2Requester::repeat(RequestStream& stream) {
  ++stream.repeats;
  wait_again(stream);
}

void Http2Requester::fail_stream(RequestStream& stream, Stage stage, ErrorKind kind) {
  books_.failed(stream.request, stage, kind, stream.octets, now_);
  release(stream);
}

// --- Failures ------------------------------------------------------------------------------------------

Stage Http2Requester::stage() const { return out_.empty() ? Stage::kReceive : Stage::kSend; }

void Http2Requester::fail(Stage stage, ErrorKind kind, TimePoint now) {
  now_ = now;
  if (frames_ && frames_->going_away() && !frames_->broken()) kind = ErrorKind::kGoAway;
  const bool established = stage != Stage::kConnect && stage != Stage::kTls;
  RequestStream* first = first_submitted();
  if (first == nullptr && !waiting_.empty()) {
    first = waiting_.front();
    waiting_.pop_front();
    ++submitted_;
  }
  for (; first != nullptr; first = established ? first_submitted() : nullptr) {
    --submitted_;
    fail_stream(*first, stage, kind);
  }
}

// nullptr: none.
RequestStream* Http2Requester::first_submitted() {
  RequestStream* first = nullptr;
  if (submitted_ == 0) return first;
  for (RequestStream& stream : streams_) {
    if (stream.id != 0 && (first == nullptr || stream.id < first->id)) first = &stream;
  }
  return first;
}

Requester::Step Http2Requester::check_time(TimePoint now) {
  now_ = now;
  if (frames_ && frames_->broken()) return {Next::kFailed, Stage::kReceive, ErrorKind::kProtocol};
  for (RequestStream& stream : streams_) {
    if (!stream.in_use || !books_.is_late(stream.request, now)) continue;
    const bool sent = stream.request.sent != TimePoint{};
    if (stream.id != 0) {
      frames_->reset(stream);
      --submitted_;
    } else {
      std::erase(waiting_, &stream);
    }
    fail_stream(stream, sent ? Stage::kReceive : Stage::kSend, ErrorKind::kTimeout);
  }
  return go_on();
}

void Http2Requester::abandon(Stage stage, TimePoint now) {
  now_ = now;
  for (RequestStream& stream : streams_) {
    if (stream.in_use) fail_stream(stream, stage, ErrorKind::kTimeout);
  }
  waiting_.clear();
  submitted_ = 0;
}

}  // namespace pollux::castor
