// The client library with many requests in flight: docs/client.md has its figures.
//
//   bench_client_load PORT [http2] [REQUESTS [IN_FLIGHT]]
//
// 100 hosts (127.0.0.1 to 127.0.0.100) of a server that listens on 0.0.0.0:PORT, ten connections to each in
// HTTP/1.1, one in HTTP/2. Whenever a request ends, the next one is sent, until all are done; each that ends
// is counted, so that a lost one would leave the program waiting.
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <string>
#include <vector>

#include "client/http_client.h"

namespace {

using namespace pollux::client;

class Load {
 public:
  Load(HttpClient& client, std::string port, long requests, long in_flight)
      : client_(client), port_(std::move(port)), requests_(requests), in_flight_(in_flight) {}

  void run() {
    for (long i = 0; i < in_flight_; ++i) next();
    done_.get_future().wait();
  }
  [[nodiscard]] long succeeded() const { return succeeded_; }
  [[nodiscard]] long failed() const { return failed_; }
  [[nodiscard]] long most() const { return most_; }

 private:
  static constexpr long kHosts = 100;

  // Begun by the main thread, then by callbacks on the worker.
  void next() {
    const long number = sent_++;
    if (number >= requests_) return;
    most_ = std::max<long>(most_, number + 1 - ended_);
    const std::string host = "127.0.0." + std::to_string(number % kHosts + 1);
    (void)client_.send({.url = "http://" + host + ":" + port_ + "/"},
                       [this](const Outcome& outcome) { end(outcome); });
  }
  void end(const Outcome& outcome) {
    const bool good = outcome && outcome.response().status == 200;
    if (!good && failed_++ == 0)
      std::printf("%s\n", outcome ? "status" : outcome.error().to_string().c_str());
    if (good) ++succeeded_;
    if (++ended_ == requests_) return done_.set_value();
    next();
  }

  HttpClient& client_;
  const std::string port_;
  const long requests_;
  const long in_flight_;
  std::atomic<long> sent_{0};
  std::atomic<long> ended_{0};
  std::atomic<long> succeeded_{0};
  std::atomic<long> failed_{0};
  std::atomic<long> most_{0};
  std::promise<void> done_;
};

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

void allow_descriptors() {
  rlimit limit{};
  (void)::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  ClientOptions options;
  const auto http2 = std::find(words.begin(), words.end(), "http2");
  if (http2 != words.end()) {
    words.erase(http2);
    options.http2_plain = true;
  }
  if (words.empty()) return 2;
  const long requests = words.size() > 1 ? std::atol(words[1].c_str()) : 500'000;
  const long in_flight = words.size() > 2 ? std::atol(words[2].c_str()) : 10'000;
  allow_descriptors();
  options.per_origin = 10;
  options.idle = 1000;
  options.in_flight = static_cast<std::size_t>(in_flight);

  HttpClient client(options);
  Load load(client, words[0], requests, in_flight);
  const auto begin = std::chrono::steady_clock::now();
  load.run();
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;

  rusage usage{};
  (void)::getrusage(RUSAGE_SELF, &usage);
  const double processor = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
  std::printf(
      "%ld succeeded, %ld failed, up to %ld at a time, %.1f s: %.0f requests/s, %.1f us of CPU each, %ld "
      "MiB\n",
      load.succeeded(), load.failed(), load.most(), time.count(),
      static_cast<double>(requests) / time.count(), processor * 1e6 / static_cast<double>(requests),
      usage.ru_maxrss / 1024);
  return load.failed() == 0 ? 0 : 1;
}
