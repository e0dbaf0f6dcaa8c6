// Compresses small files in the background, one at a time, on one thread that runs only while the machine has
// nothing better to do (SCHED_IDLE).
//
// The seam to the file cache:
//
//   a serving thread                                        the compressor's thread
//   ----------------                                        -----------------------
//   files::is_compressible(type), so: Vary: Accept-Encoding
//   AcceptEncoding::choose(all codings) says br
//   the Resource has a variant for br?  yes: send it
//   no: submit(job) ======================================> compress(br, snapshot)
//   choose(variants that are there): send that,               |
//   else the plain file                                     deliver(octets): one atomic store into the
//   Resource later requests find the variant <-------------------------'
//
//  - The cache keeps variants beside the file they were made of, so they go when it goes. Each has a strong
//    entity tag of its own.
//  - The first visitor gets the plain file at once; nobody waits for a variant.
//  - A job holds no file: its version may be freed while the job waits, and the job is then skipped. So jobs
//    pin nothing beyond the bounds of the cache, and a deployment leaves no work behind for files that are
//    gone.
//  - Every job that is not skipped, and not overtaken by the end, is delivered once: a variant, or
//    std::nullopt where there is to be none, which is worth remembering.
//
// Priority inversion. While all processors are busy, a SCHED_IDLE thread may stand still for a second, also
// with a lock in its hands. So no serving thread waits for one that it could hold: submit() gives up where
// the lock is taken, and deliver() must take no lock that serving threads wait for.
//
// Thread: submit() any; construction and destruction one.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include "base/file_version.h"
#include "base/mutex.h"
#include "compress/coding.h"
#include "compress/compress.h"

namespace pollux::compress {

class Compressor {
 public:
  using Function =
      std::function<std::optional<std::string>(Coding, std::string_view octets, const std::stop_token&)>;
  using Deliver = std::function<void(std::optional<std::string>)>;

  struct Job {
    std::weak_ptr<const FileVersion> file;  // REQUIRES: it has a snapshot.
    Coding coding = Coding::kIdentity;
    // Called on the compressor's thread. Must not throw.
    Deliver deliver;
  };

  static constexpr std::size_t kQueue = 256;  // Jobs.

  // `function` makes the variants; tests have their own. Throws std::system_error when the thread cannot be
  // started.
  explicit Compressor(std::size_t queue = kQueue, Function function = &compress);
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;

  // Gives up the job in work within 64 KiB of its content, drops those that wait, and joins the thread.
  ~Compressor();

  // true: the variant is being made, because of this job or of an earlier one for the same version and
  // coding, whose deliver() then serves for both. false: the queue is full, or in use just now; submit it
  // again with a later request. Never blocks.
  [[nodiscard]] bool submit(Job job) EXCLUDES(mutex_);

 private:
  void work(const std::stop_token& stop) EXCLUDES(mutex_);
  // nullptr: there is a request to stop. The job stays in front of the queue, for duplicates to be found.
  [[nodiscard]] const Job* wait_for_job(const std::stop_token& stop) EXCLUDES(mutex_);
  void remove_front() EXCLUDES(mutex_);
  void run(const Job& job, const std::stop_token& stop) const;

  const std::size_t capacity_;
  const Function function_;
  Mutex mutex_;
  CondVar work_came_;
  std::deque<Job> jobs_ GUARDED_BY(mutex_);  // A job does not change while it is in here.
  std::jthread thread_;                      // Last: it uses the others.
};

}  // namespace pollux::compress
