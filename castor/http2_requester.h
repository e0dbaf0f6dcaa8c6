// HTTP/2: as many requests at once as streams are allowed, with responses in any order (RFC 9113).
//
//   push() --> waiting --> submitted --> answered, or failed
//                 ^            |
//                 +------------+ refused by the server, or above the last stream of its GOAWAY: it has not
//                                looked at them (8.7), so they are sent again, within a bound
//
// Each stream counts as one request: from its due time until its END_STREAM. On a lost connection, each of
// its streams counts as one failed request; waiting requests go to the next connection. After GOAWAY the
// running streams are finished, and the rest get a new connection.
//
// Thread: that of its client.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "castor/request_stream.h"
#include "castor/requester.h"

namespace pollux::castor {

class Http2Requester final : public Requester, private client::Http2Frames::Listener {
 public:
  static constexpr std::uint8_t kMaxRepeats = 10;  // For one request; then it counts as refused.

  Http2Requester(const Books& books, RequestPicker& picker, std::size_t streams);

  [[nodiscard]] bool empty() const override { return free_.size() == streams_.size(); }
  [[nodiscard]] bool has_room() const override;
  void push(const PendingRequest& request, TimePoint now) override;
  [[nodiscard]] TimePoint oldest() const override;
  [[nodiscard]] bool served() const override { return served_; }

  void opened(TimePoint now) override;
  void closed() override;
  void stop_sending() override { send_broken_ = true; }

  [[nodiscard]] bool all_sent() const override;
  [[nodiscard]] std::size_t unsent(std::span<iovec> pieces, TimePoint now) override;
  void sent(std::size_t octets, TimePoint now) override;
  [[nodiscard]] Step settle_sent(TimePoint /*now*/) override { return {}; }  // There is no -f.

  [[nodiscard]] Step read(Buffer& in, TimePoint now) override;
  [[nodiscard]] Step end_of_input(Buffer& rest, bool cut, TimePoint now) override;

  [[nodiscard]] client::Stage stage() const override;
  void fail(client::Stage stage, client::ErrorKind kind, TimePoint now) override;
  [[nodiscard]] Step check_time(TimePoint now) override;
  void abandon(client::Stage stage, TimePoint now) override;

 private:
  using Stream = client::Http2Frames::Stream;
  using StreamId = client::Http2Frames::StreamId;

  struct Framed {
    RequestStream* stream;
    StreamId id;  // Identifies it: another request may use the entry by then.
  };

  static RequestStream& own(Stream& stream) { return static_cast<RequestStream&>(stream); }

  // client::Http2Frames::Listener
  void on_sent(Stream& stream) override { framed_.push_back({&own(stream), stream.id}); }
  void on_begun(Stream& stream) override { books_.accounting.on_first_octet(own(stream).request, now_); }
  void on_frame(Stream& stream, std::size_t octets) override {
    books_.accounting.on_wire(own(stream).request, octets);
  }
  void on_ended(Stream& stream) override;
  void on_closed(Stream& stream, std::uint32_t error) override;
  void on_not_sent(StreamId id, int error) override;

  void submit_waiting();
  [[nodiscard]] Step go_on();
  void wait_again(RequestStream& stream);
  void repeat(RequestStream& stream);
  void go_back(RequestStream& stream, bool too_large);
  [[nodiscard]] RequestStream* first_submitted();
  void fail_stream(RequestStream& stream, client::Stage stage, client::ErrorKind kind);
  void release(RequestStream& stream);
  [[nodiscard]] std::size_t max_streams() const;

  const Books books_;
  RequestPicker& picker_;
  std::uint64_t taken_ = 0;             // The number of requests so far.
  std::vector<RequestStream> streams_;  // One for each possible stream; never resized.
  std::vector<RequestStream*> free_;
  std::deque<RequestStream*> waiting_;  // The oldest first.
  std::size_t submitted_ = 0;           // Those on this connection.

  std::optional<client::Http2Frames> frames_;  // std::nullopt: no connection.
  Buffer out_;                                 // Frames to send,
  std::vector<Framed> framed_;                 // and the requests that end in them.
  bool served_ = false;
  bool send_broken_ = false;
  TimePoint now_;  // The time of the current call.
};

}  // namespace pollux::castor
