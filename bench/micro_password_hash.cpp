// What a log-in costs at the very least: Argon2id, with the parameters that are stored by default.
#include <benchmark/benchmark.h>

#include <thread>

#include "accounts/password_hash.h"

namespace pollux::accounts {
namespace {

void password_verify(benchmark::State& state) {
  static Hasher hasher({}, std::thread::hardware_concurrency());
  static const std::string stored = hasher.hash("correct horse", TimePoint::max()).value();
  for ([[maybe_unused]] auto _ : state) {
    benchmark::DoNotOptimize(hasher.verify(stored, "correct horse", TimePoint::max()));
  }
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK(password_verify)->Threads(1)->ThreadPerCpu()->UseRealTime();

}  // namespace
}  // namespace pollux::accounts
