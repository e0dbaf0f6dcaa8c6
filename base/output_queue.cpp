#include "base/output_queue.h"

#include <algorithm>
#include <utility>

namespace pollux {

namespace {

iovec to_iovec(std::string_view octets) {
  return {const_cast<char*>(octets.data()), octets.size()};  // writev(2) only reads it.
}

}  // namespace

void OutputQueue::append(std::initializer_list<std::string_view> pieces) {
  std::size_t octets = 0;
  for (const std::string_view piece : pieces) octets += piece.size();
  if (octets == 0) return;
  char* to = octets_.prepare(octets).data();
  for (const std::string_view piece : pieces) to = std::copy(piece.begin(), piece.end(), to);
  octets_.commit(octets);
  octets_left_ += octets;
  if (segments() > 0 && segments_.back().own()) {
    segments_.back().length += octets;
  } else {
    forget_sent();
    segments_.push_back({nullptr, nullptr, 0, octets});
  }
}

void OutputQueue::append(std::shared_ptr<const std::string> octets) {
  const std::size_t length = octets->size();
  append(std::move(octets), 0, length);
}

void OutputQueue::append(std::shared_ptr<const std::string> octets, std::size_t offset, std::size_t length) {
  if (length == 0) return;
  forget_sent();
  segments_.push_back({nullptr, std::move(octets), offset, length});
  octets_left_ += length;
}

void OutputQueue::append(std::shared_ptr<const FileVersion> file, std::uint64_t offset,
                         std::uint64_t length) {
  if (length == 0) return;
  forget_sent();
  segments_.push_back({std::move(file), nullptr, offset, length});
  octets_left_ += length;
}

// Called before a segment is added: a queue that is never empty must not keep sent segments. If they are less
// than half, moving the rest would cost more than growing.
void OutputQueue::forget_sent() {
  if (front_ == 0 || segments_.size() < segments_.capacity() || front_ < segments()) return;
  segments_.erase(segments_.begin(), segments_.begin() + static_cast<std::ptrdiff_t>(front_));
  front_ = 0;
}

std::string_view OutputQueue::reach(const Segment& segment) {
  if (const auto snapshot = segment.file->snapshot()) return snapshot->substr(segment.offset, segment.length);
  if (!window_) window_ = std::make_unique<FileWindow>();
  if (window_->from(segment.offset).empty() && !window_->open(*segment.file, segment.offset, segment.length))
    return {};
  return window_->from(segment.offset);
}

// The file is checked when its turn comes.
bool OutputQueue::goes_by_sendfile(std::size_t index) {
  const Segment& segment = segments_[index];
  if (!segment.file->sendable() || segment.length < FileVersion::kSendfileFrom) return false;
  if (index != front_) return true;
  if (!copying_) copying_ = !segment.file->untouched();
  return !copying_;
}

std::optional<OutputQueue::Gathered> OutputQueue::gather(std::span<iovec> iov) {
  std::size_t count = 0;
  std::size_t own = 0;  // Octets of octets_ already listed.
  for (std::size_t i = front_; i < segments_.size() && count < iov.size(); ++i) {
    const Segment& segment = segments_[i];
    if (segment.own()) {
      iov[count++] = to_iovec(octets_.readable().substr(own, segment.length));
      own += segment.length;
      continue;
    }
    if (segment.shared) {
      iov[count++] = to_iovec(segment.shared_octets());
      continue;
    }
    if (goes_by_sendfile(i))
      return Gathered{count, FilePiece{segment.file->fd(), segment.offset, segment.length}};
    const std::string_view octets = reach(segment);
    if (octets.empty()) {  // The part before it can still be sent.
      if (count == 0) return std::nullopt;
      break;
    }
    iov[count++] = to_iovec(octets);
    if (!segment.file->snapshot()) break;  // There is one window, and it is this segment's.
  }
  return Gathered{count, std::nullopt};
}

std::optional<std::size_t> OutputQueue::take(std::span<char> to) {
  std::size_t taken = 0;
  while (taken < to.size() && !empty()) {
    const Segment& segment = segments_[front_];
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(segment.length, to.size() - taken));
    const std::span<char> place = to.subspan(taken, count);
    if (segment.own()) {
      std::copy_n(octets_.readable().begin(), count, place.begin());
    } else if (segment.shared) {
      std::copy_n(segment.shared_octets().begin(), count, place.begin());
    } else if (!segment.file->read(segment.offset, place, count == segment.length)) {
      if (taken == 0) return std::nullopt;
      break;  // The part before it can still be sent.
    }
    consume(count);
    taken += count;
  }
  return taken;
}

void OutputQueue::lend() {
  octets_.pin();
  lent_ = true;
}

void OutputQueue::consume(std::size_t octets) {
  if (std::exchange(lent_, false)) octets_.unpin();
  octets_left_ -= octets;
  octets_consumed_ += octets;
  while (octets > 0) {
    Segment& segment = segments_[front_];
    const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(octets, segment.length));
    if (segment.own()) octets_.consume(taken);
    segment.offset += taken;
    segment.length -= taken;
    octets -= taken;
    if (segment.length > 0) break;
    if (segment.file != nullptr && !segment.file->snapshot()) window_.reset();
    segment.file.reset();
    segment.shared.reset();
    copying_ = false;
    ++front_;
  }
  if (front_ == segments_.size()) {
    segments_.clear();
    front_ = 0;
  }
}

void OutputQueue::trim() {
  octets_.trim();
  if (empty() && segments_.capacity() * sizeof(Segment) > Buffer::kSmall)
    std::vector<Segment>().swap(segments_);
}

void OutputQueue::release() {
  octets_.release();
  std::vector<Segment>().swap(segments_);
}

}  // namespace pollux
