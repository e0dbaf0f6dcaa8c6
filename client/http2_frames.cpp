#include "client/http2_frames.h"

#include <algorithm>
#include <array>
#include <new>
#include <utility>

namespace pollux::client {

namespace {

constexpr std::size_t kFrameHead = 9;

int checked(int result) {
  if (result == NGHTTP2_ERR_NOMEM) throw std::bad_alloc();
  return result;
}

nghttp2_nv field_of(const HeaderField& field) {
  const auto* name = reinterpret_cast<const std::uint8_t*>(field.name.data());
  const auto* value = reinterpret_cast<const std::uint8_t*>(field.value.data());
  return {.name = const_cast<std::uint8_t*>(name),
          .value = const_cast<std::uint8_t*>(value),
          .namelen = field.name.size(),
          .valuelen = field.value.size(),
          .flags = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
}

struct DeleteOption {
  void operator()(nghttp2_option* option) const { nghttp2_option_del(option); }
};
using ClientOption = std::unique_ptr<nghttp2_option, DeleteOption>;

ClientOption make_client_option() {
  nghttp2_option* raw = nullptr;
  checked(nghttp2_option_new(&raw));
  ClientOption option(raw);
  nghttp2_option_set_peer_max_concurrent_streams(raw, Http2Frames::kAssumedStreams);
  nghttp2_option_set_no_closed_streams(raw, 1);
  nghttp2_option_set_no_auto_window_update(raw, 1);
  return option;
}

bool ends_request_stream(const nghttp2_frame& frame) {
  const bool has_flag = frame.hd.type == NGHTTP2_DATA || frame.hd.type == NGHTTP2_HEADERS;
  return has_flag && (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
}

}  // namespace

// --- What nghttp2 calls --------------------------------------------------------------------------------

struct Http2Frames::Callbacks {
  static Http2Frames& self(void* user) { return *static_cast<Http2Frames*>(user); }
  // nullptr: it is not one of ours, or has had its last call; then another request may use the Stream.
  static Stream* find(nghttp2_session* session, StreamId id) {
    auto* stream = static_cast<Stream*>(nghttp2_session_get_stream_user_data(session, id));
    return stream != nullptr && stream->id == id ? stream : nullptr;
  }

  static std::string_view text(const std::uint8_t* octets, std::size_t length) {
    return {reinterpret_cast<const char*>(octets), length};
  }

  static ssize_t read_body(nghttp2_session* session, StreamId id, std::uint8_t* buffer, std::size_t length,
                           std::uint32_t* flags, nghttp2_data_source* /*source*/, void* user) noexcept {
    Stream* stream = find(session, id);
    if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    if (stream->body_is_made)
      return make_body(*stream, {reinterpret_cast<char*>(buffer), length}, *flags, user);
    const std::size_t count = std::min(length, stream->unsent.size());
    std::copy_n(stream->unsent.data(), count, buffer);
    stream->unsent.remove_prefix(count);
    if (stream->unsent.empty()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(count);
  }

  static ssize_t make_body(Stream& stream, std::span<char> room, std::uint32_t& flags, void* user) {
    using State = Listener::Piece::State;
    const Listener::Piece piece = self(user).listener_.on_body_wanted(stream, room);
    if (piece.state == State::kFailed) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    if (piece.state == State::kWait && piece.octets == 0) return NGHTTP2_ERR_DEFERRED;
    if (piece.state == State::kEnd) flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(piece.octets);
  }

  static int on_begin_headers(nghttp2_session* session, const nghttp2_frame* frame, void* user) noexcept {
    Stream* stream = find(session, frame->hd.stream_id);
    if (stream == nullptr || stream->begun) return 0;
    stream->begun = true;
    self(user).listener_.on_begun(*stream);
    return 0;
  }

  // The status of the next head replaces that of an interim response.
  static int on_header(nghttp2_session* session, const nghttp2_frame* frame, const std::uint8_t* name,
                       std::size_t name_length, const std::uint8_t* value, std::size_t length,
                       std::uint8_t /*flags*/, void* user) noexcept {
    Stream* stream = find(session, frame->hd.stream_id);
    if (stream == nullptr || stream->past_head) return 0;
    if (name[0] != ':') {
      self(user).listener_.on_field(*stream, text(name, name_length), text(value, length));
      return 0;
    }
    stream->status = 0;  // ":status", the only pseudo-field that nghttp2 lets through.
    for (std::size_t i = 0; i < length; ++i) stream->status = stream->status * 10 + (value[i] - '0');
    return 0;
  }

  // The listener may end the stream in the call.
  static int on_data(nghttp2_session* session, std::uint8_t /*flags*/, StreamId id,
                     const std::uint8_t* octets, std::size_t length, void* user) noexcept {
    if (nghttp2_session_consume_connection(session, length) != 0) return NGHTTP2_ERR_CALLBACK_FAILURE;
    Stream* stream = find(session, id);
    if (stream == nullptr) return 0;
    stream->octets += length;
    self(user).listener_.on_content(*stream, text(octets, length));
    stream = find(session, id);
    if (stream == nullptr) return 0;
    if (stream->held) {
      stream->unconsumed += length;
    } else if (nghttp2_session_consume_stream(session, id, length) != 0) {
      return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    return 0;
  }

  static int on_frame(nghttp2_session* /*session*/, const nghttp2_frame* frame, void* user) noexcept {
    self(user).on_frame(*frame);
    return 0;
  }

  static int on_frame_sent(nghttp2_session* session, const nghttp2_frame* frame, void* user) noexcept {
    if (frame->hd.type == NGHTTP2_GOAWAY) self(user).broken_ = true;  // nghttp2 has no other reason for it.
    if (!ends_request_stream(*frame)) return 0;
    Stream* stream = find(session, frame->hd.stream_id);
    if (stream != nullptr) self(user).listener_.on_sent(*stream);
    return 0;
  }

  static int on_frame_not_sent(nghttp2_session* /*session*/, const nghttp2_frame* frame, int error,
                               void* user) noexcept {
    if (frame->hd.type == NGHTTP2_HEADERS) self(user).listener_.on_not_sent(frame->hd.stream_id, error);
    return 0;
  }

  static int on_stream_close(nghttp2_session* session, StreamId id, std::uint32_t error,
                             void* user) noexcept {
    if (Stream* stream = find(session, id); stream != nullptr) self(user).listener_.on_closed(*stream, error);
    return 0;
  }

  static nghttp2_session_callbacks* make() {
    nghttp2_session_callbacks* callbacks = nullptr;
    checked(nghttp2_session_callbacks_new(&callbacks));
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_sent);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, on_frame_not_sent);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    return callbacks;
  }
};

// In any of these calls, the listener may end the stream.
void Http2Frames::on_frame(const nghttp2_frame& frame) {
  if (frame.hd.type == NGHTTP2_GOAWAY) going_away_ = true;
  const StreamId id = frame.hd.stream_id;
  Stream* stream = Callbacks::find(session_.get(), id);
  if (stream == nullptr) return;
  if (frame.hd.type == NGHTTP2_RST_STREAM) stream->reset = true;  // nghttp2 closes the stream next.
  if (frame.hd.type != NGHTTP2_DATA && frame.hd.type != NGHTTP2_HEADERS) return;
  listener_.on_frame(*stream, kFrameHead + frame.hd.length);
  if (frame.hd.type == NGHTTP2_HEADERS && !stream->past_head) {
    if (stream->status < 100) {  // nghttp2 only checks that there are three digits.
      reset(*stream);
      return listener_.on_closed(*stream, NGHTTP2_PROTOCOL_ERROR);
    }
    stream->past_head = stream->status >= 200;
    listener_.on_head(*stream);
  }
  if (stream->id == id && ends_request_stream(frame)) end(*stream);
}

// The server may respond before it has the whole request, and then does not want the rest (8.1).
void Http2Frames::end(Stream& stream) {
  const bool early = nghttp2_session_get_stream_local_close(session_.get(), stream.id) == 0;
  if (early) reset(stream);
  listener_.on_ended(stream);
}

// --- A connection --------------------------------------------------------------------------------------

Http2Frames::Http2Frames(Listener& listener, std::uint32_t header_list, std::int32_t stream_window)
    : listener_(listener) {
  static const nghttp2_session_callbacks* const callbacks = Callbacks::make();  // Shared; never freed.
  static const ClientOption option = make_client_option();
  nghttp2_session* raw = nullptr;
  checked(nghttp2_session_client_new2(&raw, callbacks, this, option.get()));
  session_.reset(raw);
  const std::array<nghttp2_settings_entry, 3> settings = {
      {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
       {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, static_cast<std::uint32_t>(stream_window)},
       {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, header_list}}};
  checked(nghttp2_submit_settings(raw, NGHTTP2_FLAG_NONE, settings.data(),
                                  settings.size() - (header_list == 0 ? 1 : 0)));
  checked(nghttp2_session_set_local_window_size(raw, NGHTTP2_FLAG_NONE, 0, kWindow));
}

void Http2Frames::submit(Stream& stream, const HeaderFields& fields, std::string_view body) {
  fields_.clear();
  for (const HeaderField& field : fields) fields_.push_back(field_of(field));
  stream.unsent = body;
  nghttp2_data_provider provider{};
  provider.read_callback = Callbacks::read_body;
  stream.id =
      checked(nghttp2_submit_request(session_.get(), nullptr, fields_.data(), fields_.size(),
                                     body.empty() && !stream.body_is_made ? nullptr : &provider, &stream));
}

void Http2Frames::reset(const Stream& stream) {
  checked(nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, stream.id, NGHTTP2_CANCEL));
}

void Http2Frames::resume_body(const Stream& stream) {
  checked(nghttp2_session_resume_data(session_.get(), stream.id));
}

void Http2Frames::release_window(Stream& stream) {
  stream.held = false;
  const std::size_t octets = std::exchange(stream.unconsumed, 0);
  checked(nghttp2_session_consume_stream(session_.get(), stream.id, octets));
}

bool Http2Frames::receive(std::string_view octets) {
  const ssize_t taken = nghttp2_session_mem_recv(
      session_.get(), reinterpret_cast<const std::uint8_t*>(octets.data()), octets.size());
  if (taken == NGHTTP2_ERR_NOMEM) throw std::bad_alloc();
  // After an error nghttp2 accepts no more requests, and reports why. Stream numbers can be used up, too.
  const bool used_up = nghttp2_session_get_next_stream_id(session_.get()) > INT32_MAX;
  return taken >= 0 && !broken_ && (takes_requests() || going_away_ || used_up);
}

std::string_view Http2Frames::next_output() {
  const std::uint8_t* octets = nullptr;
  const ssize_t count = nghttp2_session_mem_send(session_.get(), &octets);
  if (count == NGHTTP2_ERR_NOMEM) throw std::bad_alloc();
  return count <= 0 ? std::string_view() : Callbacks::text(octets, static_cast<std::size_t>(count));
}

}  // namespace pollux::client
