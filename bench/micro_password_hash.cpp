// What a log-in costs at the very least: Argon2id, with the parameters that are stored by default.
#include <benchmark/benchmark.h>

#include "accounts/password_hash.h"

namespace pollux::accounts {
namespace {

void password_verify(benchmark::State& state) {
  static const Hasher hasher{HashParameters{}};
  static const std::string stored = hasher.hash("correct horse").value();
  for ([[maybe_unused]] auto _ : state) {
    benchmark::DoNotOptimize(hasher.verify(stored, "correct horse"));
  }
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK(password_verify)->Threads(1)->ThreadPerCpu()->UseRealTime();

}  // namespace
}  // namespace pollux::accounts
