// What a log line costs the thread that writes it; the writer thread's file is /dev/null.
#include <benchmark/benchmark.h>

#include <memory>

#include "http/access_log.h"
#include "log/async_sink.h"
#include "log/file_sink.h"
#include "log/logger.h"

namespace pollux {
namespace {

std::unique_ptr<log::Sink> dev_null() { return log::FileSink::open("/dev/null", {}); }

std::unique_ptr<log::Sink> asynchronous() {
  return std::make_unique<log::AsyncSink>(dev_null(), log::AsyncSinkOptions{});
}

constexpr std::string_view kLine =
    "127.0.0.1 - - [22/Nov/2026:20:15:04 +0000] \"GET / HTTP/1.1\" 200 586 \"-\" \"curl/7.88.1\"\n";

// Only the sink. A benchmark writes faster than any server logs, so some lines may be dropped: "lost".
void log_async_sink(benchmark::State& state) {
  static std::unique_ptr<log::Sink> sink;  // Shared by the benchmark's threads.
  if (state.thread_index() == 0) sink = asynchronous();
  for ([[maybe_unused]] auto _ : state) sink->write(kLine);  // The threads meet at its start and at its end.
  state.SetItemsProcessed(state.iterations());
  if (state.thread_index() == 0) {
    state.counters["lost"] = static_cast<double>(sink->close().lines);
    sink.reset();
  }
}

void log_sync_sink(benchmark::State& state) {
  const std::unique_ptr<log::Sink> sink = dev_null();
  for ([[maybe_unused]] auto _ : state) sink->write(kLine);
}

// Formatting included, as log::info() does it.
void log_async_info(benchmark::State& state) {
  log::configure(log::Level::kInfo, asynchronous());
  for ([[maybe_unused]] auto _ : state) log::info("accept on {}: {}", "127.0.0.1:8080", 42);
  log::configure(log::Level::kInfo, nullptr);
}

// A line that the level suppresses.
void log_suppressed(benchmark::State& state) {
  for ([[maybe_unused]] auto _ : state) log::debug("accept on {}: {}", "127.0.0.1:8080", 42);
}

void log_async_access(benchmark::State& state) {
  http::AccessLog log(asynchronous(), http::AccessLog::Format::kCombined);
  const http::AccessLog::Entry entry{.peer = "127.0.0.1",
                                     .status = http::Status::kOk,
                                     .method = "GET",
                                     .target = "/",
                                     .version = "HTTP/1.1",
                                     .user_agent = "curl/7.88.1"};
  for ([[maybe_unused]] auto _ : state) {
    const Now now = Now::read();
    log.finish(log.begin(entry, now), 586);
  }
}

BENCHMARK(log_async_sink)->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK(log_sync_sink);
BENCHMARK(log_async_info);
BENCHMARK(log_suppressed);
BENCHMARK(log_async_access);

}  // namespace
}  // namespace pollux
