// A limit on frames that ask for nothing: PING, SETTINGS, PRIORITY, RST_STREAM, WINDOW_UPDATE
// and the like cost us time and its sender next to nothing. A bucket of tokens: it is full at the beginning,
// fills as time passes, and each frame of DATA that we send adds some, since clients answer these with
// WINDOW_UPDATE.
//
// Thread: none of its own.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace pollux::http2 {

class Allowance {
 public:
  static constexpr std::int64_t kBurst = 2000;   // Frames,
  static constexpr std::int64_t kASecond = 200;  // in the long run,
  static constexpr std::int64_t kForData = 4;    // and for each of DATA.

  // One that costs as much as `cost` of them. false: there were too many.
  [[nodiscard]] bool take(std::int64_t cost, TimePoint now) {
    fill(now);
    tokens_ -= cost;
    return tokens_ >= 0;
  }
  void data_sent() { tokens_ = std::min(tokens_ + kForData, kBurst); }

 private:
  void fill(TimePoint now) {
    const auto passed = std::chrono::duration_cast<milliseconds>(now - filled_);
    const std::int64_t tokens = std::min<std::int64_t>(passed.count(), 3'600'000) * kASecond / 1000;
    if (tokens <= 0) return;
    tokens_ = std::min(tokens_ + tokens, kBurst);
    filled_ = now;
  }

  std::int64_t tokens_ = kBurst;
  TimePoint filled_;
};

}  // namespace pollux::http2
