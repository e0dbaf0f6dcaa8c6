// The way of a response's content from the protocol to its consumer.
//
//   take() --> [ContentDecoder] --> Response::body, within limits.body
//                               \-> BodySink, which may pause it
//
// While the sink pauses, arriving octets are kept: one read at most with HTTP/1.1, one window with HTTP/2.
// They are kept encoded, so a content coding cannot multiply them.
//
// Thread: the worker's.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "client/content_decoder.h"
#include "client/outcome.h"
#include "client/request.h"

namespace pollux::client {

class Delivery {
 public:
  struct Fault {
    ErrorKind kind;
    std::string reason;
  };

  // The response's status and fields are there. Both must outlive the delivery. `sink`: nullptr: the content
  // goes to the response's own body. `decode`: undo a content coding, and remove it from the fields.
  void begin(Response& response, BodySink* sink, bool decode, std::uint64_t max_body);

  // Each returns std::nullopt to go on, or the fault that ends it.
  [[nodiscard]] std::optional<Fault> take(std::string_view octets);
  [[nodiscard]] std::optional<Fault> resume();
  // The body is complete. REQUIRES: not paused().
  [[nodiscard]] std::optional<Fault> finish();
  // The same, and the kept octets go to the sink even if it pauses.
  [[nodiscard]] std::optional<Fault> finish_now();

  [[nodiscard]] bool paused() const { return paused_; }
  [[nodiscard]] bool streams() const { return sink_ != nullptr; }

 private:
  [[nodiscard]] std::optional<Fault> deliver(std::string_view octets);
  [[nodiscard]] std::optional<Fault> hand_over(std::string_view octets);

  Response* response_ = nullptr;
  BodySink* sink_ = nullptr;
  std::uint64_t max_body_ = 0;
  std::unique_ptr<ContentDecoder> decoder_;  // nullptr: nothing to decode.
  std::string kept_;                         // Octets, while it is paused.
  bool begun_ = false;                       // Octets have come.
  bool paused_ = false;
  bool pausable_ = true;
};

}  // namespace pollux::client
