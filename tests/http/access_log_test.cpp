#include "http/access_log.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace pollux::http {
namespace {

class Kept final : public log::Sink {
 public:
  explicit Kept(std::string& to) : to_(to) {}
  void write(std::string_view lines) noexcept override { to_ += lines; }
  void flush() noexcept override {}
  log::Lost close() noexcept override { return {}; }
  void reopen() noexcept override {}
  [[nodiscard]] log::Lost lost() const noexcept override { return {}; }

 private:
  std::string& to_;
};

TEST(AccessLog, TellsTheTimeAsItsFormatWantsIt) {
  // Another second each time: a thread formats each of them once.
  std::chrono::milliseconds when(1'795'378'504'007);
  const struct {
    const char* zone;
    AccessLog::Format format;
    const char* line;
  } rows[] = {
      {"UTC0", AccessLog::Format::kJson, R"({"time":"2026-11-22T20:15:04.007+00:00","peer":"192.0.2.1")"},
      {"XXX-05:30", AccessLog::Format::kJson,
       R"({"time":"2026-11-23T01:45:05.007+05:30","peer":"192.0.2.1")"},
      {"XXX3:30", AccessLog::Format::kJson, R"({"time":"2026-11-22T16:45:06.007-03:30","peer":"192.0.2.1")"},
      {"UTC0", AccessLog::Format::kCombined, "192.0.2.1 - - [22/Nov/2026:20:15:07 +0000] "},
      {"XXX-05:30", AccessLog::Format::kCombined, "192.0.2.1 - - [23/Nov/2026:01:45:08 +0530] "},
  };
  for (const auto& row : rows) {
    ::setenv("TZ", row.zone, 1);
    ::tzset();
    std::string text;
    AccessLog log(std::make_unique<Kept>(text), row.format);
    log.finish(log.begin({.peer = "192.0.2.1"}, {TimePoint(), WallTime(when)}), 0);
    EXPECT_TRUE(text.starts_with(row.line)) << text << row.line;
    when += std::chrono::seconds(1);
  }
  ::unsetenv("TZ");
  ::tzset();
}

TEST(AccessLog, NamesTheHost) {
  std::string text;
  AccessLog log(std::make_unique<Kept>(text), AccessLog::Format::kJson);
  log.finish(log.begin({.peer = "192.0.2.1", .method = "GET", .host = "a\"b:80"}, {}), 0);
  EXPECT_NE(text.find(R"("method":"GET","host":"a\"b:80","status":200)"), std::string::npos) << text;
  text.clear();
  log.finish(log.begin({.peer = "192.0.2.1", .method = "GET"}, {}), 0);
  EXPECT_EQ(text.find("host"), std::string::npos) << text;
}

TEST(AccessLog, NamesTheRequestAndWhatWasSpoken) {
  std::string text;
  AccessLog log(std::make_unique<Kept>(text), AccessLog::Format::kJson);
  const TimePoint now = std::chrono::steady_clock::now();
  log.finish(
      log.begin({.peer = "192.0.2.1", .version = "HTTP/2.0", .tls = "TLSv1.3", .id = "a-1", .begun = now},
                {}),
      7);
  EXPECT_NE(text.find(R"("peer":"192.0.2.1","id":"a-1","version":"HTTP/2.0","tls":"TLSv1.3",)"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find(R"(,"status":200,"microseconds_to_first":)"), std::string::npos) << text;
  text.clear();
  log.finish(log.begin({.peer = "192.0.2.1", .begun = now}, {}), 7);
  EXPECT_EQ(text.find("tls"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("id":")"), std::string::npos) << text;
  text.clear();
  AccessLog combined(std::make_unique<Kept>(text), AccessLog::Format::kCombined);
  combined.finish(combined.begin({.peer = "192.0.2.1", .tls = "TLSv1.3", .id = "a-1"}, {}), 7);
  EXPECT_TRUE(text.ends_with("] \"-\" 200 7 \"-\" \"-\"\n")) << text;
}

}  // namespace
}  // namespace pollux::http
