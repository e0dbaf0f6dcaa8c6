// Writes the response to standard output as it arrives, in bounded memory, and at the pace of the output's
// reader:
//
//   client_streaming URL | ...
//
// The worker must not block, so the main thread writes. The sink returns kPause as soon as a mebibyte is
// waiting, and the main thread calls resume() when that has left.
#include <client/http_client.h>

#include <condition_variable>
#include <cstdio>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace {

using pollux::client::BodySink;
using pollux::client::HttpClient;
using pollux::client::Outcome;

class Queue final : public BodySink {
 public:
  [[nodiscard]] Flow on_content(std::string_view octets) override {
    const std::lock_guard lock(mutex_);
    waiting_.append(octets);
    changed_.notify_one();
    paused_ = waiting_.size() >= kMax;
    return paused_ ? Flow::kPause : Flow::kMore;
  }

  void end(Outcome outcome) {
    const std::lock_guard lock(mutex_);
    outcome_.emplace(std::move(outcome));
    changed_.notify_one();
  }

  // Swaps the waiting octets into `octets`. false: that was the end.
  [[nodiscard]] bool take(std::string& octets) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !waiting_.empty() || outcome_; });
    octets.clear();
    octets.swap(waiting_);  // So two buffers are used in turn.
    return !octets.empty();
  }
  // Whether the sink has paused since the last call. One resume() for each pause: an extra one could come
  // after the next pause, and end that too early.
  [[nodiscard]] bool goes_on() {
    const std::lock_guard lock(mutex_);
    return std::exchange(paused_, false);
  }
  [[nodiscard]] const Outcome& outcome() const { return *outcome_; }  // After the end.

 private:
  static constexpr std::size_t kMax = 1024 * 1024;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::string waiting_;
  bool paused_ = false;
  std::optional<Outcome> outcome_;
};

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 2) return 2;
  const auto queue = std::make_shared<Queue>();
  HttpClient client;
  const auto ticket =
      client.send({.url = argv[1], .sink = queue}, [&](Outcome outcome) { queue->end(std::move(outcome)); });
  for (std::string octets; queue->take(octets);) {
    if (std::fwrite(octets.data(), 1, octets.size(), stdout) != octets.size()) return 1;
    if (queue->goes_on()) client.resume(ticket);
  }
  if (queue->outcome()) return 0;
  (void)std::fprintf(stderr, "client_streaming: %s\n", queue->outcome().error().to_string().c_str());
  return 1;
} catch (const std::exception& error) {
  (void)std::fprintf(stderr, "client_streaming: %s\n", error.what());
  return 1;
}
