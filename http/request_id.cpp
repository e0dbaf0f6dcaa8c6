#include "http/request_id.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <random>

namespace pollux::http {

namespace {

constexpr std::string_view kOthers = "-._~+/=";

std::string random_prefix() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

}  // namespace

bool is_request_id(std::string_view text) {
  constexpr std::size_t kMax = 128;
  return !text.empty() && text.size() <= kMax && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kOthers.find(c) != std::string_view::npos;
  });
}

std::string new_request_id() {
  static const std::string prefix = random_prefix();
  static std::atomic<std::uint64_t> count{0};  // Relaxed: each number is given once, in whatever order.
  return fmt::format("{}-{:x}", prefix, count.fetch_add(1, std::memory_order_relaxed));
}

}  // namespace pollux::http
