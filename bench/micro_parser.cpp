// What it costs to understand one request head.
#include <benchmark/benchmark.h>

#include <string_view>

#include "http/request_parser.h"

namespace pollux::http {
namespace {

constexpr std::string_view kLoadGenerator = "GET /586.html HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n";

constexpr std::string_view kBrowser =
    "GET /pictures/?size=big HTTP/1.1\r\nHost: www.example.org\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
    "Accept-Language: en-GB,en;q=0.7,de;q=0.3\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n"
    "Connection: keep-alive\r\nUpgrade-Insecure-Requests: 1\r\nSec-Fetch-Dest: document\r\n"
    "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Site: none\r\nPriority: u=0, i\r\n"
    "If-None-Match: \"67412ac1-1f3a\"\r\nIf-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n";

// `step`: octets that arrive at a time; 0: all at once. The copy into the buffer is part of the figure.
void parse(benchmark::State& state, std::string_view head, std::size_t step) {
  const ParserLimits limits;
  RequestParser parser(limits);
  Buffer in;
  for ([[maybe_unused]] auto _ : state) {
    auto result = RequestParser::Result::kNeedMore;
    for (std::size_t at = 0; at < head.size(); at += step == 0 ? head.size() : step) {
      in.append(step == 0 ? head : head.substr(at, step));
      result = parser.parse(in);
    }
    if (result != RequestParser::Result::kComplete) return state.SkipWithError("not a request");
    benchmark::DoNotOptimize(parser.request());
    parser.reset();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(head.size()));
}

BENCHMARK_CAPTURE(parse, load_generator, kLoadGenerator, std::size_t{0});
BENCHMARK_CAPTURE(parse, browser, kBrowser, std::size_t{0});
BENCHMARK_CAPTURE(parse, browser_octet_by_octet, kBrowser, std::size_t{1});

}  // namespace
}  // namespace pollux::http
