// The body of a request from its BodySource, checked against the announced length.
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

  // `source` must outlive the object; nullptr: no source makes the body.
  explicit Upload(BodySource* source = nullptr)
      : source_(source), length_(source == nullptr ? std::nullopt : source->length()) {}

  // Returns the number of octets written to the room; std::nullopt: the source failed, or its length differs
  // from the announced one. REQUIRES: wants_room().
  [[nodiscard]] std::optional<std::size_t> read(std::span<char> room);

  [[nodiscard]] bool wants_room() const { return !ended() && !waiting_; }
  [[nodiscard]] bool ended() const { return source_ == nullptr || ended_; }
  [[nodiscard]] bool begun() const { return begun_; }  // It cannot be sent again.
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
