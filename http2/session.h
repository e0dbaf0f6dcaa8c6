// HTTP/2 on one connection: the sibling of http/http1_session.h (RFC 9113).
//
//   octets --> Frames --> Stream: head, body --> ready --> handle --> answered: frames
//                                                               \--> kept: wait for the answer, then the same
//
// An answer's head is queued at once; its body is framed as the client's windows allow. Whenever the session
// is woken, it looks for answers to kept requests.
//
// Requests of one connection are handled one after the other, on whichever thread holds it; their answers
// leave side by side.
//
// Thread: whichever holds the connection.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/dispatcher.h"
#include "http/service.h"
#include "http2/allowance.h"
#include "http2/deadlines.h"
#include "http2/ending.h"
#include "http2/frames.h"
#include "http2/session_options.h"
#include "http2/stream.h"
#include "http2/stream_log.h"
#include "net/protocol.h"

namespace pollux::http2 {

class Session final : public net::Protocol, private Frames::Handler {
 public:
  // Service and options must outlive it. `peer`: the client's address.
  Session(const http::Service& service, const SessionOptions& options, std::string peer);

  [[nodiscard]] bool reads_while_sending() const override { return true; }
  [[nodiscard]] Step on_input(Io io) override;
  void on_trouble(Io io, Trouble trouble) override;
  void on_close(std::uint64_t sent) override;
  [[nodiscard]] std::size_t memory() const override;
  void trim() override;

 private:
  using StreamId = Frames::StreamId;
  class Host;

  // Frames::Handler
  void on_stream(StreamId id) override;
  [[nodiscard]] bool on_field(StreamId id, std::string_view name, std::string_view value) override;
  void on_head(StreamId id) override;
  void on_data(StreamId id, std::string_view octets) override;
  void on_end(StreamId id) override;
  void on_answered(StreamId id) override;
  void on_closed(StreamId id) override;
  void on_reset_sent() override;
  void on_end_heard() override;
  void on_idle_frame() override;
  [[nodiscard]] Frames::Piece next_piece(StreamId id, std::span<char> buffer) override;
  void queue_body(StreamId id, OutputQueue& out, std::size_t length) override;

  [[nodiscard]] Stream* find(StreamId id) const;
  void receive();
  void begin_body(Stream& stream, const http::Request& request);
  void count_frame(std::int64_t cost);
  void be_ready(Stream& stream, std::optional<http::Response> refusal = std::nullopt);
  void refuse(Stream& stream, http::Status status);
  void keep(Stream& stream, std::string_view octets);
  void release_body(Stream& stream);

  void answer_the_ready();
  void answer_request(Stream& stream);
  void answer(Stream& stream, http::Response&& response, const http::Request& request);
  void collect_answers();
  [[nodiscard]] bool should_end() const;
  void run_tunnels();
  void run_tunnel(Stream& stream);
  void look_at_deadlines();
  void look_at_deadline(Stream& stream);
  [[nodiscard]] Step next_step() const;

  [[nodiscard]] TimePoint now() const { return io_->now.steady; }

  const http::Service& service_;
  http::Dispatcher dispatcher_;
  Frames frames_;
  Allowance idle_frames_;
  std::vector<std::unique_ptr<Stream>> streams_;  // By number: a new one has the highest (RFC 9113 5.1.1).
  std::vector<StreamId> ready_;
  StreamLog log_;
  const Io* io_ = nullptr;  // During a call.
  std::uint64_t kept_ = 0;  // Octets of bodies that are not whole yet, or not handled.
  std::size_t requests_ = 0;
  std::size_t pending_ = 0;  // Streams in State::kKept,
  std::size_t tunnels_ = 0;  // and with a tunnel.
  Deadlines deadlines_;
  Ending ending_{frames_};
};

}  // namespace pollux::http2
