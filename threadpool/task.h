// A step of an object, to be taken on another thread or a little later: three words, no allocation.
#pragma once

#include <cstdint>
#include <functional>

#include "base/clock.h"

namespace pollux {

struct Task {
  enum class Turn : std::uint8_t { kInTime, kTooLate };

  void (*step)(void* object, Turn turn) = nullptr;
  void* object = nullptr;
  TimePoint deadline = TimePoint::max();  // Of the wait for its turn.

  // Calls `Method`, however late. Both may be member functions of T, or functions of a T&.
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
