// The server's side of one connection of HTTP/2, frame by frame: a handler for TestServer.
#pragma once

#include <optional>
#include <string>

#include "frames.h"
#include "test_server.h"

namespace pollux::client {

class Http2Peer {
 public:
  // Says `beginning` at once: settings, if nothing else.
  explicit Http2Peer(Peer& peer, std::string_view beginning = frames::settings()) : peer_(peer) {
    (void)write(beginning);
  }

  bool write(std::string_view octets) { return peer_.write(octets); }

  // The next frame of any kind; std::nullopt at the end.
  std::optional<frames::SentFrame> next_of_any() {
    constexpr std::size_t kHead = 9;
    while (!(preface_seen_ && input_.size() >= kHead && input_.size() >= kHead + length())) {
      const std::string more = peer_.read();
      if (more.empty()) return std::nullopt;
      input_ += more;
      if (!preface_seen_ && input_.size() >= frames::kPreface.size()) {
        EXPECT_TRUE(input_.starts_with(frames::kPreface));
        input_.erase(0, frames::kPreface.size());
        preface_seen_ = true;
      }
    }
    const std::size_t octets = kHead + length();
    frames::SentFrame frame = frames::frames_of(input_.substr(0, octets)).front();
    input_.erase(0, octets);
    if (frame.type == NGHTTP2_SETTINGS && frame.flags == 0) {
      (void)write(frames::frame(NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0, ""));
    }
    return frame;
  }
  // The next that speaks of a request.
  std::optional<frames::SentFrame> next() {
    for (;;) {
      auto frame = next_of_any();
      if (!frame || frame->type == NGHTTP2_HEADERS || frame->type == NGHTTP2_DATA ||
          frame->type == NGHTTP2_RST_STREAM) {
        return frame;
      }
    }
  }
  // The stream of the next request; 0 at the end.
  int next_request() {
    for (;;) {
      const auto frame = next();
      if (!frame || frame->type == NGHTTP2_HEADERS) return frame ? frame->stream : 0;
    }
  }
  // Until the client has ended the connection.
  void wait_for_end() {
    while (next_of_any()) {
    }
  }

 private:
  [[nodiscard]] std::size_t length() const {
    std::size_t octets = 0;
    for (const char c : input_.substr(0, 3)) octets = octets << 8U | static_cast<unsigned char>(c);
    return octets;
  }

  Peer& peer_;
  std::string input_;
  bool preface_seen_ = false;
};

}  // namespace pollux::client
