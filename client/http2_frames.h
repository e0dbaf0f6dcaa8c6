// Frames, header compression and flow control of one connection, the client's side (RFC 9113, RFC 7541): a
// thin layer on nghttp2. The library's Http2Streams and the load generator's requester both use it. Its
// counterpart for the server is http2/frames.h; the two share only nghttp2, since almost all of their code is
// specific to the role.
//
//   submit(), reset() --> next_output() --> octets            octets --> receive() --> Listener
//
// It writes the progress of a response into its stream (status, octets), and calls the listener at each step.
// Content is consumed as it arrives, so windows are reopened at once, except for streams that the listener
// holds. The connection's window is so large that no server waits for it.
//
// Nothing may be thrown through C, so a listener that throws ends the program. The listener may call submit()
// and reset() from within. Thread: that of its connection.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "client/response_parser.h"

namespace pollux::client {

class Http2Frames {
 public:
  using StreamId = std::int32_t;

  // Maximum of streams before the server's SETTINGS arrive (6.5.2).
  static constexpr std::size_t kAssumedStreams = 100;

  // One request and its response. It must outlive the frames that it was submitted to. After its last call,
  // its owner clears the number, and may use the stream again.
  struct Stream {
    StreamId id = 0;           // 0: it was not submitted.
    std::string_view unsent;   // The rest of the request's body.
    int status = 0;            // 0: no head has arrived.
    std::uint64_t octets = 0;  // Of content, so far.
    bool begun = false;        // Octets of the response have arrived.
    bool past_head = false;    // The final head is complete: content and trailers follow.
    bool reset = false;        // By the server.
    // Listener::on_body_wanted() makes the body, instead of `unsent`.
    bool body_is_made = false;
    // Content is not consumed, so the server must stop, until release_window().
    bool held = false;
    std::size_t unconsumed = 0;  // Octets of content.
  };

  class Listener {
   public:
    struct Piece {
      std::size_t octets = 0;
      enum class State : std::uint8_t { kMore, kEnd, kWait, kFailed } state = State::kEnd;
    };
    // Writes the next octets of the body. kWait: until resume_body(); kFailed: on_closed() follows.
    virtual Piece on_body_wanted(Stream& /*stream*/, std::span<char> /*room*/) { return {}; }
    virtual void on_sent(Stream& stream) = 0;     // The last frame of the request was made.
    virtual void on_begun(Stream& /*stream*/) {}  // The first octets of the response have arrived.

    // A field of a head, also of an interim one; trailers and pseudo-fields are left out.
    virtual void on_field(Stream& /*stream*/, std::string_view /*name*/, std::string_view /*value*/) {}
    virtual void on_head(Stream& /*stream*/) {}  // A head is complete; after an interim one, another follows.
    virtual void on_content(Stream& /*stream*/, std::string_view /*octets*/) {}
    virtual void on_frame(Stream& /*stream*/, std::size_t /*octets*/) {}  // One, with its head.

    // One of these is the last call for a submitted stream.
    virtual void on_ended(Stream& stream) = 0;  // The response is complete.
    // It was ended otherwise, with an nghttp2_error_code. NGHTTP2_REFUSED_STREAM: the server has not
    // processed it, which it may also say by GOAWAY (8.7).
    virtual void on_closed(Stream& stream, std::uint32_t error) = 0;
    // NGHTTP2_ERR_FRAME_SIZE_ERROR: its head is too large. Otherwise the connection has no more streams. The
    // id may not be one of ours.
    virtual void on_not_sent(StreamId id, int error) = 0;

   protected:
    ~Listener() = default;
  };

  static constexpr std::int32_t kWindow = 16 * 1024 * 1024;  // Octets: the connection's.

  // `header_list`: maximum octets of a head, as announced to the server; 0: any. `stream_window`: octets that
  // the server may send on one stream before they are consumed. The listener must outlive the object. Throws
  // std::bad_alloc.
  explicit Http2Frames(Listener& listener, std::uint32_t header_list = 0,
                       std::int32_t stream_window = kWindow);

  // Opens the stream and numbers it. Fields: pseudo-fields first, names in lower case; they must stay until
  // the stream is used again. `body` must stay until the stream's last call. REQUIRES: takes_requests().
  void submit(Stream& stream, const HeaderFields& fields, std::string_view body);
  // Sends RST_STREAM. REQUIRES: the stream has had its last call.
  void reset(const Stream& stream);

  void resume_body(const Stream& stream);  // After kWait.
  void release_window(Stream& stream);     // Consumes the held content.

  // Consumes all octets. false: the server has broken the protocol. broken() may report it later, when the
  // server has been told.
  [[nodiscard]] bool receive(std::string_view octets);
  [[nodiscard]] bool broken() const { return broken_; }
  // The frames to send next, valid until the next call of any method; empty: none.
  [[nodiscard]] std::string_view next_output();
  [[nodiscard]] bool has_output() const { return nghttp2_session_want_write(session_.get()) != 0; }

  // Maximum of simultaneous streams, by the server's settings.
  [[nodiscard]] std::size_t max_streams() const {
    return nghttp2_session_get_remote_settings(session_.get(), NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
  }
  [[nodiscard]] bool takes_requests() const {
    return nghttp2_session_check_request_allowed(session_.get()) != 0;
  }
  [[nodiscard]] bool going_away() const { return going_away_; }  // GOAWAY has arrived.

 private:
  struct Callbacks;
  struct Delete {
    void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
  };

  void on_frame(const nghttp2_frame& frame);
  void end(Stream& stream);

  Listener& listener_;
  std::unique_ptr<nghttp2_session, Delete> session_;
  std::vector<nghttp2_nv> fields_;  // For the request that is being submitted.
  bool going_away_ = false;
  bool broken_ = false;
};

}  // namespace pollux::client
