// Frames, header compression and flow control of one connection, the client's side (RFC 9113, RFC 7541):
// nghttp2, behind names of ours. Its other half is http2/frames.h; they share nothing but the library, since
// almost all that either says is about the other role.
//
//   submit(), reset() --> send() --> octets            octets --> receive() --> Listener
//
// It writes into the stream what came of it (status, octets), and tells the listener of its turns. Contents
// are counted, not kept, so the windows are opened again at once; they are large enough that no server waits
// for that.
//
// Nothing may be thrown through C, so a listener that throws ends the program. Thread: that of its client.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/buffer.h"
#include "castor/request_stream.h"

namespace pollux::castor {

class ClientFrames {
 public:
  using StreamId = std::int32_t;

  // Servers that name no number are asked for so many streams before their SETTINGS have come (6.5.2).
  static constexpr std::size_t kAssumedStreams = 100;

  class Listener {
   public:
    virtual void on_sent(RequestStream& stream) = 0;   // The last frame of the request is made.
    virtual void on_begun(RequestStream& stream) = 0;  // The first of the response has come.
    virtual void on_frame(RequestStream& stream, std::size_t octets) = 0;  // One of it, head included.

    // One of these is the last call for a stream that was submitted.
    virtual void on_ended(RequestStream& stream) = 0;  // The response is whole.
    // It was ended otherwise: nghttp2_error_code. NGHTTP2_REFUSED_STREAM: the server has not looked at it,
    // which it may also say by GOAWAY (8.7).
    virtual void on_closed(RequestStream& stream, std::uint32_t error) = 0;
    virtual void on_not_sent(StreamId id) = 0;  // The connection has no more streams. It may be none of ours.

   protected:
    ~Listener() = default;
  };

  // The listener must outlive it. Throws std::bad_alloc.
  explicit ClientFrames(Listener& listener);

  // Opens the stream, numbers it, and keeps a reference. The stream is known by both: after its last call its
  // number is taken away, and it may be used again. REQUIRES: takes_requests().
  void submit(RequestStream& stream);
  // RST_STREAM. REQUIRES: that was its last call.
  void reset(const RequestStream& stream);

  // Takes all octets. false: the server has broken the connection's rules.
  [[nodiscard]] bool receive(std::string_view octets);
  // Appends frames, until there are none or `out` has `max` octets.
  void send(Buffer& out, std::size_t max);
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
  void end(RequestStream& stream);

  Listener& listener_;
  std::unique_ptr<nghttp2_session, Delete> session_;
  std::vector<nghttp2_nv> fields_;  // Of the request that is being submitted.
  bool going_away_ = false;
};

}  // namespace pollux::castor
