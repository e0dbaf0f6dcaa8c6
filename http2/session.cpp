#include "http2/session.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/trace.h"
#include "http/date.h"
#include "http2/stream_trace.h"

namespace pollux::http2 {

namespace {

using http::Status;

constexpr std::uint64_t kQueued = 256 * 1024;  // Octets queued before they are sent: what is queued has its
                                               // place, and can neither be overtaken nor called off.
constexpr std::uint64_t kMaxKept = 8 * 1024 * 1024;  // Octets of bodies of one connection.
constexpr std::int64_t kCostOfReset = 4;             // In idle frames.
constexpr std::size_t kPerSession = 24 * 1024;       // Bytes that nghttp2 has, about,
constexpr std::size_t kPerStream = 2 * 1024;         // and with ours for each stream.

bool has_body(const http::Response& response, const http::Request& request) {
  if (response.successor) return true;
  if (request.method == http::Method::kHead) return false;
  return http::length_of(response.body).value_or(1) > 0;
}

}  // namespace

// What a kept exchange needs of the session.
class Session::Host final : public http::ExchangeHost {
 public:
  Host(Session& session, const Stream& stream) : session_(session), stream_(stream) {}

  Owned own_request() override {
    const std::shared_ptr<Inbound> inbound = stream_.inbound;
    net::ProtocolHost* connection = session_.io_->connection;
    http::Request request = stream_.request(session_.dispatcher_);
    inbound->peer = request.peer;
    request.peer = inbound->peer;
    return {inbound, request, connection != nullptr ? connection->waker() : nullptr};
  }

 private:
  Session& session_;
  const Stream& stream_;
};

Session::Session(const http::Service& service, const SessionOptions& options, std::string peer)
    : service_(service),
      dispatcher_(service, std::move(peer)),
      frames_(options.frames, *this),
      deadlines_(options) {}

net::Protocol::Step Session::on_input(Io io) {
  io_ = &io;
  log_.write_until(io.out.consumed(), false);
  deadlines_.on_input(now());
  if (!io.in.empty()) receive();
  if (should_end()) ending_.begin(now());
  answer_the_ready();
  collect_answers();
  run_tunnels();
  if (io.overdue || deadlines_.look_is_due(now())) look_at_deadlines();
  frames_.send(io.out, kQueued);
  if (trace::on()) [[unlikely]]
    trace::end_turn(io.out.consumed(), io.out.size(), requests_ == 0);
  return next_step();
}

// The server shuts down; or it has another configuration by now, which its client will find on a new
// connection.
bool Session::should_end() const {
  if (service_.draining.load(std::memory_order_relaxed)) return true;
  return io_->connection != nullptr && io_->connection->retired();
}

net::Protocol::Step Session::next_step() const {
  if (ending_.is_over()) return {.next = Next::kLinger};
  if (io_->end_of_input && io_->out.empty()) {  // Nobody will open a window any more.
    return pending_ > 0 ? Step{.next = Next::kWait, .phase = net::Phase::kHandling}
                        : Step{.next = Next::kClose};
  }
  if (!streams_.empty()) return {.phase = net::Phase::kStreams, .restart = io_->overdue};
  if (ending_.has_begun()) return {.phase = net::Phase::kClosing};
  return {.phase = requests_ == 0 ? net::Phase::kHeader : net::Phase::kNoStreams};
}

// --- What comes ----------------------------------------------------------------------------------

void Session::receive() {
  const bool secret = std::any_of(streams_.begin(), streams_.end(), [](const auto& stream) {
    return stream->inbound && stream->inbound->secret;
  });
  if (!frames_.receive(io_->in.readable())) ending_.break_off();
  io_->in.consume(io_->in.size());
  if (secret) io_->in.wipe();
  frames_.send(io_->out, kQueued);  // What was called off meanwhile is to reach no handler.
  answer_the_ready();
}

Stream* Session::find(StreamId id) const {
  const auto found =
      std::lower_bound(streams_.begin(), streams_.end(), id,
                       [](const auto& stream, StreamId wanted) { return stream->id < wanted; });
  return found != streams_.end() && (*found)->id == id ? found->get() : nullptr;
}

void Session::on_stream(StreamId id) {
  if (trace::on()) [[unlikely]]
    trace_begin(id, streams_);
  streams_.push_back(std::make_unique<Stream>(id, service_.limits, now()));
}

bool Session::on_field(StreamId id, std::string_view name, std::string_view value) {
  Stream* stream = find(id);
  if (stream == nullptr) return true;
  stream->inbound->head.add(name, value);
  if (!stream->inbound->head.hopeless()) return true;
  frames_.terminate(NGHTTP2_ENHANCE_YOUR_CALM);
  return false;
}

void Session::on_head(StreamId id) {
  Stream* stream = find(id);
  if (stream == nullptr || stream->state != Stream::State::kHead) return;
  if (++requests_ >= service_.keepalive_requests) ending_.begin(now());
  stream->state = Stream::State::kBody;
  stream->moved = now();
  stream->inbound->head.finish();
  const http::Request request = stream->request(dispatcher_);
  if (trace::on()) [[unlikely]]
    trace_head(id, request);
  stream->route = dispatcher_.route(request, io_->connection);
  begin_body(*stream, request);
}

// Decides about the body before any of it comes.
void Session::begin_body(Stream& stream, const http::Request& request) {
  if (const auto error = stream.inbound->head.error()) return refuse(stream, *error);
  if (auto refusal = dispatcher_.too_many(request, *stream.route, io_->now)) {
    return be_ready(stream, std::move(refusal));
  }
  const http::Expectation expectation = http::expectation_of(request);
  if (expectation == http::Expectation::kUnknown) return refuse(stream, Status::kExpectationFailed);
  stream.pace.emplace(service_.body_pace, now());
  stream.max_body = std::min(stream.route->handler->max_body(request), service_.limits.body);
  stream.inbound->secret = stream.route->handler->has_secrets();
  const std::uint64_t announced = stream.inbound->head.content_length().value_or(0);
  if (stream.max_body > 0 && announced > stream.max_body) return refuse(stream, Status::kContentTooLarge);
  stream.wants_tunnel = !request.protocol.empty();
  if (stream.wants_tunnel) return be_ready(stream);
  if (stream.max_body > 0 && expectation == http::Expectation::kContinue) {
    frames_.inform(stream.id, ResponseHead(Status::kContinue));
  }
}

void Session::on_data(StreamId id, std::string_view octets) {
  Stream* stream = find(id);
  if (stream == nullptr) return;
  stream->moved = now();
  if (stream->tunnel) return stream->tunnel->receive(octets);
  if (stream->wants_tunnel && stream->state == Stream::State::kReady) return keep(*stream, octets);
  if (stream->state != Stream::State::kBody) return;  // It has its answer already.
  stream->received += octets.size();
  if (stream->received > service_.limits.body) return refuse(*stream, Status::kContentTooLarge);
  if (stream->max_body == 0) return;
  if (stream->received > stream->max_body) return refuse(*stream, Status::kContentTooLarge);
  keep(*stream, octets);
}

void Session::keep(Stream& stream, std::string_view octets) {
  if (kept_ + octets.size() > kMaxKept) return frames_.reset(stream.id, NGHTTP2_REFUSED_STREAM);
  stream.inbound->body.append(octets);
  kept_ += octets.size();
}

void Session::on_end(StreamId id) {
  Stream* stream = find(id);
  if (stream == nullptr) return;
  stream->input_ended = true;
  if (stream->tunnel) return stream->tunnel->end_input();
  if (stream->state == Stream::State::kBody) be_ready(*stream);
}

// `refusal`: its answer, without asking its handler.
void Session::be_ready(Stream& stream, std::optional<http::Response> refusal) {
  stream.state = Stream::State::kReady;
  stream.refusal = std::move(refusal);
  ready_.push_back(stream.id);
}

void Session::refuse(Stream& stream, Status status) {
  be_ready(stream, stream.route->host->errors.make(status, io_->now));
}

void Session::release_body(Stream& stream) {
  if (!stream.inbound) return;
  kept_ -= stream.inbound->body.size();
  stream.inbound.reset();
}

void Session::on_idle_frame() { count_frame(1); }

void Session::count_frame(std::int64_t cost) {
  if (!idle_frames_.take(cost, now())) frames_.terminate(NGHTTP2_ENHANCE_YOUR_CALM);
}

// Whoever makes us call off streams (CVE-2025-8671) got some work for little.
void Session::on_reset_sent() { count_frame(kCostOfReset); }

void Session::on_closed(StreamId id) {
  Stream* stream = find(id);
  if (stream == nullptr) return;
  if (trace::on()) [[unlikely]]
    trace_end(id);
  if (stream->state == Stream::State::kReady) std::erase(ready_, id);
  if (stream->state == Stream::State::kKept) --pending_;
  if (stream->tunnel) --tunnels_;
  if (stream->log != nullptr) {
    log_.add(*stream->log, std::move(stream->line), stream->sent, io_->out.consumed() + io_->out.size());
  }
  release_body(*stream);
  streams_.erase(std::find_if(streams_.begin(), streams_.end(),
                              [stream](const auto& one) { return one.get() == stream; }));
  deadlines_.on_stream_closed(now());
}

// --- Answers -------------------------------------------------------------------------------------

// Those that wait for room are bounded, since they are streams; the heads of answers are not.
void Session::answer_the_ready() {
  std::size_t taken = 0;
  while (taken < ready_.size() && io_->out.size() < kQueued) {
    Stream* stream = find(ready_[taken++]);  // The client may have called it off.
    if (stream != nullptr && stream->state == Stream::State::kReady) answer_request(*stream);
  }
  ready_.erase(ready_.begin(), ready_.begin() + static_cast<std::ptrdiff_t>(taken));
}

void Session::answer_request(Stream& stream) {
  const http::Request request = stream.request(dispatcher_);
  if (!stream.refusal) stream.refusal = http::Dispatcher::refuse(request, *stream.route, io_->now);
  if (stream.refusal) return answer(stream, std::move(*stream.refusal), request);
  Host host(*this, stream);
  http::Exchange exchange(request, io_->now, host);
  http::Dispatcher::run(*stream.route, exchange);
  if (exchange.pending()) {
    stream.pending = exchange.pending();
    stream.state = Stream::State::kKept;
    ++pending_;
    return;
  }
  answer(stream, std::move(*exchange.response()), request);
}

// What handlers that have kept their requests have by now.
void Session::collect_answers() {
  if (pending_ == 0) return;
  for (const auto& stream : streams_) {
    if (stream->state != Stream::State::kKept || !stream->pending->answered()) continue;
    const std::shared_ptr<http::PendingExchange> pending = std::move(stream->pending);
    --pending_;
    trace::take_over(pending->take_notes());
    answer(*stream, pending->take_response(), pending->request());
  }
}

void Session::answer(Stream& stream, http::Response&& response, const http::Request& request) {
  stream.state = Stream::State::kAnswering;
  stream.moved = now();
  const bool with_body = has_body(response, request);
  frames_.answer(stream.id,
                 ResponseHead(response, http::cached_date(io_->now), service_.fields_for(&request)),
                 with_body);
  http::count_answer(response.status, &request);
  stream.log = stream.route->host->access_log;
  if (stream.log != nullptr) {
    http::AccessLog::Entry entry{.peer = request.peer, .status = response.status};
    entry.take(request);
    entry.tls = io_->connection != nullptr ? io_->connection->tls_version() : "";
    entry.begun = stream.begun;
    entry.stream = stream.id;
    stream.line = stream.log->begin(entry, io_->now);
  }
  if (trace::on()) [[unlikely]]
    trace_answer(stream.id, response);
  if (response.successor) {
    stream.tunnel = std::make_unique<Tunnel>(std::move(response.successor), io_->connection);
    stream.tunnel->receive(stream.inbound->body.readable());
    if (stream.input_ended) stream.tunnel->end_input();
    ++tunnels_;
  } else if (with_body) {
    stream.body = std::make_unique<OutgoingBody>(std::move(response.body));
  }
  release_body(stream);
}

Frames::Piece Session::next_piece(StreamId id, std::span<char> buffer) {
  Stream* stream = find(id);
  if (stream == nullptr) return {.broken = true};
  stream->moved = now();
  if (stream->tunnel) {
    const std::size_t length = stream->tunnel->take(buffer);
    stream->sent += length;
    const bool end = stream->tunnel->ended() && !stream->tunnel->has_output();
    return {.length = length, .end = end, .copied = true};
  }
  const OutgoingBody::Piece piece = stream->body->next(buffer.size());
  return {.length = piece.length, .end = piece.end, .broken = piece.broken};
}

void Session::queue_body(StreamId id, OutputQueue& out, std::size_t length) {
  Stream* stream = find(id);
  if (stream == nullptr || !stream->body) return;
  stream->body->queue(out, length);
  stream->sent += length;
  idle_frames_.data_sent();
}

// Of a request that is not whole yet, the rest is not wanted any more (RFC 9113 8.1).
void Session::on_answered(StreamId id) {
  const Stream* stream = find(id);
  if (stream != nullptr && !stream->input_ended) frames_.reset(id, NGHTTP2_NO_ERROR);
}

// --- Tunnels -------------------------------------------------------------------------------------

void Session::run_tunnels() {
  if (tunnels_ == 0) return;
  for (const auto& stream : streams_) {
    if (stream->tunnel) run_tunnel(*stream);
  }
}

void Session::run_tunnel(Stream& stream) {
  stream.tunnel->run(*io_);
  if (stream.tunnel->has_output() || stream.tunnel->ended()) frames_.resume(stream.id);
}

// --- Deadlines and the end -----------------------------------------------------------------------

void Session::look_at_deadlines() {
  deadlines_.look_begins(now());
  if (streams_.empty() && requests_ == 0 && deadlines_.first_is_late(now()))
    frames_.terminate(NGHTTP2_NO_ERROR);
  if (streams_.empty() && requests_ > 0 && deadlines_.next_is_late(now())) ending_.begin(now());
  ending_.look(now());
  for (const auto& stream : streams_) look_at_deadline(*stream);
  answer_the_ready();
}

void Session::look_at_deadline(Stream& stream) {
  switch (deadlines_.look_at(stream, frames_, now())) {
    case Deadlines::Late::kNo: return;
    // Nothing else can come before a head is whole.
    case Deadlines::Late::kHead: return frames_.terminate(NGHTTP2_PROTOCOL_ERROR);
    case Deadlines::Late::kBody: return refuse(stream, Status::kRequestTimeout);
    case Deadlines::Late::kWindow: return frames_.reset(stream.id, NGHTTP2_CANCEL);
  }
}

void Session::on_end_heard() { ending_.heard(); }

void Session::on_trouble(Io io, Trouble trouble) {
  io_ = &io;
  frames_.terminate(trouble == Trouble::kOverload ? NGHTTP2_ENHANCE_YOUR_CALM : NGHTTP2_NO_ERROR);
  frames_.send(io.out, io.out.size() + kQueued);
}

void Session::on_close(std::uint64_t sent) {
  for (const auto& stream : streams_) {
    if (stream->log != nullptr) log_.add(*stream->log, std::move(stream->line), stream->sent, sent);
  }
  log_.write_until(sent, true);
  streams_.clear();
}

std::size_t Session::memory() const {
  std::size_t bytes = kPerSession + streams_.size() * kPerStream + kept_ + log_.memory();
  if (tunnels_ == 0) return bytes;
  for (const auto& stream : streams_) bytes += stream->tunnel ? stream->tunnel->memory() : 0;
  return bytes;
}

void Session::trim() {
  for (const auto& stream : streams_) {
    if (stream->tunnel) stream->tunnel->trim();
  }
}

}  // namespace pollux::http2
