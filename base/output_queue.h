// The unsent output of a connection: octets of its own, octets shared with other connections, and slices of
// files, in order.
//
// gather() lists the front of the queue as iovecs for writev(2), and may say that a slice of a file follows
// for sendfile(2); consume() removes the octets that the kernel accepted. A slice keeps its offset across
// calls, so a large file goes on where it stopped.
//
// sendfile(2) is for long slices of files that are sendable() and so far untouched(). If it fails, or the
// file has changed, the rest of the slice is copied: from the snapshot, which is still whole, or through
// windows, which notice changes.
//
// Data to encrypt must be copied to user space: take() copies the front of the queue. It reads files and maps
// none, so a file that is truncated meanwhile is a short read and no SIGBUS.
//
// Thread: the one that holds the connection.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.h"
#include "base/file_version.h"

namespace pollux {

class OutputQueue {
 public:
  // `consumed`: octets that count as consumed already.
  explicit OutputQueue(std::uint64_t consumed = 0) : octets_consumed_(consumed) {}

  // Copies all pieces.
  void append(std::initializer_list<std::string_view> pieces);
  void append(std::string_view octets) { append({octets}); }

  // Does not copy the octets. They are shared because one text goes to many connections, each at its own
  // pace.
  void append(std::shared_ptr<const std::string> octets);
  // The same for a part of them. REQUIRES: offset + length <= octets->size().
  void append(std::shared_ptr<const std::string> octets, std::size_t offset, std::size_t length);

  // REQUIRES: offset + length <= file->size().
  // The file is shared because a slice may outlive the cache entry it came from.
  void append(std::shared_ptr<const FileVersion> file, std::uint64_t offset, std::uint64_t length);

  [[nodiscard]] bool empty() const { return octets_left_ == 0; }
  [[nodiscard]] std::uint64_t size() const { return octets_left_; }  // Octets not yet consumed.
  [[nodiscard]] std::uint64_t consumed() const {
    return octets_consumed_;
  }  // Octets since construction, and before.
  [[nodiscard]] std::size_t segments() const { return segments_.size() - front_; }

  // The front of the queue. Not empty when the queue is not.
  struct FilePiece {
    int fd;
    std::uint64_t offset;
    std::uint64_t length;
  };
  struct Gathered {
    std::size_t pieces;             // Entries of the iovecs that were filled. After them:
    std::optional<FilePiece> file;  // a slice for sendfile(2), if any.
  };
  // std::nullopt: a file is no longer what the response promised, or could not be read; close the connection.
  [[nodiscard]] std::optional<Gathered> gather(std::span<iovec> iov);

  // Until the next consume(), the kernel may be reading the octets that gather() has just listed
  // (io_uring(7)): they are neither moved nor freed, whatever is appended meanwhile.
  void lend();

  // sendfile(2) has failed: gather() must list the slice at the front as iovecs.
  void copy_slice() { copying_ = true; }

  // REQUIRES: no more octets than the last gather() listed, and nothing reads them any more.
  void consume(std::size_t octets);

  // Copies octets from the front of the queue and consumes them, as many as fit. Returns their number;
  // std::nullopt: as for gather(). REQUIRES: not empty, and gather() is not used on the same queue.
  [[nodiscard]] std::optional<std::size_t> take(std::span<char> to);

  // Bytes held for this queue alone, without shared and mapped octets.
  [[nodiscard]] std::size_t memory() const {
    return octets_.capacity() + segments_.capacity() * sizeof(Segment);
  }

  // Unmaps the window of a large file, while the reader accepts nothing and nothing is lent; gather() maps it
  // again. The result of the last gather() becomes invalid.
  void unmap() {
    if (!lent_) window_.reset();
  }

  // Gives back unused memory, as Buffer::trim() does. The result of the last gather() becomes invalid.
  void trim();

  // Frees the memory. REQUIRES: empty().
  void release();

 private:
  struct Segment {
    std::shared_ptr<const FileVersion> file;
    std::shared_ptr<const std::string> shared;  // With neither: the next `length` octets of octets_.
    std::uint64_t offset;
    std::uint64_t length;

    [[nodiscard]] bool own() const { return file == nullptr && shared == nullptr; }
    [[nodiscard]] std::string_view shared_octets() const {
      return std::string_view(*shared).substr(offset, length);
    }
  };

  [[nodiscard]] bool goes_by_sendfile(std::size_t index);
  // The accessible part of a file segment; empty when the file changed or could not be read.
  std::string_view reach(const Segment& segment);
  void forget_sent();

  Buffer octets_;  // Of all our own segments, in order.
  std::vector<Segment> segments_;
  std::size_t front_ = 0;  // Segments before it are consumed.
  std::uint64_t octets_left_ = 0;
  std::uint64_t octets_consumed_;
  std::unique_ptr<FileWindow> window_;  // For the first segment without a snapshot.
  bool lent_ = false;
  bool copying_ = false;  // List the slice at the front, although its file is sendable().
};

}  // namespace pollux
