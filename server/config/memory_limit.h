// The memory that the buffers of all connections may take together: [limits] memory.
//
// By default that is a quarter of what the process may use, which is the machine's memory, or less where a
// control group says so (cgroups(7), version 2: a container, or MemoryMax= of a systemd unit). The rest is
// for the file cache, for connections themselves, for sockets' buffers in the kernel, and for others.
//
// Thread: start-up only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "server/config/config.h"

namespace pollux::server {

// Bytes. The least limit of the process's control group and those above it; std::nullopt: there is none.
// `root` is where /proc and /sys are; tests have their own.
[[nodiscard]] std::optional<std::uint64_t> control_group_limit(const std::filesystem::path& root = "/");

// Bytes.
[[nodiscard]] std::uint64_t memory_limit(const LimitsConfig& limits);

}  // namespace pollux::server
