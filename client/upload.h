// The body of a request as its BodySource makes it, held to the length that was announced.
//
// Thread: the worker's.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "client/request.h"

namespace pollux::client {

class Upload {
 public:
  static constexpr const char* kBadSource =
      "the body's source has failed, or has another length than it has said";

  // `source` must outlive it; nullptr: the body is not made by one.
  explicit Upload(BodySource* source = nullptr)
      : source_(source), length_(source == nullptr ? std::nullopt : source->length()) {}

  // Octets written to the room; std::nullopt: the source has failed, or has another length than it has said.
  // REQUIRES: wants_room().
  [[nodiscard]] std::optional<std::size_t> read(std::span<char> room);

  [[nodiscard]] bool wants_room() const { return !ended() && !waiting_; }
  [[nodiscard]] bool ended() const { return source_ == nullptr || ended_; }
  [[nodiscard]] bool begun() const { return begun_; }  // So it cannot be sent once more.
  [[nodiscard]] std::optional<std::uint64_t> length() const { return length_; }
  void resume() { waiting_ = false; }

 private:
  BodySource* source_;
  std::optional<std::uint64_t> length_;  // As announced; std::nullopt: chunks.
  std::uint64_t octets_ = 0;             // Read so far.
  bool begun_ = false;
  bool waiting_ = false;
  bool ended_ = false;
};

}  // namespace pollux::client
