// Helpers of the fuzz targets. A target is LLVMFuzzerTestOneInput(): any octets in; a broken promise ends it.
//
// scripts/check-fuzz builds and runs them; corpus/TARGET/ holds the octets each begins with, and the ones
// that once broke it.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace pollux::fuzz {

// Unlike assert(), in every kind of build.
#define PROMISE(condition)                                                                       \
  do {                                                                                           \
    if (!(condition)) {                                                                          \
      (void)std::fprintf(stderr, "%s:%d: broken promise: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                              \
    }                                                                                            \
  } while (false)

// Takes an input apart: a few octets steer the target, the rest is its material.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  // Zero when there is none left.
  std::uint8_t octet() { return static_cast<std::uint8_t>(number(1)); }

  // Of `octets` octets, the first the most significant.
  std::uint64_t number(std::size_t octets) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < octets; ++i) {
      const bool any = !rest_.empty();
      value = value << 8U | (any ? static_cast<std::uint8_t>(rest_.front()) : 0U);
      if (any) rest_.remove_prefix(1);
    }
    return value;
  }

  // Up to the next line feed, which is dropped.
  std::string_view line() {
    const std::size_t end = rest_.find('\n');
    const std::string_view text = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    return text;
  }

  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

}  // namespace pollux::fuzz
