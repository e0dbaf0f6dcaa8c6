// The maximum of memory for the buffers of all connections together: [limits] memory.
//
// The default is a quarter of what the process may use: the machine's memory, or less if a control group says
// so (cgroups(7), version 2: a container, or MemoryMax= of a systemd unit). The rest is for the file cache,
// for the connections themselves, for sockets' buffers in the kernel, and for other processes.
//
// Thread: start-up only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "server/config/config.h"

namespace pollux::server {

// In bytes: the lowest limit of the process's control group and those above it; std::nullopt: there is none.
// `root`: the directory with /proc and /sys, which tests replace.
[[nodiscard]] std::optional<std::uint64_t> control_group_limit(const std::filesystem::path& root = "/");

// In bytes.
[[nodiscard]] std::uint64_t memory_limit(const LimitsConfig& limits);

}  // namespace pollux::server
