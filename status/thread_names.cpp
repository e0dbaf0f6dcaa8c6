#include "status/thread_names.h"

#include <fmt/core.h>

#include <fstream>

namespace pollux::status {

const std::string& ThreadNames::of(int thread) {
  const auto [at, is_new] = names_.try_emplace(thread);
  if (!is_new) return at->second;
  std::ifstream file(fmt::format("/proc/self/task/{}/comm", thread));
  if (!std::getline(file, at->second) || at->second.empty()) at->second = fmt::format("thread {}", thread);
  return at->second;
}

}  // namespace pollux::status
