// Allocations that fail. It replaces operator new of the whole program: include it in one source of a
// program.
#pragma once

#include <cstdlib>
#include <new>

// Sanitizers have an operator new of their own, which cannot be replaced.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_SANITIZER 1
#endif
#endif

namespace pollux {

// Allocations of this thread that still succeed. Negative: all do.
inline thread_local int allowed = -1;

#ifdef HAS_SANITIZER
inline constexpr bool kCanFail = false;
#else
inline constexpr bool kCanFail = true;
#endif

class Allow {
 public:
  explicit Allow(int allocations) { allowed = allocations; }
  Allow(const Allow&) = delete;
  Allow& operator=(const Allow&) = delete;
  ~Allow() { allowed = -1; }
};

}  // namespace pollux

#ifndef HAS_SANITIZER
// For all of this program. Not inlined: g++ would take the free() for a mistake.
void* operator new(std::size_t size) {
  if (pollux::allowed == 0) throw std::bad_alloc();
  if (pollux::allowed > 0) --pollux::allowed;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
#endif
