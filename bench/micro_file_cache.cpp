// Looking up a page that the cache knows: one thread, and two that meet at its locks.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "bench/micro_site.h"

namespace pollux::files {
namespace {

// Shared by all threads of one benchmark: `pages` pages, all of them known.
struct Shared {
  explicit Shared(int pages) : site(pages), cache(site.cache()) {
    for (int i = 0; i < pages; ++i) {
      paths.push_back(fmt::format("/{}.html", i));
      if (cache.find(paths.back(), now)->kind != Resource::Kind::kFile) {
        throw std::runtime_error("no page " + paths.back());
      }
    }
  }

  const TimePoint now{std::chrono::hours(1000)};  // Stands still: no entry grows stale.
  bench::TemporarySite site;
  FileCache cache;
  std::vector<std::string> paths;
};

void file_cache_find(benchmark::State& state) {
  static std::unique_ptr<Shared> shared;
  if (state.thread_index() == 0) shared = std::make_unique<Shared>(static_cast<int>(state.range(0)));
  std::size_t at = static_cast<std::size_t>(state.thread_index()) * 97;
  for ([[maybe_unused]] auto _ : state) {  // The threads meet at its start, so all of them see `shared`.
    at += 7919;
    benchmark::DoNotOptimize(shared->cache.find(shared->paths[at % shared->paths.size()], shared->now));
  }
  if (state.thread_index() == 0) shared.reset();
}

BENCHMARK(file_cache_find)
    ->ArgName("pages")
    ->Arg(1)
    ->Arg(1000)
    ->Threads(1)
    ->Threads(2)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

}  // namespace
}  // namespace pollux::files
