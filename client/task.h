// A minimal return type for coroutines: other coroutines can await a Task<T>, and spawn() begins one and
// returns a future for its result.
//
//   std::future<int> status = spawn(status_of(client, "http://localhost:8080/"));
//
// A task begins when it is awaited, and resumes on the thread that completes what it awaits: after a
// response, on the worker. Exceptions go to the awaiting coroutine. Programs with their own coroutine types
// do not need this: any coroutine can await HttpClient::get().
//
// Owns the coroutine. Thread: one at a time.
#pragma once

#include <coroutine>
#include <exception>
#include <future>
#include <optional>
#include <utility>
#include <variant>

namespace pollux::client {

template <class T>
class [[nodiscard]] Task {
 public:
  struct promise_type {  // NOLINT(readability-identifier-naming): the name is the language's.
    // Resumes the awaiting coroutine.
    struct Final {
      [[nodiscard]] bool await_ready() const noexcept { return false; }
      [[nodiscard]] std::coroutine_handle<> await_suspend(
          std::coroutine_handle<promise_type> ended) const noexcept {
        return ended.promise().awaiting;
      }
      void await_resume() const noexcept {}
    };

    [[nodiscard]] Task get_return_object() {
      return Task(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
    [[nodiscard]] Final final_suspend() const noexcept { return {}; }
    void return_value(T value) { result.template emplace<T>(std::move(value)); }
    void unhandled_exception() { result.template emplace<std::exception_ptr>(std::current_exception()); }

    std::coroutine_handle<> awaiting = std::noop_coroutine();
    std::variant<std::monostate, T, std::exception_ptr> result;
  };

  Task(Task&& other) noexcept : coroutine_(std::exchange(other.coroutine_, nullptr)) {}
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task() {
    if (coroutine_) coroutine_.destroy();
  }

  [[nodiscard]] bool await_ready() const { return false; }
  [[nodiscard]] std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) {
    coroutine_.promise().awaiting = awaiting;
    return coroutine_;
  }
  [[nodiscard]] T await_resume() {
    auto& result = coroutine_.promise().result;
    if (auto* failure = std::get_if<std::exception_ptr>(&result)) std::rethrow_exception(*failure);
    return std::move(std::get<T>(result));
  }

 private:
  explicit Task(std::coroutine_handle<promise_type> coroutine) : coroutine_(coroutine) {}

  std::coroutine_handle<promise_type> coroutine_;
};

namespace detail {

// Runs unattended, and destroys itself at its end.
struct Detached {
  struct promise_type {  // NOLINT(readability-identifier-naming): the name is the language's.
    [[nodiscard]] Detached get_return_object() const { return {}; }
    [[nodiscard]] std::suspend_never initial_suspend() const noexcept { return {}; }
    [[nodiscard]] std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const {}
    void unhandled_exception() const { std::terminate(); }
  };
};

template <class T>
Detached run(Task<T> task, std::promise<T> promise) {
  std::optional<T> result;
  try {
    result.emplace(co_await task);
  } catch (...) {
    promise.set_exception(std::current_exception());
    co_return;
  }
  promise.set_value(std::move(*result));
}

}  // namespace detail

// Begins the task on the calling thread.
template <class T>
[[nodiscard]] std::future<T> spawn(Task<T> task) {
  std::promise<T> promise;
  std::future<T> future = promise.get_future();
  (void)detail::run(std::move(task), std::move(promise));
  return future;
}

}  // namespace pollux::client
