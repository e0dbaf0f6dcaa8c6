// Jobs in the background. The test's own function stands in for the compression: a gate says when, so nothing
// here depends on time.
#include "compress/compressor.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <latch>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/metrics.h"

namespace pollux::compress {
namespace {

using metrics::Counter;
using Variant = std::optional<std::string>;

std::shared_ptr<const FileVersion> file_with(std::string content) {
  struct stat status {};
  status.st_size = static_cast<off_t>(content.size());
  return std::make_shared<const FileVersion>(status, true, std::move(content));
}

// What was delivered, in its order.
class Delivered {
 public:
  Compressor::Deliver deliver() {
    return [this](Variant variant) {
      const std::lock_guard lock(mutex_);
      variants_.push_back(std::move(variant));
      came_.notify_all();
    };
  }
  std::vector<Variant> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    came_.wait(lock, [&] { return variants_.size() >= count; });
    return variants_;
  }
  std::vector<Variant> now() { return wait_for(0); }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<Variant> variants_;
};

// "br:CONTENT"; nothing for "random"; no memory for "huge". Of "gate" it waits until the test opens, or for a
// stop.
class Gate {
 public:
  Compressor::Function function() {
    return [this](Coding coding, std::string_view octets, const std::stop_token& stop) -> Variant {
      if (octets == "gate") {
        const std::stop_callback open_at_stop(stop, [this] { open(); });
        entered_.count_down();
        opened_.wait();
      }
      if (octets == "huge") throw std::bad_alloc();
      if (octets == "random") return std::nullopt;
      return std::string(name_of(coding)) + ':' + std::string(octets);
    };
  }

  // The thread of `compressor` is busy until open(), or its end.
  void close(
      Compressor& compressor, const Compressor::Deliver& deliver = [](const Variant&) {}) {
    EXPECT_TRUE(submitted(compressor, {file_, Coding::kBrotli, deliver}));
    entered_.wait();
  }
  [[nodiscard]] const std::shared_ptr<const FileVersion>& file() const { return file_; }
  void open() {
    if (!was_opened_.exchange(true)) opened_.count_down();
  }

  // submit() may find the lock taken while the thread takes a job.
  static bool submitted(Compressor& compressor, const Compressor::Job& job) {
    while (!compressor.submit(job)) std::this_thread::yield();
    return true;
  }

 private:
  const std::shared_ptr<const FileVersion> file_ = file_with("gate");
  std::latch entered_{1};
  std::latch opened_{1};
  std::atomic<bool> was_opened_{false};
};

TEST(Compressor, DeliversEachJobOnceInOrder) {
  const metrics::Metrics before = metrics::read_metrics();
  const auto file = file_with("content");
  const auto random = file_with("random");
  const auto huge = file_with("huge");
  Gate gate;
  Delivered delivered;
  Compressor compressor(8, gate.function());
  gate.close(compressor);
  EXPECT_TRUE(compressor.submit({file, Coding::kGzip, delivered.deliver()}));
  EXPECT_TRUE(compressor.submit({random, Coding::kGzip, delivered.deliver()}));
  EXPECT_TRUE(compressor.submit({huge, Coding::kGzip, delivered.deliver()}));
  EXPECT_TRUE(compressor.submit({file, Coding::kBrotli, delivered.deliver()}));
  gate.open();
  const std::vector<Variant> expected = {"gzip:content", std::nullopt, std::nullopt, "br:content"};
  EXPECT_EQ(delivered.wait_for(4), expected);
  const metrics::Metrics after = metrics::read_metrics();
  EXPECT_EQ(after[Counter::kVariantsMade] - before[Counter::kVariantsMade], 3U);  // With the gate's.
  EXPECT_EQ(after[Counter::kVariantsRefused] - before[Counter::kVariantsRefused], 2U);
}

TEST(Compressor, DropsDuplicates) {
  const auto file = file_with("content");
  const auto equal = file_with("content");
  const auto last = file_with("last");
  Gate gate;
  Delivered delivered;
  Compressor compressor(8, gate.function());
  gate.close(compressor);
  EXPECT_TRUE(compressor.submit({file, Coding::kZstd, delivered.deliver()}));
  EXPECT_TRUE(compressor.submit({file, Coding::kZstd, delivered.deliver()}));   // This one.
  EXPECT_TRUE(compressor.submit({file, Coding::kGzip, delivered.deliver()}));   // Another coding,
  EXPECT_TRUE(compressor.submit({equal, Coding::kZstd, delivered.deliver()}));  // and another version.
  EXPECT_TRUE(compressor.submit({last, Coding::kGzip, delivered.deliver()}));
  gate.open();
  const std::vector<Variant> expected = {"zstd:content", "gzip:content", "zstd:content", "gzip:last"};
  EXPECT_EQ(delivered.wait_for(4), expected);
  // None of a job that is done: the first was removed before the last was run.
  EXPECT_TRUE(Gate::submitted(compressor, {file, Coding::kZstd, delivered.deliver()}));
  EXPECT_EQ(delivered.wait_for(5).back(), "zstd:content");
}

// The job in work is found, too.
TEST(Compressor, DropsADuplicateOfTheJobInWork) {
  const auto last = file_with("last");
  Gate gate;
  Delivered delivered;
  Compressor compressor(8, gate.function());
  gate.close(compressor);
  EXPECT_TRUE(compressor.submit({gate.file(), Coding::kBrotli, delivered.deliver()}));
  EXPECT_TRUE(compressor.submit({last, Coding::kBrotli, delivered.deliver()}));
  gate.open();
  EXPECT_EQ(delivered.wait_for(1), std::vector<Variant>{"br:last"});
}

TEST(Compressor, PutsOffWhatTheQueueHasNoRoomFor) {
  const metrics::Metrics before = metrics::read_metrics();
  const auto a = file_with("a");
  const auto b = file_with("b");
  Gate gate;
  Delivered delivered;
  Compressor compressor(2, gate.function());  // One in work, and one that waits.
  gate.close(compressor);
  EXPECT_TRUE(compressor.submit({a, Coding::kGzip, delivered.deliver()}));
  EXPECT_FALSE(compressor.submit({b, Coding::kGzip, delivered.deliver()}));
  EXPECT_TRUE(compressor.submit({a, Coding::kGzip, delivered.deliver()}));  // A duplicate wants no room.
  EXPECT_EQ(metrics::read_metrics()[Counter::kVariantsPutOff] - before[Counter::kVariantsPutOff], 1U);
  gate.open();
  EXPECT_EQ(delivered.wait_for(1), std::vector<Variant>{"gzip:a"});
  EXPECT_TRUE(Gate::submitted(compressor, {b, Coding::kGzip, delivered.deliver()}));
  EXPECT_EQ(delivered.wait_for(2).back(), "gzip:b");
}

TEST(Compressor, HoldsNoFileAndSkipsThoseThatAreGone) {
  auto gone = file_with("gone");
  const std::weak_ptr<const FileVersion> watched = gone;
  const auto file = file_with("content");
  Gate gate;
  Delivered delivered;
  Compressor compressor(8, gate.function());
  gate.close(compressor);
  EXPECT_TRUE(compressor.submit({gone, Coding::kGzip, delivered.deliver()}));
  EXPECT_TRUE(compressor.submit({file, Coding::kGzip, delivered.deliver()}));
  gone.reset();
  EXPECT_TRUE(watched.expired());
  gate.open();
  EXPECT_EQ(delivered.wait_for(1), std::vector<Variant>{"gzip:content"});
}

TEST(Compressor, TheEndStopsTheJobInWorkAndDropsTheRest) {
  const auto file = file_with("content");
  const auto owner = std::make_shared<int>();
  Gate gate;  // Opened by the stop alone.
  Delivered delivered;
  {
    Compressor compressor(8, gate.function());
    gate.close(compressor, delivered.deliver());
    EXPECT_TRUE(
        compressor.submit({file, Coding::kGzip, [owner, deliver = delivered.deliver()](Variant variant) {
                             deliver(std::move(variant));
                           }}));
    EXPECT_EQ(owner.use_count(), 2);
  }
  EXPECT_TRUE(delivered.now().empty());
  EXPECT_EQ(owner.use_count(), 1);
}

TEST(Compressor, EndsWithoutAJob) {
  for (int i = 0; i < 100; ++i) const Compressor compressor;
}

TEST(Compressor, ItsThreadHasTheLowestPriority) {
  const auto file = file_with("content");
  std::atomic<int> policy{-1};
  std::atomic<int> nice{0};
  Delivered delivered;
  Compressor compressor(1, [&](Coding, std::string_view, const std::stop_token&) -> Variant {
    policy = ::sched_getscheduler(0);
    nice = ::getpriority(PRIO_PROCESS, 0);
    return std::nullopt;
  });
  EXPECT_TRUE(Gate::submitted(compressor, {file, Coding::kGzip, delivered.deliver()}));
  (void)delivered.wait_for(1);
  EXPECT_TRUE(policy == SCHED_IDLE || nice == 19) << policy << ' ' << nice;
  EXPECT_EQ(::sched_getscheduler(0), SCHED_OTHER);
}

TEST(Compressor, CompressesByDefault) {
  const auto file = file_with(std::string(1000, 'x'));
  Delivered delivered;
  Compressor compressor;
  EXPECT_TRUE(Gate::submitted(compressor, {file, Coding::kBrotli, delivered.deliver()}));
  EXPECT_EQ(delivered.wait_for(1).front(), compress(Coding::kBrotli, std::string(1000, 'x')));
}

// From many threads at once: no job is lost that was taken, and none is delivered twice.
TEST(Compressor, ManyThreadsSubmit) {
  constexpr std::size_t kThreads = 4;
  constexpr std::size_t kFiles = 50;
  std::vector<std::shared_ptr<const FileVersion>> files;
  for (std::size_t i = 0; i < kFiles; ++i) files.push_back(file_with(std::to_string(i)));
  Delivered delivered;
  Gate gate;
  Compressor compressor(kFiles + 1, gate.function());
  gate.close(compressor);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        for (const auto& file : files) {
          EXPECT_TRUE(Gate::submitted(compressor, {file, Coding::kGzip, delivered.deliver()}));
        }
      });
    }
  }
  gate.open();
  const std::vector<Variant> variants = delivered.wait_for(kFiles);
  ASSERT_EQ(variants.size(), kFiles);
  for (std::size_t i = 0; i < kFiles; ++i) {
    EXPECT_EQ(std::count(variants.begin(), variants.end(), "gzip:" + std::to_string(i)), 1) << i;
  }
}

}  // namespace
}  // namespace pollux::compress
