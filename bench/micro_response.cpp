// From a request that was understood to its answer in the output queue.
#include <benchmark/benchmark.h>

#include "bench/micro_site.h"
#include "files/static_files.h"
#include "http/date.h"
#include "http/error_pages.h"
#include "http/request_parser.h"

namespace pollux::http {
namespace {

constexpr Now kNow{TimePoint(std::chrono::hours(1000)), WallTime(std::chrono::seconds(784111777))};

// Everything a request needs but the connection.
class Fixture {
 public:
  explicit Fixture(std::string_view fields) {
    in_.append("GET /0.html HTTP/1.1\r\nHost: 127.0.0.1\r\n");
    in_.append(fields);
    in_.append("\r\n");
    if (parser_.parse(in_) != RequestParser::Result::kComplete) throw std::runtime_error("not a request");
  }

  [[nodiscard]] Response answer() { return files_.answer(parser_.request(), kNow); }

 private:
  bench::TemporarySite site_{1};
  files::FileCache cache_ = site_.cache();
  ErrorPages errors_;
  files::StaticFiles files_{cache_, errors_, 16};
  ParserLimits limits_;
  RequestParser parser_{limits_};
  Buffer in_;
};

// The head alone: status line, Date, the prepared lines.
void response_head(benchmark::State& state) {
  Fixture fixture("");
  const Response response = fixture.answer();
  OutputQueue out;
  for ([[maybe_unused]] auto _ : state) {
    const auto date = cached_date(std::chrono::floor<std::chrono::seconds>(kNow.wall));
    benchmark::DoNotOptimize(write_response(out, response, {.date = date, .with_body = false}));
    out.consume(out.size());
  }
}

// The handler: path, cache, conditions, ranges.
void response_handle(benchmark::State& state, std::string_view fields, Status expected) {
  Fixture fixture(fields);
  if (fixture.answer().status != expected) return state.SkipWithError("another status than expected");
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(fixture.answer());
}

BENCHMARK(response_head);
BENCHMARK_CAPTURE(response_handle, whole, std::string_view(), Status::kOk);
BENCHMARK_CAPTURE(response_handle, not_modified, std::string_view("If-None-Match: *\r\n"),
                  Status::kNotModified);
BENCHMARK_CAPTURE(response_handle, range, std::string_view("Range: bytes=0-99\r\n"), Status::kPartialContent);

}  // namespace
}  // namespace pollux::http
