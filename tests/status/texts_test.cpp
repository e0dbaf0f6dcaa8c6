// What is said of a server, as JSON, for Prometheus and for a terminal.
#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <sstream>

#include "status/json_writer.h"
#include "status/prometheus.h"
#include "status/status_json.h"
#include "status/trace_text.h"

namespace pollux::status {
namespace {

using namespace std::string_literals;

Sources sources() {
  return {.model = "reactor",
          .triggers = "lt/et",
          .accept = "loop",
          .started = std::chrono::steady_clock::now(),
          .cache =
              [] {
                return files::FileCache::Usage{3, 4096, 1};
              },
          .draining = [] { return true; },
          .root_is_there = [] { return false; },
          .configuration =
              [] {
                return Configuration{.generation = 3,
                                     .alive = 2,
                                     .reload_succeeded = false,
                                     .reloaded = WallTime(std::chrono::seconds(1'800'000'002)),
                                     .since = WallTime(std::chrono::seconds(1'800'000'001))};
              }};
}

// Of a server whose loops have waited three times, for five events in all.
Snapshot with_turns(const Sources& from) {
  Snapshot snapshot = take_snapshot(from);
  snapshot.metrics.counters[static_cast<std::size_t>(metrics::Counter::kTurns)] = 3;
  snapshot.metrics.counters[static_cast<std::size_t>(metrics::Counter::kEvents)] = 5;
  return snapshot;
}

trace::Recording recording() {
  const TimePoint begun{std::chrono::seconds(5)};
  trace::Recording recording;
  recording.number = 7;
  recording.peer = "192.0.2.1";
  recording.notes = {{begun, 0, "epoll_wait", "EPOLLIN"},
                     {begun + std::chrono::nanoseconds(21'500), 0, "parser", "a \"b\"\x1b[31m \xff"}};
  recording.left_out = 2;
  return recording;
}

TEST(JsonWriter, Writes) {
  JsonWriter json;
  json.begin_object();
  json.member("text", "a\"b\n");
  json.member("yes", true);
  json.begin_array("list");
  json.begin_object();
  json.end_object();
  json.begin_object();
  json.member("less", std::int64_t{-3});
  json.end_object();
  json.end_array();
  json.member("half", 1.5);
  json.member("more", std::uint64_t{18'446'744'073'709'551'615U});
  json.end_object();
  EXPECT_EQ(
      json.take(),
      R"({"text":"a\"b\u000a","yes":true,"list":[{},{"less":-3}],"half":1.500,"more":18446744073709551615})");
}

// Every sample belongs to a family that was announced, in its lines and nowhere else.
TEST(Prometheus, IsWellFormed) {
  const Sources from = sources();
  const std::string text = prometheus(take_snapshot(from));
  const std::regex sample(R"re((pollux_[a-z_]+)(\{[a-z_]+="[^"]*"(,le="[^"]*")?\})? -?[0-9.e+-]+)re");
  std::istringstream lines(text);
  std::set<std::string> seen;
  std::string family;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# HELP ")) {
      family = line.substr(7, line.find(' ', 7) - 7);
      EXPECT_TRUE(seen.insert(family).second) << family;
    } else if (line.starts_with("# TYPE ")) {
      EXPECT_TRUE(line.starts_with("# TYPE " + family + " ")) << line;
    } else {
      std::smatch match;
      ASSERT_TRUE(std::regex_match(line, match, sample)) << line;
      EXPECT_TRUE(match[1].str().starts_with(family)) << line;
    }
  }
  EXPECT_TRUE(seen.contains("pollux_stage_duration_seconds"));
  for (const char* line :
       {"\npollux_draining 1\n", "\npollux_config_generation 3\n", "\npollux_config_generations_alive 2\n",
        "\npollux_config_last_reload_successful 0\n",
        "\npollux_config_last_reload_timestamp_seconds 1800000002\n",
        "\npollux_config_last_reload_success_timestamp_seconds 1800000001\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line;
  }
  EXPECT_NE(text.find("\npollux_site_root_present 0\n"), std::string::npos);
  EXPECT_NE(text.find("\npollux_requests_rate_limited_total 0\n"), std::string::npos);
  EXPECT_NE(text.find("\npollux_file_cache_bytes 4096\n"), std::string::npos);
}

TEST(Prometheus, TellsOfTheLoops) {
  const Sources from = sources();
  const std::string text = prometheus(with_turns(from));
  for (const char* part : {"\n# TYPE pollux_loop_turns_total counter\npollux_loop_turns_total 3\n",
                           "\n# TYPE pollux_loop_events_total counter\npollux_loop_events_total 5\n"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
  }
}

TEST(StatusJson, TellsOfTheServer) {
  const Sources from = sources();
  const Snapshot snapshot = with_turns(from);
  const std::string json = to_json(snapshot, snapshot.metrics);
  for (const char* part :
       {R"("kind":"status")", R"("model":"reactor","triggers":"lt/et")", R"("draining":true)",
        R"("entries":3,"octets":4096,"open_files":1)", R"("rate_limited":0,"status":{)",
        R"("loops":{"turns":3,"events":5},)", R"("site_root":{"there":false,"lost":)"}) {
    EXPECT_NE(json.find(part), std::string::npos) << part << " in " << json;
  }
}

TEST(StatusJson, TellsOfARequest) {
  EXPECT_EQ(
      to_json(recording(), sources()),
      R"({"kind":"trace","number":7,"peer":"192.0.2.1","model":"reactor","triggers":"lt/et","accept":"loop",)"
      R"("left_out":2,"steps":[{"at":0.000,"thread":"thread 0","what":"epoll_wait","detail":"EPOLLIN"},)"
      R"({"at":21.500,"thread":"thread 0","what":"parser","detail":"a \"b\"\u001b[31m \ufffd"}]})");
}

// A stream that is followed, one that was open before, one that begins later, and one that is still open.
trace::Recording of_http2() {
  const TimePoint begun{std::chrono::seconds(5)};
  const auto after = [&](int microseconds) { return begun + std::chrono::microseconds(microseconds); };
  trace::Recording recording;
  recording.number = 8;
  recording.peer = "192.0.2.1";
  recording.streams = std::make_unique<trace::Streams>();
  trace::Streams& streams = *recording.streams;
  streams.was_open(1);
  streams.begin(3, after(1));
  streams.asks(3, "GET", "/large.bin");
  streams.begin(5, after(2));
  streams.asks(5, "GET", "/\x1b\"");
  for (int i = 0; i < 30; ++i) streams.begin(7 + 2 * i, after(3));
  streams.end(5, after(20));
  streams.end(3, after(21));
  const trace::Frame frames[] = {
      {.name = "SETTINGS", .to_client = {.connection = 65'535}, .to_server = {.connection = 1000}},
      {.name = "DATA",
       .stream = 3,
       .out = true,
       .last = true,
       .length = 16'384,
       .to_client = {.stream = 100, .connection = 200},
       .to_server = {.stream = 300, .connection = 400}}};
  for (const trace::Frame& frame : frames) {
    streams.count(frame);
    recording.notes.push_back({begun, 0, frame.out ? "frame out" : "frame in", frame.text(), frame});
  }
  return recording;
}

TEST(StatusJson, TellsOfFramesAndStreams) {
  const std::string json = to_json(of_http2(), sources());
  for (
      const char* part :
      {R"("what":"frame in","detail":"SETTINGS, 0 octets; windows out: connection 65535; in: connection 1000",)"
       R"("frame":{"name":"SETTINGS","stream":0,"octets":0,"last":false,"window_out":{"connection":65535},)"
       R"("window_in":{"connection":1000}}})",
       R"("frame":{"name":"DATA","stream":3,"octets":16384,"last":true,"window_out":{"stream":100,"connection":200},)"
       R"("window_in":{"stream":300,"connection":400}}})",
       R"(],"streams":{"followed":3,"left_out":1,"lanes":[)"
       R"({"stream":1,"asked":"","in":{"frames":0,"octets":0},"out":{"frames":0,"octets":0}},)"
       R"({"stream":3,"asked":"GET /large.bin","begun":1.000,"ended":21.000,"in":{"frames":0,"octets":0},)"
       R"("out":{"frames":1,"octets":16384}},)"
       R"({"stream":5,"asked":"GET /\u001b\"","begun":2.000,"ended":20.000,"in":{)",
       R"({"stream":7,"asked":"","begun":3.000,"in":{"frames":0,"octets":0},"out":{"frames":0,"octets":0}},)"}) {
    EXPECT_NE(json.find(part), std::string::npos) << part << " in " << json;
  }
}

TEST(TraceText, HasALineForEachStream) {
  const std::string text = to_text(of_http2(), sources());
  const std::string frame = "         0.0  thread 0    frame out   DATA, stream 3, 16384 octets, the last; ";
  for (const std::string& line :
       {frame + "windows out: stream 100, connection 200; in: stream 300, connection 400\n",
        "      stream        from          to    octets in   octets out  asked\n"s,
        "           1      before       after            0            0  -\n"s,
        "->         3         1.0        21.0            0        16384  GET /large.bin\n"s,
        "           5         2.0        20.0            0            0  GET /\\x1b\\x22\n"s,
        "              and 1 streams more\n"s}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << " in " << text;
  }
}

TEST(TraceText, IsALineForEachStepAndHarmless) {
  EXPECT_EQ(to_text(recording(), sources()),
            "request 7 from 192.0.2.1 (reactor, lt/et): 21.5 us\n"
            "         0.0  thread 0    epoll_wait  EPOLLIN\n"
            "        21.5  thread 0    parser      a \\x22b\\x22\\x1b[31m \\xff\n"
            "              and 2 steps more\n");
  EXPECT_EQ(to_text({}, sources()), "");
}

TEST(TraceText, PutsTheAbsenceOfTriggersIntoWords) {
  Sources ring = sources();
  ring.model = "io-uring";
  ring.triggers = Sources::kNoTriggers;
  EXPECT_TRUE(to_text(recording(), ring)
                  .starts_with("request 7 from 192.0.2.1 (io-uring, by completion): 21.5 us\n"));
  EXPECT_NE(to_json(recording(), ring).find(R"("model":"io-uring","triggers":"none")"), std::string::npos);
}

}  // namespace
}  // namespace pollux::status
