// The way of a response's content from the protocol to whoever wants it.
//
//   take() --> [ContentDecoder] --> Response::body, within limits.body
//                               \-> BodySink, which may pause it
//
// While the sink pauses, octets that come nevertheless are kept: as many as the protocol lets come (one read
// of HTTP/1.1, one window of HTTP/2). They are kept as they came, so a content coding cannot multiply them.
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

  // The response's status and fields are there. Both must outlive the delivery. `sink`: nullptr for the
  // response's own body. `decode`: what is coded is decoded, and its fields say so no longer.
  void begin(Response& response, BodySink* sink, bool decode, std::uint64_t max_body);

  // Each of these: std::nullopt, or the end of it.
  [[nodiscard]] std::optional<Fault> take(std::string_view octets);
  [[nodiscard]] std::optional<Fault> resume();
  // Nothing more comes of the body. REQUIRES: not paused().
  [[nodiscard]] std::optional<Fault> finish();
  // The same, and what was kept goes to the sink, whether it pauses or not.
  [[nodiscard]] std::optional<Fault> finish_now();

  [[nodiscard]] bool paused() const { return paused_; }
  [[nodiscard]] bool streams() const { return sink_ != nullptr; }

 private:
  [[nodiscard]] std::optional<Fault> deliver(std::string_view octets);
  [[nodiscard]] std::optional<Fault> hand_over(std::string_view octets);

  Response* response_ = nullptr;
  BodySink* sink_ = nullptr;
  std::uint64_t max_body_ = 0;
  std::unique_ptr<ContentDecoder> decoder_;  // nullptr: nothing is to be decoded.
  std::string kept_;                         // While it is paused.
  bool begun_ = false;                       // Octets have come.
  bool paused_ = false;
  bool pausable_ = true;
};

}  // namespace pollux::client
