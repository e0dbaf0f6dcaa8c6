// Who is told to wait and who is told to go, and that no byte is lost or counted twice.
#include "base/memory_budget.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace pollux {
namespace {

using Pressure = MemoryBudget::Pressure;

constexpr std::size_t kKi = 1024;
constexpr std::size_t kMi = 1024 * kKi;

struct Group {
  std::size_t charges;
  std::size_t bytes;  // Each.
  char told;          // To each, once all are there: '-' nothing, 'h'old or 's'hed.
};

char letter(Pressure pressure) {
  return pressure == Pressure::kShed ? 's' : pressure == Pressure::kHold ? 'h' : '-';
}

TEST(MemoryBudget, HoldsAndShedsThoseThatHoldMost) {
  const struct {
    const char* name;
    std::vector<Group> groups;
    char level;
  } rows[] = {
      {"nobody", {}, '-'},
      {"below three quarters, however unequal", {{1, 3 * kMi, '-'}}, '-'},
      {"one alone beyond them", {{1, 3 * kMi + 16 * kKi, 'h'}}, 'h'},
      {"one alone beyond the limit", {{1, 5 * kMi, 's'}}, 's'},
      {"a crowd of small ones is not counted", {{10'000, 16 * kKi - 1, '-'}}, '-'},
      {"and not touched", {{10'000, 16 * kKi - 1, '-'}, {8, kMi, 's'}}, 's'},
      {"the larger half waits", {{2, kMi, 'h'}, {12, 128 * kKi, '-'}}, 'h'},
      {"one large one has less than half: the next class waits, too",
       {{1, kMi, 'h'}, {20, 128 * kKi, 'h'}, {4, 32 * kKi, '-'}},
       'h'},
      {"all alike", {{60, 64 * kKi, 'h'}}, 'h'},
      {"alike is what is within a power of two", {{30, 64 * kKi, 'h'}, {15, 127 * kKi, 'h'}}, 'h'},
      {"the largest go, as many as must", {{1, kMi, 's'}, {5, 512 * kKi, 'h'}, {16, 64 * kKi, '-'}}, 's'},
      {"and the next, where they are not enough",
       {{1, 512 * kKi, 's'}, {20, 256 * kKi, 's'}, {4, 16 * kKi, '-'}},
       's'},
      {"more than there are classes for", {{1, 1ULL << 52, 's'}, {1, 1ULL << 50, 's'}, {1, kMi, '-'}}, 's'},
  };
  for (const auto& row : rows) {
    MemoryBudget budget(4 * kMi);
    std::deque<MemoryBudget::Charge> charges;
    std::string expected;
    for (const Group& group : row.groups) {
      for (std::size_t i = 0; i < group.charges; ++i) (void)charges.emplace_back(budget).update(group.bytes);
      expected.append(group.charges, group.told);
    }
    std::string told;
    for (const auto& charge : charges) told += letter(charge.pressure());
    EXPECT_EQ(told, expected) << row.name;
    EXPECT_EQ(letter(budget.level()), row.level) << row.name;
    charges.clear();
    EXPECT_EQ(budget.total(), 0U) << row.name;
    EXPECT_EQ(budget.level(), Pressure::kNone) << row.name;
  }
}

TEST(MemoryBudget, CountsWholeSteps) {
  constexpr std::size_t kStep = MemoryBudget::kStep;
  MemoryBudget budget(kMi);
  MemoryBudget::Charge charge(budget);
  const struct {
    std::size_t bytes;
    std::size_t counted;
  } rows[] = {{0, 0},
              {1, 0},
              {kStep - 1, 0},
              {kStep, kStep},
              {2 * kStep - 1, kStep},
              {100 * kStep + 5, 100 * kStep},
              {3 * kStep, 3 * kStep},
              {0, 0}};
  for (const auto& row : rows) {
    (void)charge.update(row.bytes);
    EXPECT_EQ(budget.total(), row.counted) << row.bytes;
  }
}

// As connections that are shed do: they free their memory, one after the other.
TEST(MemoryBudget, ShedsNoMoreThanMustGo) {
  MemoryBudget budget(4 * kMi);
  std::deque<MemoryBudget::Charge> charges;
  for (int i = 0; i < 100; ++i) (void)charges.emplace_back(budget).update(64 * kKi);
  int shed = 0;
  for (auto& charge : charges) {
    if (charge.pressure() != Pressure::kShed) continue;
    (void)charge.update(0);
    ++shed;
  }
  EXPECT_EQ(shed, 36);  // 6,400 KiB, of which 4,096 may stay.
  EXPECT_EQ(budget.level(), Pressure::kHold);
}

TEST(MemoryBudget, AddsUpAcrossThreads) {
  constexpr unsigned kThreads = 4;
  MemoryBudget budget(kMi);
  {
    std::deque<MemoryBudget::Charge> charges;  // Each thread's at its own places, and each handed on once.
    for (unsigned i = 0; i < kThreads * 8; ++i) charges.emplace_back(budget);
    for (unsigned round = 0; round < 2; ++round) {
      std::vector<std::thread> threads;
      for (unsigned thread = 0; thread < kThreads; ++thread) {
        threads.emplace_back([&charges, &budget, thread, round] {
          std::mt19937 random(thread);
          for (int step = 0; step < 20'000; ++step) {
            auto& charge = charges[(thread + round) % kThreads * 8 + random() % 8];
            (void)charge.update(random() % (256 * kKi));
            EXPECT_LE(budget.total(), charges.size() * 256 * kKi);  // Never below zero, which would be huge.
          }
        });
      }
      for (std::thread& thread : threads) thread.join();
    }
    for (auto& charge : charges) (void)charge.update(20 * kKi);
    EXPECT_EQ(budget.total(), charges.size() * MemoryBudget::kStep);
  }
  EXPECT_EQ(budget.total(), 0U);
}

TEST(MemoryBudget, TheLimitChangesForAll) {
  MemoryBudget budget(1024 * kKi);
  MemoryBudget::Charge charge(budget);
  EXPECT_EQ(charge.update(512 * kKi), MemoryBudget::Pressure::kNone);
  budget.set_limit(256 * kKi);
  EXPECT_EQ(charge.pressure(), MemoryBudget::Pressure::kShed);
  budget.set_limit(600 * kKi);
  EXPECT_EQ(charge.pressure(), MemoryBudget::Pressure::kHold);
}

}  // namespace
}  // namespace pollux
