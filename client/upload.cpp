#include "client/upload.h"

namespace pollux::client {

std::optional<std::size_t> Upload::read(std::span<char> room) {
  begun_ = true;
  const BodySource::Read piece = source_->read(room);
  if (piece.state == BodySource::State::kFailed || piece.octets > room.size()) return std::nullopt;
  octets_ += piece.octets;
  ended_ = piece.state == BodySource::State::kEnd;
  waiting_ = piece.state == BodySource::State::kWait;
  // Otherwise it would be asked for ever.
  if (piece.octets == 0 && piece.state == BodySource::State::kMore) return std::nullopt;
  const bool too_long = length_ && octets_ > *length_;
  const bool too_short = length_ && ended_ && octets_ < *length_;
  return too_long || too_short ? std::nullopt : std::optional(piece.octets);
}

}  // namespace pollux::client
