// Runs a few threads in every order of their steps.
//
// A step is what a thread does between two calls of step(). The threads are fibers (makecontext(3)) on the
// caller's thread, so a switch costs no scheduling and a run is the same every time. Which fiber goes on at
// each step is chosen by a depth-first walk over all choices: walk() runs the scenario once for each path.
// Steps must be few: the number of paths is a multinomial of their numbers.
#pragma once

#include <ucontext.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#include <sanitizer/tsan_interface.h>
#define POLLUX_TSAN_FIBERS
#elif __has_feature(address_sanitizer)
#include <sanitizer/common_interface_defs.h>
#define POLLUX_ASAN_FIBERS
#endif
#endif

namespace pollux::net::test {

// A function with a stack of its own, on which it can stop in its midst.
class Fiber {
 public:
  static constexpr std::size_t kStack = std::size_t{256} * 1024;  // Octets; sanitizers need much.

  Fiber(std::function<void()> body, std::span<char> stack) : body_(std::move(body)), stack_(stack) {
    ::getcontext(&own_);
    own_.uc_stack.ss_sp = stack_.data();
    own_.uc_stack.ss_size = stack_.size();
    own_.uc_link = nullptr;
    ::makecontext(&own_, reinterpret_cast<void (*)()>(&Fiber::start), 0);
#ifdef POLLUX_TSAN_FIBERS
    tsan_ = __tsan_create_fiber(0);
#endif
  }
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;
  ~Fiber() {
#ifdef POLLUX_TSAN_FIBERS
    __tsan_destroy_fiber(tsan_);
#endif
  }

  // Runs it until it stops or ends.
  void resume() {
    running = this;
#ifdef POLLUX_TSAN_FIBERS
    caller_tsan_ = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(tsan_, 0);
#endif
#ifdef POLLUX_ASAN_FIBERS
    void* fake = nullptr;
    __sanitizer_start_switch_fiber(&fake, stack_.data(), stack_.size());
#endif
    ::swapcontext(&caller_, &own_);
#ifdef POLLUX_ASAN_FIBERS
    __sanitizer_finish_switch_fiber(fake, nullptr, nullptr);
#endif
    running = nullptr;
  }

  [[nodiscard]] bool ended() const { return ended_; }

  // Stops the fiber that is running, if one is.
  static void stop() {
    if (running != nullptr) running->leave();
  }

 private:
  static void start() {
    Fiber& self = *running;
#ifdef POLLUX_ASAN_FIBERS
    __sanitizer_finish_switch_fiber(nullptr, &self.caller_stack_, &self.caller_size_);
#endif
    self.body_();
    self.ended_ = true;
    self.leave();
  }

  void leave() {
#ifdef POLLUX_TSAN_FIBERS
    __tsan_switch_to_fiber(caller_tsan_, 0);
#endif
#ifdef POLLUX_ASAN_FIBERS
    void* fake = nullptr;
    __sanitizer_start_switch_fiber(ended_ ? nullptr : &fake, caller_stack_, caller_size_);
#endif
    ::swapcontext(&own_, &caller_);
#ifdef POLLUX_ASAN_FIBERS
    __sanitizer_finish_switch_fiber(fake, &caller_stack_, &caller_size_);
#endif
  }

  inline static Fiber* running = nullptr;

  std::function<void()> body_;
  std::span<char> stack_;
  ucontext_t own_{};
  ucontext_t caller_{};
  bool ended_ = false;
#ifdef POLLUX_TSAN_FIBERS
  void* tsan_ = nullptr;
  void* caller_tsan_ = nullptr;
#endif
#ifdef POLLUX_ASAN_FIBERS
  const void* caller_stack_ = nullptr;
  std::size_t caller_size_ = 0;
#endif
};

struct Scenario {
  std::vector<std::function<void()>> threads;
  std::function<void()> check;  // A look at what they left, when all have ended.
};

// Calls `make` for each path and runs it along the path. Returns the number of paths.
inline std::size_t walk(const std::function<Scenario()>& make) {
  struct Choice {
    std::size_t taken;
    std::size_t of;
  };
  std::vector<Choice> path;
  std::vector<std::unique_ptr<char[]>> stacks;
  for (std::size_t walked = 1;; ++walked) {
    const Scenario scenario = make();
    std::vector<std::unique_ptr<Fiber>> able;
    for (const auto& thread : scenario.threads) {
      if (able.size() == stacks.size())
        stacks.push_back(std::make_unique_for_overwrite<char[]>(Fiber::kStack));
      const std::span<char> stack(stacks[able.size()].get(), Fiber::kStack);
      able.push_back(std::make_unique<Fiber>(thread, stack));
    }
    for (std::size_t depth = 0; !able.empty(); ++depth) {
      if (depth == path.size()) path.push_back({0, able.size()});
      const auto chosen = able.begin() + static_cast<std::ptrdiff_t>(path[depth].taken);
      (*chosen)->resume();
      if ((*chosen)->ended()) able.erase(chosen);
    }
    scenario.check();
    while (!path.empty() && path.back().taken + 1 == path.back().of) path.pop_back();
    if (path.empty()) return walked;
    ++path.back().taken;
  }
}

// An atomic each of whose operations is a step of its own.
template <class T>
class SteppedAtomic {
 public:
  SteppedAtomic(T value) : value_(value) {}  // NOLINT(google-explicit-constructor): as std::atomic.

  T load(std::memory_order order = std::memory_order_seq_cst) const {
    Fiber::stop();
    return value_.load(order);
  }
  void store(T value, std::memory_order order = std::memory_order_seq_cst) {
    Fiber::stop();
    value_.store(value, order);
  }
  T exchange(T value, std::memory_order order = std::memory_order_seq_cst) {
    Fiber::stop();
    return value_.exchange(value, order);
  }
  T fetch_or(T value, std::memory_order order = std::memory_order_seq_cst) {
    Fiber::stop();
    return value_.fetch_or(value, order);
  }
  bool compare_exchange_strong(T& expected, T value, std::memory_order success, std::memory_order failure) {
    Fiber::stop();
    return value_.compare_exchange_strong(expected, value, success, failure);
  }

 private:
  std::atomic<T> value_;
};

}  // namespace pollux::net::test
