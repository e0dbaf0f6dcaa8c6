// Frames, header compression and flow control of one connection, the server's side (RFC 9113, RFC 7541, RFC
// 9218): nghttp2, behind names of ours.
//
//   octets --> receive() --> Handler: heads, data, ends
//   answer(), reset(), ... --> send() --> frames
//
// Bodies go by reference: nghttp2 makes a DATA frame's first nine octets, the handler queues the rest.
// Which stream is next, nghttp2 says: by urgency, and taking turns where the client asks for that.
//
// Exceptions of the handler come out of receive() and send().
//
// Thread: whichever holds the connection.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <string_view>

#include "base/output_queue.h"
#include "http2/frame_heads.h"
#include "http2/response_head.h"

namespace pollux::http2 {

class Frames {
 public:
  using StreamId = std::int32_t;

  struct Limits {
    // At a time. One more is refused, and may be asked for again (REFUSED_STREAM), unless the client has
    // acknowledged the number: that ends the connection.
    std::uint32_t streams = 128;
    std::uint32_t header_list = 40 * 1024;  // Octets, as the client is told; bigger ones are answered 431.
    bool tunnels = false;                   // Other protocols on a stream (RFC 8441).
  };

  // A piece of a body.
  struct Piece {
    std::size_t length = 0;
    bool end = false;     // Nothing follows.
    bool copied = false;  // It is in the buffer that was given; else queue_body() follows.
    bool broken = false;  // The body ends short.
  };

  class Handler {
   public:
    virtual ~Handler() = default;

    virtual void on_stream(StreamId id) = 0;  // A head begins.
    // false: that is enough, its stream is to end.
    [[nodiscard]] virtual bool on_field(StreamId id, std::string_view name, std::string_view value) = 0;
    virtual void on_head(StreamId id) = 0;  // All its fields were there. Not called for a malformed one.
    virtual void on_data(StreamId id, std::string_view octets) = 0;
    virtual void on_end(StreamId id) = 0;       // The client has sent all of its request.
    virtual void on_answered(StreamId id) = 0;  // The last frame of an answer was queued.
    virtual void on_closed(StreamId id) = 0;    // Last call for it.
    virtual void on_reset_sent() = 0;           // RST_STREAM was queued, for whatever reason.
    virtual void on_end_heard() = 0;            // The client knows of announce_end().
    virtual void on_idle_frame() = 0;           // One that only costs time, or might.

    // A length of 0 without an end: there is nothing yet, see resume().
    [[nodiscard]] virtual Piece next_piece(StreamId id, std::span<char> buffer) = 0;
    virtual void queue_body(StreamId id, OutputQueue& out, std::size_t length) = 0;
  };

  // The handler must outlive it. Throws std::bad_alloc.
  Frames(const Limits& limits, Handler& handler);
  Frames(const Frames&) = delete;
  Frames& operator=(const Frames&) = delete;
  ~Frames();

  // Takes all of them. false: the client has broken the connection's rules; what it is told is to be sent,
  // and then the connection ends.
  [[nodiscard]] bool receive(std::string_view octets);

  // Queues frames, until there are none or `max` octets wait in the queue.
  void send(OutputQueue& out, std::uint64_t max);

  // --- What is to be sent. Of a stream that has gone, nothing.

  void answer(StreamId id, const ResponseHead& head, bool with_body);
  void inform(StreamId id, const ResponseHead& head);  // An interim response.
  void resume(StreamId id);                            // next_piece() has something again.
  void reset(StreamId id, std::uint32_t error);        // nghttp2_error_code

  // The end in two steps, so that no request is lost (6.8): "no more requests, please"; and when the client
  // has had time to hear that, which of them were served.
  void announce_end();
  void end();
  void terminate(std::uint32_t error);  // At once: the streams end as well.

  // Neither side has anything more to say.
  [[nodiscard]] bool over() const;
  // The client's windows let nothing through.
  [[nodiscard]] bool is_blocked(StreamId id) const;

 private:
  struct Callbacks;
  struct Delete {
    void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
  };

  template <class Work>
  int guarded(Work work) noexcept;
  void rethrow();
  [[nodiscard]] bool feed(std::string_view octets);
  void check_order(const FrameHeads::Head& head);
  void note_sent(const nghttp2_frame& frame);
  void goaway_sent(StreamId last);
  void trace_frame(bool out, const nghttp2_frame& frame) const;

  Handler& handler_;
  std::unique_ptr<nghttp2_session, Delete> session_;
  FrameHeads heads_{NGHTTP2_CLIENT_MAGIC_LEN};
  StreamId highest_ = 0;        // That the client has opened.
  bool has_reset_ = false;      // Any stream.
  OutputQueue* out_ = nullptr;  // In send().
  std::uint64_t max_ = 0;       // The same.
  std::exception_ptr failure_;  // Of the handler.
};

}  // namespace pollux::http2
