// HTTP/1.x and 0.9: requests are sent one after the other, and responses arrive in the same order.
//
// A server may close a kept connection silently just as the next request is sent. It has not seen the request
// then: the request is sent once more and counted once.
//
// Thread: that of its client.
#pragma once

#include "castor/pipeline.h"
#include "castor/requester.h"
#include "castor/response_reader.h"

namespace pollux::castor {

class Http1Requester final : public Requester {
 public:
  // `capacity`: maximum of simultaneous requests; 0: for a connection that is only held.
  Http1Requester(const Books& books, RequestPicker& picker, std::size_t capacity)
      : books_(books), picker_(picker), pipeline_(capacity), reader_(books.options) {}

  [[nodiscard]] bool empty() const override { return pipeline_.empty(); }
  [[nodiscard]] bool has_room() const override;
  void push(const PendingRequest& request, TimePoint now) override;
  [[nodiscard]] TimePoint oldest() const override { return pipeline_.front().begun; }
  [[nodiscard]] bool served() const override { return served_ > 0; }

  void opened(TimePoint now) override;
  void closed() override { pipeline_.rewind(); }
  void stop_sending() override { send_broken_ = true; }

  [[nodiscard]] bool all_sent() const override { return pipeline_.all_sent(); }
  [[nodiscard]] std::size_t unsent(std::span<iovec> pieces, TimePoint /*now*/) override {
    return pipeline_.unsent(pieces);
  }
  void sent(std::size_t octets, TimePoint now) override { pipeline_.sent(octets, now); }
  [[nodiscard]] Step settle_sent(TimePoint now) override { return complete(now); }

  [[nodiscard]] Step read(Buffer& in, TimePoint now) override;
  [[nodiscard]] Step end_of_input(Buffer& rest, bool cut, TimePoint now) override;

  [[nodiscard]] client::Stage stage() const override;
  void fail(client::Stage stage, client::ErrorKind kind, TimePoint now) override;
  [[nodiscard]] Step check_time(TimePoint now) override;
  void abandon(client::Stage stage, TimePoint now) override {
    fail_first(pipeline_.size(), stage, client::ErrorKind::kTimeout, now);
  }

 private:
  [[nodiscard]] Step complete(TimePoint now);
  [[nodiscard]] bool ends_response(Buffer& rest);
  [[nodiscard]] std::uint64_t octets_so_far() const { return reader_.begun() ? reader_.octets() : 0; }
  void fail_first(std::size_t count, client::Stage stage, client::ErrorKind kind, TimePoint now);

  const Books books_;
  RequestPicker& picker_;
  Pipeline pipeline_;
  ResponseReader reader_;
  std::uint32_t served_ = 0;  // Responses on this connection.
  bool send_broken_ = false;  // Nothing more can be sent; the response may still arrive.
};

}  // namespace pollux::castor
