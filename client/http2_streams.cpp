#include "client/http2_streams.h"

#include <algorithm>
#include <charconv>
#include <exception>
#include <utility>

#include "client/request_head.h"

namespace pollux::client {

namespace {

constexpr std::uint64_t kSentAtOnce = 64 * 1024;     // Octets of frames that are queued.
constexpr std::int32_t kStreamWindow = 1024 * 1024;  // Octets of a stream that come although it pauses.
constexpr const char* kBrokenRules = "the server breaks the rules of HTTP/2";
constexpr std::size_t kFieldOverhead = 4;  // ": " and CRLF: a head counts as it would in HTTP/1.1.

// The length of a response with a body (RFC 9110 6.4.1). 0 if none is announced.
std::uint64_t announced_length(const Exchange& exchange) {
  const int status = exchange.response.status;
  if (exchange.request.method == "HEAD" || status == 204 || status == 304) return 0;
  const std::string* text = exchange.response.find("content-length");
  if (text == nullptr) return 0;
  std::uint64_t length = 0;  // nghttp2 has checked that there are only digits.
  const auto result = std::from_chars(text->data(), text->data() + text->size(), length);
  return result.ec == std::errc() ? length : UINT64_MAX;
}

}  // namespace

Http2Streams::Http2Streams(ClientProtocol::Listener& listener, const Timeouts& timeouts,
                           const ResponseLimits& limits)
    : listener_(listener),
      timeouts_(timeouts),
      limits_(limits),
      frames_(*this, static_cast<std::uint32_t>(std::min<std::size_t>(limits.headers, UINT32_MAX)),
              kStreamWindow) {}

ClientProtocol::Status Http2Streams::status() const {
  if (free_.size() != streams_.size() || !waiting_.empty()) return Status::kBusy;
  return takes_more() ? Status::kIdle : Status::kOver;
}

// --- Exchanges -----------------------------------------------------------------------------------------

void Http2Streams::add(ExchangePtr exchange) {
  waiting_.push_back(std::move(exchange));
  submit_waiting();
}

void Http2Streams::submit_waiting() {
  if (!takes_more()) return return_waiting();
  for (const std::size_t max = frames_.max_streams();
       !waiting_.empty() && streams_.size() - free_.size() < max;) {
    Stream& stream = take_place();
    stream.exchange =
        std::move(waiting_.front());  // If anything fails from here on, end() still finds the exchange.
    waiting_.pop_front();
    submit(stream);
  }
}

Http2Streams::Stream& Http2Streams::take_place() {
  if (free_.empty()) free_.push_back(&streams_.emplace_back());
  Stream& stream = *free_.back();
  free_.pop_back();
  stream = {};
  return stream;
}

void Http2Streams::submit(Stream& stream) {
  stream.heard_before = heard_;
  stream.served_before = served_;
  Exchange& submitted = *stream.exchange;
  submitted.response.http2 = true;
  submitted.response.fields.clear();
  submitted.response.body.clear();
  submitted.begin_upload();
  stream.body_is_made = submitted.request.source != nullptr;
  stream.fields = http2_fields(submitted);
  frames_.submit(stream, stream.fields, submitted.request.body);
  listener_.set_deadline(submitted, timeouts_.send);
}

// They never left. A server that serves only some exchanges on each connection does not use up the repeats of
// the rest, here or below.
void Http2Streams::return_waiting() {
  for (ExchangePtr& exchange : std::exchange(waiting_, {})) {
    if (!served_) ++exchange->repeats;
    const ErrorKind kind = frames_.going_away() ? ErrorKind::kGoAway : ErrorKind::kClosed;
    listener_.returned(std::move(exchange), {Stage::kSend, kind, "connections end before their turn comes"});
  }
}

ExchangePtr Http2Streams::release(Stream& stream) {
  stream.id = 0;
  free_.push_back(&stream);
  return std::exchange(stream.exchange, nullptr);
}

void Http2Streams::fail(Stream& stream, ErrorKind kind, std::string reason) {
  const bool lost = kind == ErrorKind::kClosed || kind == ErrorKind::kReset || kind == ErrorKind::kGoAway;
  const bool stale = stream.served_before && !stream.begun && lost;
  Error error{stage_of(stream), kind, std::move(reason)};
  listener_.failed(release(stream), std::move(error), stale);
}

// The server goes on until it learns of the end.
void Http2Streams::give_up(Stream& stream, ErrorKind kind, std::string reason) {
  if (!stream.ended) frames_.reset(stream);
  fail(stream, kind, std::move(reason));
}

Stage Http2Streams::stage_of(const Stream& stream) {
  return !stream.sent && !stream.begun ? Stage::kSend : Stage::kReceive;
}

// --- The connection ------------------------------------------------------------------------------------

void Http2Streams::send(OutputQueue& out) {
  while (out.size() < kSentAtOnce) {
    const std::string_view frames = frames_.next_output();
    if (frames.empty()) break;
    out.append(frames);
  }
  if (frames_.broken() && !broken_) return end_all(ErrorKind::kProtocol, kBrokenRules);
  submit_waiting();  // Streams may have ended with their last frame.
}

void Http2Streams::receive(Buffer& in) {
  if (in.empty()) return;
  ++heard_;
  const bool good = frames_.receive(in.readable());
  in.consume(in.size());
  if (!good) return end_all(ErrorKind::kProtocol, kBrokenRules);
  submit_waiting();
}

void Http2Streams::end_of_input(bool /*cut*/) {
  end_all(frames_.going_away() ? ErrorKind::kGoAway : ErrorKind::kClosed,
          "the connection has ended before the response did");
}

void Http2Streams::end_all(ErrorKind kind, const std::string& reason) {
  broken_ = true;
  for (Stream& stream : streams_) {
    if (!stream.exchange) continue;
    if (!stream.ended) {
      give_up(stream, kind, reason);
    } else if (check(stream, stream.exchange->delivery.finish_now())) {
      complete(stream);
    }
  }
  return_waiting();
}

void Http2Streams::end(const Exchange& exchange, ErrorKind kind, const std::string& reason) {
  const auto is_it = [&](const ExchangePtr& other) { return other.get() == &exchange; };
  const auto waits = std::find_if(waiting_.begin(), waiting_.end(), is_it);
  if (waits != waiting_.end()) {
    ExchangePtr ended = std::move(*waits);
    waiting_.erase(waits);
    return listener_.failed(std::move(ended), {Stage::kQueue, kind, reason}, false);
  }
  const auto stream = std::find_if(streams_.begin(), streams_.end(),
                                   [&](const Stream& other) { return is_it(other.exchange); });
  silent_ = silent_ || (kind == ErrorKind::kTimeout && stream->heard_before == heard_);
  give_up(*stream, kind, reason);
  submit_waiting();
}

void Http2Streams::resume(const Exchange& exchange) {
  const auto stream = std::find_if(streams_.begin(), streams_.end(),
                                   [&](const Stream& other) { return other.exchange.get() == &exchange; });
  if (stream != streams_.end()) resume(*stream);  // Otherwise it waits for a stream, and has not paused.
}

void Http2Streams::resume(Stream& stream) {
  Exchange& exchange = *stream.exchange;
  if (stream.body_is_made && !exchange.upload.ended() && !stream.ended) {
    exchange.upload.resume();
    frames_.resume_body(stream);
  }
  Delivery& delivery = exchange.delivery;
  if (!delivery.paused() || !check(stream, delivery.resume()) || delivery.paused()) return;
  if (stream.ended) {
    if (check(stream, delivery.finish())) complete(stream);
    return submit_waiting();
  }
  frames_.release_window(stream);
  listener_.set_deadline(exchange, timeouts_.body);
}

// --- What comes of streams -----------------------------------------------------------------------------

Http2Streams::Piece Http2Streams::on_body_wanted(Frame& frame, std::span<char> room) {
  Stream& stream = own(frame);
  Upload& upload = stream.exchange->upload;
  if (!upload.wants_room()) return {.octets = 0, .state = Piece::State::kWait};
  const auto count = upload.read(room);
  stream.upload_failed = !count;
  if (!count) return {.octets = 0, .state = Piece::State::kFailed};
  if (!stream.past_head) {  // While the source waits, only the total deadline applies.
    listener_.set_deadline(*stream.exchange, upload.wants_room() ? timeouts_.send : timeouts_.total);
  }
  if (upload.ended()) return {.octets = *count, .state = Piece::State::kEnd};
  return {.octets = *count, .state = upload.wants_room() ? Piece::State::kMore : Piece::State::kWait};
}

void Http2Streams::on_sent(Frame& frame) {
  Stream& stream = own(frame);
  stream.sent = true;
  if (!stream.past_head) listener_.set_deadline(*stream.exchange, timeouts_.head);
}

// The limits of ResponseParser: they apply to all heads of one response.
void Http2Streams::on_field(Frame& frame, std::string_view name, std::string_view value) {
  Stream& stream = own(frame);
  stream.head_octets += name.size() + value.size() + kFieldOverhead;
  ++stream.head_fields;
  if (stream.head_octets > limits_.headers || stream.head_fields > limits_.header_fields) {
    return give_up(stream, ErrorKind::kTooLarge, "the head is too large");
  }
  try {
    stream.exchange->response.fields.push_back({std::string(name), std::string(value)});
  } catch (const std::exception& error) {  // No memory: it costs one request, as everywhere.
    give_up(stream, ErrorKind::kSystem, error.what());
  }
}

void Http2Streams::on_head(Frame& frame) {
  Stream& stream = own(frame);
  Exchange& exchange = *stream.exchange;
  if (!stream.past_head) {  // 1xx: others follow.
    if (++stream.head_fields > limits_.header_fields) {
      return give_up(stream, ErrorKind::kTooLarge, "the head is too large");
    }
    return exchange.response.fields.clear();
  }
  exchange.response.status = stream.status;
  if (!exchange.request.sink && announced_length(exchange) > limits_.body) {
    return give_up(stream, ErrorKind::kTooLarge, "the body is too large");
  }
  exchange.begin_delivery(limits_.body);
  listener_.set_deadline(exchange, timeouts_.body);
}

void Http2Streams::on_content(Frame& frame, std::string_view octets) {
  Stream& stream = own(frame);
  Delivery& delivery = stream.exchange->delivery;
  if (!delivery.streams() && stream.octets > limits_.body) {
    return give_up(stream, ErrorKind::kTooLarge, "the body is too large");
  }
  try {
    if (!check(stream, delivery.take(octets))) return;
  } catch (const std::exception& error) {
    return give_up(stream, ErrorKind::kSystem, error.what());
  }
  stream.held = delivery.paused();
  if (delivery.streams()) {
    listener_.set_deadline(*stream.exchange, stream.held ? timeouts_.total : timeouts_.body);
  }
}

// false: the exchange has ended.
bool Http2Streams::check(Stream& stream, const std::optional<Delivery::Fault>& fault) {
  if (fault) give_up(stream, fault->kind, fault->reason);
  return !fault;
}

void Http2Streams::on_ended(Frame& frame) {
  Stream& stream = own(frame);
  Delivery& delivery = stream.exchange->delivery;
  stream.ended = true;
  if (delivery.paused()) {
    stream.id = 0;  // The stream may be closed at any time.
  } else if (check(stream, delivery.finish())) {
    complete(stream);
  }
}

void Http2Streams::complete(Stream& stream) {
  served_ = true;
  listener_.completed(release(stream));
}

void Http2Streams::on_closed(Frame& frame, std::uint32_t error) {
  Stream& stream = own(frame);
  if (error == NGHTTP2_REFUSED_STREAM && !stream.begun) {
    const ErrorKind kind = stream.reset ? ErrorKind::kRefused : ErrorKind::kGoAway;
    if (stream.reset || !served_) ++stream.exchange->repeats;
    return listener_.returned(release(stream), {Stage::kReceive, kind, "by the server, again and again"});
  }
  if (stream.upload_failed) return fail(stream, ErrorKind::kInvalid, Upload::kBadSource);
  fail(stream, stream.reset ? ErrorKind::kStreamReset : ErrorKind::kProtocol, nghttp2_http2_strerror(error));
}

void Http2Streams::on_not_sent(Http2Frames::StreamId id, int error) {
  const auto stream = std::find_if(streams_.begin(), streams_.end(),
                                   [&](const Stream& other) { return other.exchange && other.id == id; });
  if (stream == streams_.end()) return;
  if (error == NGHTTP2_ERR_FRAME_SIZE_ERROR) {
    return fail(*stream, ErrorKind::kTooLarge, "the head of the request is too large for HTTP/2");
  }
  if (!served_) ++stream->exchange->repeats;
  listener_.returned(release(*stream), {Stage::kSend, ErrorKind::kGoAway, "by the server, again and again"});
}

}  // namespace pollux::client
