// A call of a member function, to be made on another thread or a little later: three words, no allocation.
#pragma once

#include <cstdint>
#include <functional>

#include "base/clock.h"

namespace pollux {

struct Task {
  enum class Turn : std::uint8_t { kInTime, kTooLate };

  void (*step)(void* object, Turn turn) = nullptr;
  void* object = nullptr;
  TimePoint deadline = TimePoint::max();  // For the end of its wait.

  // Calls `Method`, however late. It may be a member function of T, or a function of a T&.
  template <auto Method, class T>
  [[nodiscard]] static Task of(T& object) {
    return {[](void* o, Turn) { std::invoke(Method, *static_cast<T*>(o)); }, &object};
  }

  // Calls `Method`, or `Refuse` if its turn comes after `deadline`.
  template <auto Method, auto Refuse, class T>
  [[nodiscard]] static Task of(T& object, TimePoint deadline) {
    const auto step = [](void* o, Turn turn) {
      if (turn == Turn::kInTime) {
        std::invoke(Method, *static_cast<T*>(o));
      } else {
        std::invoke(Refuse, *static_cast<T*>(o));
      }
    };
    return {step, &object, deadline};
  }

  void run(TimePoint now) const { step(object, now > deadline ? Turn::kTooLate : Turn::kInTime); }
  void refuse() const { step(object, Turn::kTooLate); }
};

}  // namespace pollux
