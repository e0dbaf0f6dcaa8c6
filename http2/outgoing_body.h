// The body of a response on its way into DATA frames, by reference: a frame's octets are queued as slices of
// what the response has, and copied only where they are few.
//
//   next(room) --> how many octets the next frame gets, and whether they are the last
//   queue(out, length)
//
// Thread: none of its own; used by whichever thread holds the connection.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/output_queue.h"
#include "http/response.h"

namespace pollux::http2 {

class OutgoingBody {
 public:
  explicit OutgoingBody(http::Body body);

  struct Piece {
    std::size_t length = 0;
    bool end = false;     // Nothing follows.
    bool broken = false;  // There will be no end: its source has failed.
  };
  // REQUIRES: `room` > 0. May ask the source. Throws what that throws.
  [[nodiscard]] Piece next(std::size_t room);

  // Queues so many octets. REQUIRES: as many as next() has said, which comes first again.
  void queue(OutputQueue& out, std::size_t length);

 private:
  // One of the two.
  struct Part {
    std::shared_ptr<const std::string> octets;
    http::FileSlice slice;

    [[nodiscard]] std::uint64_t length() const { return octets ? octets->size() : slice.length; }
  };

  void add(std::string octets);
  void add(std::shared_ptr<const std::string> octets);
  void add(http::FileSlice slice);
  void add(std::vector<http::BodyPart> parts);
  void add(std::unique_ptr<http::BodySource> source) { source_ = std::move(source); }
  [[nodiscard]] bool ask_source(std::size_t room);

  std::vector<Part> parts_;
  std::size_t at_ = 0;                        // Of parts_: the one to be sent next.
  std::uint64_t offset_ = 0;                  // In it.
  std::unique_ptr<http::BodySource> source_;  // nullptr: there is none, or it has ended.
};

}  // namespace pollux::http2
