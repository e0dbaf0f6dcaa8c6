// One version of a regular file, and windows onto it.
//
// Files change while they are being served: replaced, rewritten in place, truncated. A response
// promises a length and an entity tag, so every octet of it must come from one version of the
// file, or the connection is closed short. A plain mapping does not give that: when a file is cut
// in the middle of a page, the rest of the page reads as zeros, with no error.
//
//  - A small file is copied into memory once (a snapshot), and the copy is checked to be of one version.
//  - A large file stays open. It is sent through mapped windows, and its last octets are copied and
//    let go only after the file was found unchanged since it was opened: then every octet
//    that was sent before them was of this version, too.
//
// The check compares size and modification time. The kernel stamps a change before it makes it, but
// with the resolution of its tick, so load() does not accept a file changed within the current tick.
//
// Thread: FileVersion is constant after construction and may be shared by all threads. A FileWindow
// belongs to one thread at a time.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace pollux {

class FileVersion {
 public:
  static constexpr std::uint64_t kSnapshotLimit = 1024 * 1024;  // Octets. Larger files are mapped.

  // Takes over an open regular file. Waits up to two kernel ticks (8 to 20 ms) for a file that was
  // changed in the current one. nullptr, with the reason in errno: a read error, or EBUSY when the
  // file is being changed all the time.
  [[nodiscard]] static std::shared_ptr<const FileVersion> load(UniqueFd fd);

  FileVersion(UniqueFd fd, const struct stat& status, std::string snapshot);

  [[nodiscard]] std::uint64_t size() const { return static_cast<std::uint64_t>(status_.st_size); }
  [[nodiscard]] const struct stat& status() const { return status_; }

  // The whole file for a small one, std::nullopt for one that is read through windows.
  [[nodiscard]] std::optional<std::string_view> snapshot() const;

  // Fills `to` from `offset` on. `last`: nothing of this version will be read for the same response after it, so
  // the file is checked once more. false: it is no longer the version it was, or could not be read.
  [[nodiscard]] bool read(std::uint64_t offset, std::span<char> to, bool last) const;

  // REQUIRES: no snapshot.
  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] bool unchanged() const;

 private:
  UniqueFd fd_;
  struct stat status_;
  std::string snapshot_;
};

// A part of a large file in reach: mapped, or copied for the last octets of a response.
class FileWindow {
 public:
  FileWindow() = default;
  FileWindow(FileWindow&& other) noexcept;
  FileWindow& operator=(FileWindow&& other) noexcept;
  FileWindow(const FileWindow&) = delete;
  FileWindow& operator=(const FileWindow&) = delete;
  ~FileWindow() { close(); }

  // Opens a window at `offset` of a response that still wants `length` octets of `file`.
  // false: the file is no longer the version it was, or could not be read.
  [[nodiscard]] bool open(const FileVersion& file, std::uint64_t offset, std::uint64_t length);
  void close();

  // What the window shows from `offset` on; empty when `offset` is outside of it.
  // Mapped octets are for the kernel only (writev answers EFAULT where the file has shrunk);
  // reading them in user space may raise SIGBUS.
  [[nodiscard]] std::string_view from(std::uint64_t offset) const;

 private:
  void* mapping_ = nullptr;  // Or null, and the octets are in copy_.
  std::size_t mapped_ = 0;   // Octets of the mapping, which begins at a page boundary.
  std::unique_ptr<char[]> copy_;
  std::uint64_t offset_ = 0;  // Of view_ in the file.
  std::string_view view_;
};

}  // namespace pollux
