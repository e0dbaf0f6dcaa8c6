// One version of a regular file, and windows onto it.
//
// Files change while they are being served: replaced, appended to, rewritten in place, truncated. A response
// promises a length and an entity tag, so every octet of it must come from one version of the file, or the
// connection is closed short. A plain mapping does not give that: when a file is cut in the middle of a page,
// the rest of the page reads as zeros, with no error.
//
//  - A small file is copied into memory once (a snapshot), and the copy is checked to be of one version.
//  - A large file stays open. It is sent through mapped windows, and its last octets are copied and
//    let go only after its octets were found unchanged since it was opened: then every octet
//    that was sent before them was of this version, too.
//
// A large file is compared by fstat(2). Changed octets leave another size or modification time; a new name,
// link, owner, mode or attribute leaves another change time alone.
//
//   size      modification  change
//             time          time
//   the same  the same      the same   unchanged
//   the same  the same      another    unchanged if the sample is
//   larger    any           any        an append if the sample is unchanged: this version is a prefix
//   the same  another       any        rewritten
//   smaller   any           any        truncated
//
// The sample consists of eight places of 4 KiB each, the file's beginning and end among them. It
// distinguishes a file that was rewritten and got its old date back from one that was renamed. It also
// distinguishes a file that was rewritten and became longer from one that was appended to. It cannot see
// changes between those places, if the file also got its old date back or has grown.
//
// The kernel stamps a change before it makes it, but with the resolution of its tick (1 to 10 ms): of two
// changes within a tick, the second does not show. This does not require a sleep:
//  - A snapshot of a file that was changed less than a second ago is read twice, and both must be equal. A
//    file that does not return to what it held an instant ago held just this in between (or began with it, if
//    it has grown: a log may be appended to during every attempt). What the next instant brings may have the
//    same times, so such a snapshot is not settled().
//  - A large file is not loaded before the tick of its last change is over, unless it is being appended to.
// Undetected: a single write(2) that overwrites octets of a large file and takes longer than the tick, and a
// write through a mapping whose time the kernel has not noted yet.
//
// A file that may be sent by sendfile(2) (base/sendfile.h) stays open for that, even if it is small: the
// snapshot is for all other uses.
//
// Thread: FileVersion is constant after construction and may be shared by all threads. A FileWindow belongs
// to one thread at a time.
#pragma once

#include <sys/stat.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/sendfile.h"
#include "base/unique_fd.h"

namespace pollux {

// Whether two looks at a path found the same file, unchanged.
[[nodiscard]] bool same_file_and_version(const struct stat& a, const struct stat& b);

// The time since the last change. Zero or less: it was within the current tick of the clock that the kernel
// stamps files with, if `now` is from that clock. `now` must have been read before the status: then no change
// in between is overlooked. A change far in the future was made before the clock was set back, and no later
// change will get its time soon.
[[nodiscard]] std::chrono::nanoseconds unchanged_for(const struct stat& status, WallTime now);

class FileVersion {
 public:
  static constexpr std::uint64_t kSnapshotLimit = 1024 * 1024;  // Octets. Larger files are mapped.
  static constexpr std::uint64_t kSendfileFrom = 64 * 1024;     // Octets. Copying fewer costs no more.

  // Loads an open regular file, and takes the descriptor over if the file is large or is to be sent by
  // sendfile(2). Never waits. nullptr, with the reason in errno: EAGAIN: large and changed within the current
  // tick; EBUSY: changed at every attempt; or a read error. A large file that has grown beyond `earlier_size`
  // is being appended to, and its tick does not count: otherwise a log could never be loaded.
  [[nodiscard]] static std::shared_ptr<const FileVersion> load(UniqueFd& fd,
                                                               Sendfile sendfile = Sendfile::kOff,
                                                               std::int64_t earlier_size = kUnknown);

  // For a small file. `fd`: for sendfile(2), or none.
  FileVersion(const struct stat& status, bool settled, std::string snapshot, UniqueFd fd = {})
      : status_(status),
        settled_(settled),
        sendable_(static_cast<bool>(fd)),
        snapshot_(std::move(snapshot)),
        fd_(std::move(fd)) {}
  // For a large file.
  FileVersion(const struct stat& status, bool settled, bool sendable, UniqueFd fd, std::size_t sample)
      : status_(status), settled_(settled), sendable_(sendable), fd_(std::move(fd)), sample_(sample) {}

  [[nodiscard]] std::uint64_t size() const { return static_cast<std::uint64_t>(status_.st_size); }
  [[nodiscard]] const struct stat& status() const { return status_; }

  // Whether a file with the same status() is certainly this version.
  [[nodiscard]] bool settled() const { return settled_; }

  // The whole file if it is small; std::nullopt if it is read through windows.
  [[nodiscard]] std::optional<std::string_view> snapshot() const;

  // Fills `to` from `offset` on. `last`: the last read of this version for the same response, so the file is
  // checked once more. false: it has changed, or could not be read.
  [[nodiscard]] bool read(std::uint64_t offset, std::span<char> to, bool last) const;

  [[nodiscard]] bool is_open() const { return static_cast<bool>(fd_); }
  [[nodiscard]] int fd() const { return fd_.get(); }  // REQUIRES: is_open().
  // Whether it may be sent by sendfile(2), as long as it is untouched().
  [[nodiscard]] bool sendable() const { return sendable_; }
  // Whether nothing at all has changed, not even its name. REQUIRES: is_open().
  [[nodiscard]] bool untouched() const;
  // Whether the file still begins with the octets of this version, as far as that can be found out (see
  // above). REQUIRES: no snapshot.
  [[nodiscard]] bool unchanged() const;

 private:
  static constexpr std::int64_t kUnknown = std::numeric_limits<std::int64_t>::max();

  [[nodiscard]] static std::shared_ptr<const FileVersion> load_large(UniqueFd& fd, const struct stat& status,
                                                                     bool settled, bool sendable);

  struct stat status_;
  bool settled_;
  bool sendable_;
  std::optional<std::string> snapshot_;  // For a small file.
  UniqueFd fd_;                          // For a large file, or one that is sendable().
  std::size_t sample_ = 0;               // For a large file: a hash of its sample.
};

// An accessible part of a large file: mapped, or copied for the last octets of a response.
class FileWindow {
 public:
  FileWindow() = default;
  FileWindow(const FileWindow&) = delete;
  FileWindow& operator=(const FileWindow&) = delete;
  ~FileWindow() { close(); }

  // Opens a window at `offset` of a response that still needs `length` octets of `file`. false: the file has
  // changed, or could not be read or mapped.
  [[nodiscard]] bool open(const FileVersion& file, std::uint64_t offset, std::uint64_t length);
  void close();

  // The octets of the window from `offset` on; empty when `offset` is outside the window. Mapped octets are
  // for the kernel only (writev fails with EFAULT if the file has shrunk); reading them in user space may
  // raise SIGBUS.
  [[nodiscard]] std::string_view from(std::uint64_t offset) const;

 private:
  void* mapping_ = nullptr;  // Or nullptr, and the octets are in copy_.
  std::size_t mapped_ = 0;   // Octets of the mapping, which begins at a page boundary.
  std::unique_ptr<char[]> copy_;
  std::uint64_t offset_ = 0;  // The position of view_ in the file.
  std::string_view view_;
};

}  // namespace pollux
