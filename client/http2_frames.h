// Frames, header compression and flow control of one connection, the client's side (RFC 9113, RFC 7541):
// nghttp2, behind names of ours. The library's Http2Streams and the load generator's requester both stand on
// it. Its other half is http2/frames.h; they share nothing but nghttp2, since almost all that either says is
// about the other role.
//
//   submit(), reset() --> next_output() --> octets            octets --> receive() --> Listener
//
// It writes into the stream what came of it (status, octets), and tells the listener of its turns. Contents
// are consumed as they come, so windows are reopened at once, but for streams whose listener holds them. The
// connection's is so large that no server waits for it.
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

  // Servers that name no number are asked for so many streams before their SETTINGS have come (6.5.2).
  static constexpr std::size_t kAssumedStreams = 100;

  // One request and its response. It must outlive the frames it was submitted to; after its last call its
  // number is taken away by whoever owns it, and it may be used again.
  struct Stream {
    StreamId id = 0;           // 0: it was not submitted.
    std::string_view unsent;   // Of the request's body.
    int status = 0;            // 0: no head has come.
    std::uint64_t octets = 0;  // Of content, as far as it came.
    bool begun = false;        // Octets of the response have come.
    bool past_head = false;  // The head is whole, interim ones aside: what follows are contents and trailers.
    bool reset = false;      // By the server.
    // The body is not `unsent`, but what Listener::on_body_wanted() makes.
    bool body_is_made = false;
    // Contents are consumed no longer, so that the server has to stop: until release_window().
    bool held = false;
    std::size_t unconsumed = 0;  // Octets of contents.
  };

  class Listener {
   public:
    struct Piece {
      std::size_t octets = 0;
      enum class State : std::uint8_t { kMore, kEnd, kWait, kFailed } state = State::kEnd;
    };
    // Writes the next octets of the body; kWait: until resume_body(); kFailed: on_closed() is next.
    virtual Piece on_body_wanted(Stream& /*stream*/, std::span<char> /*room*/) { return {}; }
    virtual void on_sent(Stream& stream) = 0;     // The last frame of the request is made.
    virtual void on_begun(Stream& /*stream*/) {}  // The first of the response has come.

    // A field of a head, an interim one's included; trailers and pseudo-fields are left out.
    virtual void on_field(Stream& /*stream*/, std::string_view /*name*/, std::string_view /*value*/) {}
    virtual void on_head(Stream& /*stream*/) {}  // A head is whole; of an interim one, another follows.
    virtual void on_content(Stream& /*stream*/, std::string_view /*octets*/) {}
    virtual void on_frame(Stream& /*stream*/, std::size_t /*octets*/) {}  // One of it, its own head included.

    // One of these is the last call for a stream that was submitted.
    virtual void on_ended(Stream& stream) = 0;  // The response is whole.
    // It was ended otherwise: nghttp2_error_code. NGHTTP2_REFUSED_STREAM: the server has not looked at it,
    // which it may also say by GOAWAY (8.7).
    virtual void on_closed(Stream& stream, std::uint32_t error) = 0;
    // NGHTTP2_ERR_FRAME_SIZE_ERROR: its head is too large. Else the connection has no more streams. It may be
    // none of ours.
    virtual void on_not_sent(StreamId id, int error) = 0;

   protected:
    ~Listener() = default;
  };

  static constexpr std::int32_t kWindow = 16 * 1024 * 1024;  // Octets: that of a connection.

  // `header_list`: the octets of a head that the server should not pass; 0: any. `stream_window`: octets that
  // it may send of one stream before they are consumed. The listener must outlive it. Throws std::bad_alloc.
  explicit Http2Frames(Listener& listener, std::uint32_t header_list = 0,
                       std::int32_t stream_window = kWindow);

  // Opens the stream and numbers it. Fields: pseudo-fields first, names in lower case; they stay as long as
  // the stream is not used again. `body` stays until its last call. REQUIRES: takes_requests().
  void submit(Stream& stream, const HeaderFields& fields, std::string_view body);
  // RST_STREAM. REQUIRES: that was its last call.
  void reset(const Stream& stream);

  void resume_body(const Stream& stream);  // After kWait.
  void release_window(Stream& stream);     // Consumes what was held.

  // Takes all octets. false: the server has broken the connection's rules, which broken() may say later, when
  // it has been told so.
  [[nodiscard]] bool receive(std::string_view octets);
  [[nodiscard]] bool broken() const { return broken_; }
  // The frames to send next, valid until the next call of anything; empty: there are none.
  [[nodiscard]] std::string_view next_output();
  [[nodiscard]] bool has_output() const { return nghttp2_session_want_write(session_.get()) != 0; }

  // Streams at a time, as the server wants it.
  [[nodiscard]] std::size_t max_streams() const {
    return nghttp2_session_get_remote_settings(session_.get(), NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
  }
  [[nodiscard]] bool takes_requests() const {
    return nghttp2_session_check_request_allowed(session_.get()) != 0;
  }
  [[nodiscard]] bool going_away() const { return going_away_; }  // GOAWAY has come.

 private:
  struct Callbacks;
  struct Delete {
    void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
  };

  void on_frame(const nghttp2_frame& frame);
  void end(Stream& stream);

  Listener& listener_;
  std::unique_ptr<nghttp2_session, Delete> session_;
  std::vector<nghttp2_nv> fields_;  // Of the request that is being submitted.
  bool going_away_ = false;
  bool broken_ = false;
};

}  // namespace pollux::client
