// The client's side of HTTP/2, for tests: nghttp2's own, over octets in memory.
#pragma once

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pollux::http2::test {

class Client {
 public:
  using Fields = std::vector<std::pair<std::string, std::string>>;

  struct Answer {
    std::string status;  // Of the last head: interim ones come before it.
    std::vector<std::string> interim;
    Fields fields;
    std::string body;
    bool ended = false;                  // END_STREAM came.
    std::optional<std::uint32_t> reset;  // The stream's end was an error.

    [[nodiscard]] std::string field(const std::string& name) const {
      for (const auto& [known, value] : fields) {
        if (known == name) return value;
      }
      return {};
    }
  };

  // `window`: octets that each stream may have on its way; the connection may have as many at first.
  explicit Client(std::uint32_t window = 65'535, bool opens_windows = true) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_option* option = nullptr;
    nghttp2_option_new(&option);
    nghttp2_option_set_no_auto_window_update(option, opens_windows ? 0 : 1);
    nghttp2_session* raw = nullptr;
    nghttp2_session_client_new2(&raw, callbacks, this, option);
    session_.reset(raw);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window}};
    nghttp2_submit_settings(raw, NGHTTP2_FLAG_NONE, settings, 1);
  }

  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Returns the stream's number. `body`: std::nullopt: the request ends with its head; else DATA follows, and
  // `ends` says whether there is an end to it.
  std::int32_t ask(std::string_view method, std::string_view path, const Fields& more = {},
                   std::optional<std::string> body = std::nullopt, bool ends = true) {
    Fields fields = {{":method", std::string(method)},
                     {":scheme", "http"},
                     {":authority", "a.test"},
                     {":path", std::string(path)}};
    fields.insert(fields.end(), more.begin(), more.end());
    return ask_exactly(fields, std::move(body), ends);
  }

  std::int32_t ask_exactly(const Fields& fields, std::optional<std::string> body = std::nullopt,
                           bool ends = true) {
    std::vector<nghttp2_nv> nva;
    for (const auto& [name, value] : fields)
      nva.push_back({octets(name), octets(value), name.size(), value.size(), 0});
    nghttp2_data_provider provider{};
    const bool has_body = body.has_value();
    if (has_body) {
      bodies_.push_back(std::make_unique<Body>(Body{std::move(*body), ends}));
      provider.source.ptr = bodies_.back().get();
      provider.read_callback = read;
    }
    return nghttp2_submit_request(session_.get(), nullptr, nva.data(), nva.size(),
                                  has_body ? &provider : nullptr, nullptr);
  }

  void reset(std::int32_t stream) {
    nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL);
  }
  void ping() { nghttp2_submit_ping(session_.get(), NGHTTP2_FLAG_NONE, nullptr); }
  void open_window(std::int32_t stream, std::int32_t octets) {
    nghttp2_submit_window_update(session_.get(), NGHTTP2_FLAG_NONE, stream, octets);
  }

  [[nodiscard]] std::string send() {
    std::string all;
    const std::uint8_t* data = nullptr;
    ssize_t length = 0;
    while ((length = nghttp2_session_mem_send(session_.get(), &data)) > 0) {
      all.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(length));
    }
    return all;
  }
  void receive(std::string_view data) {
    ASSERT_GE(nghttp2_session_mem_recv(session_.get(), octets(data), data.size()), 0);
  }

  [[nodiscard]] Answer& answer(std::int32_t stream) { return answers_[stream]; }

  std::vector<std::pair<std::int32_t, std::uint32_t>> goaways;  // Last stream, and error.

 private:
  struct Body {
    std::string octets;
    bool ends;
    std::size_t sent = 0;
  };
  struct Delete {
    void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
  };

  static std::uint8_t* octets(std::string_view text) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  }
  static Client& self(void* user) { return *static_cast<Client*>(user); }
  static std::string text(const std::uint8_t* data, std::size_t length) {
    return {reinterpret_cast<const char*>(data), length};
  }

  static ssize_t read(nghttp2_session* /*session*/, std::int32_t /*stream*/, std::uint8_t* buffer,
                      std::size_t room, std::uint32_t* flags, nghttp2_data_source* source, void* /*user*/) {
    Body& body = *static_cast<Body*>(source->ptr);
    const std::size_t length = body.octets.copy(reinterpret_cast<char*>(buffer), room, body.sent);
    body.sent += length;
    if (body.sent == body.octets.size() && body.ends) *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (length == 0 && !body.ends) return NGHTTP2_ERR_DEFERRED;
    return static_cast<ssize_t>(length);
  }
  static int on_begin(nghttp2_session* /*session*/, const nghttp2_frame* frame, void* user) {
    Answer& answer = self(user).answers_[frame->hd.stream_id];
    if (!answer.status.empty()) answer.interim.push_back(std::exchange(answer.status, {}));
    return 0;
  }
  static int on_header(nghttp2_session* /*session*/, const nghttp2_frame* frame, const std::uint8_t* name,
                       std::size_t name_length, const std::uint8_t* value, std::size_t value_length,
                       std::uint8_t /*flags*/, void* user) {
    Answer& answer = self(user).answers_[frame->hd.stream_id];
    if (text(name, name_length) == ":status") {
      answer.status = text(value, value_length);
    } else {
      answer.fields.emplace_back(text(name, name_length), text(value, value_length));
    }
    return 0;
  }
  static int on_frame(nghttp2_session* /*session*/, const nghttp2_frame* frame, void* user) {
    const bool may_end = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (may_end && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
      self(user).answers_[frame->hd.stream_id].ended = true;
    if (frame->hd.type == NGHTTP2_GOAWAY) {
      self(user).goaways.emplace_back(frame->goaway.last_stream_id, frame->goaway.error_code);
    }
    return 0;
  }
  static int on_data(nghttp2_session* /*session*/, std::uint8_t /*flags*/, std::int32_t stream,
                     const std::uint8_t* data, std::size_t length, void* user) {
    self(user).answers_[stream].body += text(data, length);
    return 0;
  }
  static int on_close(nghttp2_session* /*session*/, std::int32_t stream, std::uint32_t error, void* user) {
    if (error != NGHTTP2_NO_ERROR) self(user).answers_[stream].reset = error;
    return 0;
  }

  std::unique_ptr<nghttp2_session, Delete> session_;
  std::vector<std::unique_ptr<Body>> bodies_;
  std::map<std::int32_t, Answer> answers_;
};

}  // namespace pollux::http2::test
