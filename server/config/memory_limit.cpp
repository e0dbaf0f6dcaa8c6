#include "server/config/memory_limit.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace pollux::server {

namespace {

// The path of our group below /sys/fs/cgroup, with a slash in front: "0::/system.slice/pollux.service".
std::optional<std::filesystem::path> control_group(const std::filesystem::path& root) {
  std::ifstream lines(root / "proc/self/cgroup");
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("0::/")) return line.substr(3);
  }
  return std::nullopt;
}

// "max" and a missing file mean no limit.
std::optional<std::uint64_t> read_limit(const std::filesystem::path& file) {
  std::uint64_t bytes = 0;
  if (std::ifstream(file) >> bytes) return bytes;
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> control_group_limit(const std::filesystem::path& root) {
  std::optional<std::uint64_t> least;
  auto group = control_group(root);
  while (group) {
    const auto limit = read_limit(root / "sys/fs/cgroup" / group->relative_path() / "memory.max");
    if (limit) least = std::min(*limit, least.value_or(*limit));
    if (!group->has_relative_path()) break;
    group = group->parent_path();
  }
  return least;
}

std::uint64_t memory_limit(const LimitsConfig& limits) {
  if (limits.memory != 0) return limits.memory;
  const auto pages = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES));
  const auto machine = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return std::min(machine, control_group_limit().value_or(machine)) / 4;
}

}  // namespace pollux::server
