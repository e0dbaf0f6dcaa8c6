#include "server/config/memory_limit.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/temporary_directory.h"

namespace pollux::server {
namespace {

TEST(MemoryLimit, AControlGroupAndThoseAboveItMayLowerIt) {
  const struct {
    const char* name;
    std::vector<std::pair<std::string, std::string>> files;
    std::optional<std::uint64_t> expected;
  } rows[] = {
      {"no /proc", {}, std::nullopt},
      {"version 1 only",
       {{"proc/self/cgroup", "4:memory:/a\n"}, {"sys/fs/cgroup/a/memory.max", "5\n"}},
       std::nullopt},
      {"no file", {{"proc/self/cgroup", "0::/a\n"}}, std::nullopt},
      {"no limit", {{"proc/self/cgroup", "0::/a\n"}, {"sys/fs/cgroup/a/memory.max", "max\n"}}, std::nullopt},
      {"a container",
       {{"proc/self/cgroup", "0::/\n"}, {"sys/fs/cgroup/memory.max", "536870912\n"}},
       536870912U},
      {"a unit of systemd",
       {{"proc/self/cgroup", "1:name=systemd:/x\n0::/system.slice/pollux.service\n"},
        {"sys/fs/cgroup/system.slice/pollux.service/memory.max", "1000\n"},
        {"sys/fs/cgroup/system.slice/memory.max", "max\n"}},
       1000U},
      {"the group above has less",
       {{"proc/self/cgroup", "0::/a/b/c\n"},
        {"sys/fs/cgroup/a/b/c/memory.max", "1000\n"},
        {"sys/fs/cgroup/a/memory.max", "500\n"}},
       500U},
      {"the group above has more",
       {{"proc/self/cgroup", "0::/a/b\n"},
        {"sys/fs/cgroup/a/b/memory.max", "500\n"},
        {"sys/fs/cgroup/a/memory.max", "1000\n"}},
       500U},
      {"a name with a colon and a space",
       {{"proc/self/cgroup", "0::/a: b\n"}, {"sys/fs/cgroup/a: b/memory.max", "7\n"}},
       7U},
  };
  for (const auto& row : rows) {
    const test::TemporaryDirectory root;
    for (const auto& [file, text] : row.files) (void)root.write(file, text);
    EXPECT_EQ(control_group_limit(root.path()), row.expected) << row.name;
  }
}

TEST(MemoryLimit, IsAsConfiguredOrAShareOfTheMachine) {
  LimitsConfig limits;
  limits.memory = 12345;
  EXPECT_EQ(memory_limit(limits), 12345U);
  limits.memory = 0;
  EXPECT_GT(memory_limit(limits), 1U << 20);
}

}  // namespace
}  // namespace pollux::server
