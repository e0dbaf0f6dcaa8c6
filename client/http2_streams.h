// HTTP/2 on a connection of the client library: as many exchanges at once as the server allows, each on its
// own stream (RFC 9113). The rest wait here.
//
//   add() --> waiting --> stream --> completed, or failed
//                |           |
//                +-----------+--> returned: it never left, or the server has not looked at it
//
// A server reports an unprocessed stream by REFUSED_STREAM, or by a GOAWAY whose last stream is lower (8.7).
//
// Ending an exchange resets its stream; the rest go on. The limits of a response apply to each stream. While
// its sink pauses, the stream's window stays shut, and octets that still arrive are kept. After GOAWAY the
// running streams are finished. The connection also takes no more exchanges when a stream has run out of time
// and nothing has arrived since it began: the server may be gone silently.
//
// Thread: the worker's.
#pragma once

#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "client/client_protocol.h"
#include "client/http2_frames.h"

namespace pollux::client {

class Http2Streams final : public ClientProtocol, private Http2Frames::Listener {
 public:
  // All references must outlive it. Throws std::bad_alloc.
  Http2Streams(ClientProtocol::Listener& listener, const Timeouts& timeouts, const ResponseLimits& limits);

  void add(ExchangePtr exchange) override;
  [[nodiscard]] bool takes_more() const override { return !silent_ && !broken_ && frames_.takes_requests(); }
  [[nodiscard]] bool one_at_a_time() const override { return false; }
  [[nodiscard]] Status status() const override;
  [[nodiscard]] bool wants_input() const override { return true; }  // Each stream has a window of its own.

  void send(OutputQueue& out) override;
  [[nodiscard]] bool has_output() const override { return frames_.has_output(); }
  void on_all_sent() override {}  // Each stream has its own end.

  void receive(Buffer& in) override;
  void end_of_input(bool cut) override;

  void end_all(ErrorKind kind, const std::string& reason) override;
  void end(const Exchange& exchange, ErrorKind kind, const std::string& reason) override;
  void resume(const Exchange& exchange) override;

 private:
  struct Stream : Http2Frames::Stream {
    ExchangePtr exchange;  // nullptr: the entry is free.
    HeaderFields fields;   // Of the request. frames_ reads them later.
    std::size_t head_octets = 0;
    std::size_t head_fields = 0;
    std::uint64_t heard_before = 0;  // The value of heard_ when it began.
    bool served_before = false;      // The value of served_ when it began.
    bool sent = false;
    bool ended = false;          // The response is complete; its sink pauses.
    bool upload_failed = false;  // The body's source failed.
  };
  using Frame = Http2Frames::Stream;

  static Stream& own(Frame& stream) { return static_cast<Stream&>(stream); }

  // Http2Frames::Listener
  Piece on_body_wanted(Frame& stream, std::span<char> room) override;
  void on_sent(Frame& stream) override;
  void on_field(Frame& stream, std::string_view name, std::string_view value) override;
  void on_head(Frame& stream) override;
  void on_content(Frame& stream, std::string_view octets) override;
  void on_ended(Frame& stream) override;
  void on_closed(Frame& stream, std::uint32_t error) override;
  void on_not_sent(Http2Frames::StreamId id, int error) override;

  void resume(Stream& stream);
  void complete(Stream& stream);
  [[nodiscard]] bool check(Stream& stream, const std::optional<Delivery::Fault>& fault);
  void submit_waiting();
  [[nodiscard]] Stream& take_place();
  void submit(Stream& stream);
  void return_waiting();
  void give_up(Stream& stream, ErrorKind kind, std::string reason);
  void fail(Stream& stream, ErrorKind kind, std::string reason);
  [[nodiscard]] ExchangePtr release(Stream& stream);
  [[nodiscard]] static Stage stage_of(const Stream& stream);

  ClientProtocol::Listener& listener_;
  const Timeouts& timeouts_;
  const ResponseLimits& limits_;
  std::deque<Stream> streams_;  // Never moved, since frames_ refers to them. The peak number so far.
  std::vector<Stream*> free_;
  std::deque<ExchangePtr> waiting_;
  std::uint64_t heard_ = 0;  // How often octets have arrived.
  bool served_ = false;      // A response was completed.
  bool silent_ = false;
  bool broken_ = false;
  Http2Frames frames_;
};

}  // namespace pollux::client
