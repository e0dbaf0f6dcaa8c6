#include "http2/outgoing_body.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace pollux::http2 {

namespace {

constexpr std::size_t kWorthCopying = 1024;  // Octets: a slice costs a system call about as much.

}  // namespace

OutgoingBody::OutgoingBody(http::Body body) {
  std::visit([this](auto& kind) { add(std::move(kind)); }, body);
}

void OutgoingBody::add(std::string octets) {
  if (!octets.empty()) add(std::make_shared<const std::string>(std::move(octets)));
}

void OutgoingBody::add(std::shared_ptr<const std::string> octets) {
  if (!octets->empty()) parts_.push_back({std::move(octets), {}});
}

void OutgoingBody::add(http::FileSlice slice) {
  if (slice.length > 0) parts_.push_back({nullptr, std::move(slice)});
}

void OutgoingBody::add(std::vector<http::BodyPart> parts) {
  for (http::BodyPart& part : parts) {
    add(std::move(part.octets));
    add(std::move(part.slice));
  }
}

// false: it has failed.
bool OutgoingBody::ask_source(std::size_t room) {
  std::string piece;
  const http::BodySource::Result result = source_->produce(piece, room);
  parts_.clear();
  at_ = 0;
  add(std::move(piece));
  if (result != http::BodySource::Result::kMore) source_.reset();
  return result != http::BodySource::Result::kBroken;
}

OutgoingBody::Piece OutgoingBody::next(std::size_t room) {
  if (at_ == parts_.size() && source_ && !ask_source(room)) return {.broken = true};
  if (at_ == parts_.size()) return {.end = source_ == nullptr};
  const std::uint64_t left = parts_[at_].length() - offset_;
  const std::size_t length = static_cast<std::size_t>(std::min<std::uint64_t>(left, room));
  return {.length = length, .end = source_ == nullptr && length == left && at_ + 1 == parts_.size()};
}

void OutgoingBody::queue(OutputQueue& out, std::size_t length) {
  if (length == 0) return;
  const Part& part = parts_[at_];
  if (!part.octets) {
    out.append(part.slice.file, part.slice.offset + offset_, length);
  } else if (length <= kWorthCopying) {
    out.append(std::string_view(*part.octets).substr(offset_, length));
  } else {
    out.append(part.octets, offset_, length);
  }
  offset_ += length;
  if (offset_ < part.length()) return;
  offset_ = 0;
  ++at_;
}

}  // namespace pollux::http2
