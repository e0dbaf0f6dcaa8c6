#include "http2/frames.h"

#include <algorithm>
#include <array>
#include <new>
#include <string>
#include <utility>

#include "base/trace.h"

namespace pollux::http2 {

namespace {

constexpr std::int32_t kConnectionWindow = 1024 * 1024;  // Octets of requests' bodies on their way to us,
constexpr std::uint32_t kStreamWindow = 256 * 1024;      // and of one.
constexpr std::array<std::uint8_t, 8> kEndPing = {'p', 'o', 'l', 'l', 'u', 'x', 'e', 'n'};

void check(int result) {
  if (result == NGHTTP2_ERR_NOMEM) throw std::bad_alloc();
}

const char* name_of(std::uint8_t type) {
  switch (type) {
    case NGHTTP2_DATA: return "DATA";
    case NGHTTP2_HEADERS: return "HEADERS";
    case NGHTTP2_PRIORITY: return "PRIORITY";
    case NGHTTP2_RST_STREAM: return "RST_STREAM";
    case NGHTTP2_SETTINGS: return "SETTINGS";
    case NGHTTP2_PUSH_PROMISE: return "PUSH_PROMISE";
    case NGHTTP2_PING: return "PING";
    case NGHTTP2_GOAWAY: return "GOAWAY";
    case NGHTTP2_WINDOW_UPDATE: return "WINDOW_UPDATE";
    case NGHTTP2_CONTINUATION: return "CONTINUATION";
    case NGHTTP2_PRIORITY_UPDATE: return "PRIORITY_UPDATE";
    default: return "a frame nobody knows";
  }
}

bool ends_stream(const nghttp2_frame& frame) {
  const bool has_flag = frame.hd.type == NGHTTP2_DATA || frame.hd.type == NGHTTP2_HEADERS;
  return has_flag && (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
}

struct OptionDelete {
  void operator()(nghttp2_option* option) const { nghttp2_option_del(option); }
};
using OptionPtr = std::unique_ptr<nghttp2_option, OptionDelete>;

OptionPtr make_options() {
  nghttp2_option* raw = nullptr;
  check(nghttp2_option_new(&raw));
  OptionPtr option(raw);
  nghttp2_option_set_builtin_recv_extension_type(raw, NGHTTP2_PRIORITY_UPDATE);
  nghttp2_option_set_no_closed_streams(raw, 1);
  return option;
}

}  // namespace

// --- What nghttp2 calls --------------------------------------------------------------------------

struct Frames::Callbacks {
  static Frames& self(void* user) { return *static_cast<Frames*>(user); }

  static ssize_t send(nghttp2_session* /*session*/, const std::uint8_t* octets, std::size_t length,
                      int /*flags*/, void* user) {
    Frames& frames = self(user);
    if (frames.out_->size() >= frames.max_) return NGHTTP2_ERR_WOULDBLOCK;
    const int failed = frames.guarded([&] {
      frames.out_->append({reinterpret_cast<const char*>(octets), length});
      return 0;
    });
    return failed != 0 ? failed : static_cast<ssize_t>(length);
  }

  static int send_data(nghttp2_session* /*session*/, nghttp2_frame* frame, const std::uint8_t* head,
                       std::size_t length, nghttp2_data_source* /*source*/, void* user) {
    Frames& frames = self(user);
    if (frames.out_->size() >= frames.max_) return NGHTTP2_ERR_WOULDBLOCK;
    constexpr std::size_t kHead = 9;
    return frames.guarded([&] {
      frames.out_->append({reinterpret_cast<const char*>(head), kHead});
      frames.handler_.queue_body(frame->hd.stream_id, *frames.out_, length);
      return 0;
    });
  }

  static ssize_t read(nghttp2_session* /*session*/, StreamId id, std::uint8_t* buffer, std::size_t length,
                      std::uint32_t* flags, nghttp2_data_source* /*source*/, void* user) {
    Frames& frames = self(user);
    Piece piece;
    const int failed = frames.guarded([&] {
      piece = frames.handler_.next_piece(id, {reinterpret_cast<char*>(buffer), length});
      return 0;
    });
    if (failed != 0) return failed;
    if (piece.broken) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    if (piece.length == 0 && !piece.end) return NGHTTP2_ERR_DEFERRED;
    if (piece.end) *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (!piece.copied) *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    return static_cast<ssize_t>(piece.length);
  }

  static int on_begin_headers(nghttp2_session* /*session*/, const nghttp2_frame* frame, void* user) {
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    return self(user).guarded([&] {
      self(user).handler_.on_stream(frame->hd.stream_id);
      return 0;
    });
  }

  static int on_header(nghttp2_session* /*session*/, const nghttp2_frame* frame, const std::uint8_t* name,
                       std::size_t name_length, const std::uint8_t* value, std::size_t value_length,
                       std::uint8_t /*flags*/, void* user) {
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;  // Trailers: nobody wants them.
    return self(user).guarded([&] {
      const bool good = self(user).handler_.on_field(frame->hd.stream_id,
                                                     {reinterpret_cast<const char*>(name), name_length},
                                                     {reinterpret_cast<const char*>(value), value_length});
      return good ? 0 : static_cast<int>(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE);
    });
  }

  static int on_data(nghttp2_session* /*session*/, std::uint8_t /*flags*/, StreamId id,
                     const std::uint8_t* octets, std::size_t length, void* user) {
    return self(user).guarded([&] {
      self(user).handler_.on_data(id, {reinterpret_cast<const char*>(octets), length});
      return 0;
    });
  }

  static int on_frame(nghttp2_session* /*session*/, const nghttp2_frame* frame, void* user) {
    Frames& frames = self(user);
    if (trace::on()) [[unlikely]]
      frames.trace_frame(false, *frame);
    return frames.guarded([&] {
      take(frames.handler_, *frame);
      return 0;
    });
  }

  static void take(Handler& handler, const nghttp2_frame& frame) {
    const bool acknowledges = (frame.hd.flags & NGHTTP2_FLAG_ACK) != 0;
    switch (frame.hd.type) {
      case NGHTTP2_HEADERS:
        if (frame.headers.cat == NGHTTP2_HCAT_REQUEST) handler.on_head(frame.hd.stream_id);
        break;
      case NGHTTP2_DATA:
        if (frame.hd.length == 0 && !ends_stream(frame)) handler.on_idle_frame();
        break;
      case NGHTTP2_PING:
        if (acknowledges && std::equal(kEndPing.begin(), kEndPing.end(), frame.ping.opaque_data)) {
          return handler.on_end_heard();
        }
        handler.on_idle_frame();
        break;
      default: handler.on_idle_frame();
    }
    if (ends_stream(frame)) handler.on_end(frame.hd.stream_id);
  }

  // It is answered by RST_STREAM, or ignored; which may wait long for its turn, so it is counted at once.
  static int on_invalid_frame(nghttp2_session* /*session*/, const nghttp2_frame* /*frame*/, int /*error*/,
                              void* user) {
    return self(user).guarded([&] {
      self(user).handler_.on_idle_frame();
      return 0;
    });
  }

  static int on_frame_sent(nghttp2_session* /*session*/, const nghttp2_frame* frame, void* user) {
    Frames& frames = self(user);
    if (trace::on()) [[unlikely]]
      frames.trace_frame(true, *frame);
    return frames.guarded([&] {
      frames.note_sent(*frame);
      return 0;
    });
  }

  static int on_stream_close(nghttp2_session* /*session*/, StreamId id, std::uint32_t /*error*/, void* user) {
    return self(user).guarded([&] {
      self(user).handler_.on_closed(id);
      return 0;
    });
  }

  static nghttp2_session_callbacks* make() {
    nghttp2_session_callbacks* callbacks = nullptr;
    check(nghttp2_session_callbacks_new(&callbacks));
    nghttp2_session_callbacks_set_send_callback(callbacks, send);
    nghttp2_session_callbacks_set_send_data_callback(callbacks, send_data);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, on_invalid_frame);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_sent);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    return callbacks;
  }
};

// Nothing may be thrown through C.
template <class Work>
int Frames::guarded(Work work) noexcept {
  try {
    return work();
  } catch (...) {
    failure_ = std::current_exception();
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
}

// nghttp2 ignores what a client must not send: on streams that have ended (5.1), or below one that it has
// opened since (5.1.1). We ignore it only where we may have been the one to end the stream, since the client
// may not have known.
void Frames::check_order(const FrameHeads::Head& head) {
  const bool opens = head.type == NGHTTP2_HEADERS;
  if (head.type == NGHTTP2_PRIORITY && head.stream == 0) return terminate(NGHTTP2_PROTOCOL_ERROR);  // 6.3
  if (!opens && head.type != NGHTTP2_DATA) return;
  if (head.stream > highest_) {
    if (opens) highest_ = head.stream;
  } else if (!has_reset_ && nghttp2_session_find_stream(session_.get(), head.stream) == nullptr) {
    terminate(NGHTTP2_STREAM_CLOSED);
  }
}

void Frames::rethrow() {
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void Frames::trace_frame(bool out, const nghttp2_frame& frame) const {
  const StreamId id = frame.hd.stream_id;
  nghttp2_session* session = session_.get();
  const bool open = id > 0 && nghttp2_session_find_stream(session, id) != nullptr;
  trace::Frame traced{.name = name_of(frame.hd.type),
                      .stream = id,
                      .out = out,
                      .last = ends_stream(frame),
                      .length = frame.hd.length,
                      .to_client = {.connection = nghttp2_session_get_remote_window_size(session)},
                      .to_server = {.connection = nghttp2_session_get_local_window_size(session)}};
  if (open) {
    traced.to_client.stream = nghttp2_session_get_stream_remote_window_size(session, id);
    traced.to_server.stream = nghttp2_session_get_stream_local_window_size(session, id);
  }
  trace::note(traced);
}

// --- A connection --------------------------------------------------------------------------------

Frames::Frames(const Limits& limits, Handler& handler) : handler_(handler) {
  static const nghttp2_session_callbacks* const callbacks = Callbacks::make();  // Of all; never freed.
  static const OptionPtr options = make_options();
  nghttp2_session* raw = nullptr;
  check(nghttp2_session_server_new2(&raw, callbacks, this, options.get()));
  session_.reset(raw);
  const std::array<nghttp2_settings_entry, 5> settings = {{
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.streams},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits.header_list},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
      {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1},
  }};
  check(nghttp2_submit_settings(raw, NGHTTP2_FLAG_NONE, settings.data(),
                                settings.size() - (limits.tunnels ? 0 : 1)));
  check(nghttp2_session_set_local_window_size(raw, NGHTTP2_FLAG_NONE, 0, kConnectionWindow));
}

Frames::~Frames() = default;

bool Frames::receive(std::string_view octets) {
  while (!octets.empty()) {
    const std::size_t length = heads_.take(octets);
    if (const auto& head = heads_.begun()) check_order(*head);
    if (!feed(octets.substr(0, length))) return false;
    octets.remove_prefix(length);
  }
  return true;
}

bool Frames::feed(std::string_view octets) {
  const ssize_t taken = nghttp2_session_mem_recv(
      session_.get(), reinterpret_cast<const std::uint8_t*>(octets.data()), octets.size());
  rethrow();
  if (taken == NGHTTP2_ERR_NOMEM) throw std::bad_alloc();
  if (taken >= 0) return true;
  trace::note("frames", "{}", nghttp2_strerror(static_cast<int>(taken)));
  if (taken == NGHTTP2_ERR_FLOODED) terminate(NGHTTP2_ENHANCE_YOUR_CALM);
  return false;
}

void Frames::send(OutputQueue& out, std::uint64_t max) {
  out_ = &out;
  max_ = max;
  const int result = nghttp2_session_send(session_.get());
  rethrow();
  check(result);
}

void Frames::answer(StreamId id, const ResponseHead& head, bool with_body) {
  nghttp2_data_provider provider{};
  provider.read_callback = Callbacks::read;
  check(nghttp2_submit_response(session_.get(), id, head.fields().data(), head.fields().size(),
                                with_body ? &provider : nullptr));
}

void Frames::inform(StreamId id, const ResponseHead& head) {
  check(nghttp2_submit_headers(session_.get(), NGHTTP2_FLAG_NONE, id, nullptr, head.fields().data(),
                               head.fields().size(), nullptr));
}

void Frames::resume(StreamId id) { check(nghttp2_session_resume_data(session_.get(), id)); }

void Frames::reset(StreamId id, std::uint32_t error) {
  check(nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, id, error));
}

void Frames::announce_end() { check(nghttp2_submit_shutdown_notice(session_.get())); }

void Frames::note_sent(const nghttp2_frame& frame) {
  if (ends_stream(frame)) handler_.on_answered(frame.hd.stream_id);
  if (frame.hd.type == NGHTTP2_GOAWAY) goaway_sent(frame.goaway.last_stream_id);
  if (frame.hd.type != NGHTTP2_RST_STREAM) return;
  has_reset_ = true;
  handler_.on_reset_sent();
}

// After the first step: when this PING has come back, the client has heard. (nghttp2 would have it overtake
// what is queued already.)
void Frames::goaway_sent(StreamId last) {
  constexpr StreamId kHighest = 0x7FFFFFFF;
  if (last == kHighest) (void)nghttp2_submit_ping(session_.get(), NGHTTP2_FLAG_NONE, kEndPing.data());
}

void Frames::end() {
  const StreamId last = nghttp2_session_get_last_proc_stream_id(session_.get());
  check(nghttp2_submit_goaway(session_.get(), NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, nullptr, 0));
}

void Frames::terminate(std::uint32_t error) {
  check(nghttp2_session_terminate_session(session_.get(), error));
}

bool Frames::over() const {
  return nghttp2_session_want_read(session_.get()) == 0 && nghttp2_session_want_write(session_.get()) == 0;
}

bool Frames::is_blocked(StreamId id) const {
  return nghttp2_session_get_remote_window_size(session_.get()) <= 0 ||
         nghttp2_session_get_stream_remote_window_size(session_.get(), id) <= 0;
}

}  // namespace pollux::http2
