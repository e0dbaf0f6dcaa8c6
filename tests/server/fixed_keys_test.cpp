// The keys that a reload leaves alone.
#include "server/config/fixed_keys.h"

#include <gtest/gtest.h>

#include <functional>

namespace pollux::server {
namespace {

TEST(FixedKeys, AreNamedAndKept) {
  const struct {
    std::vector<std::string_view> expected;
    std::function<void(Config&)> change;
  } rows[] = {
      {{}, [](Config& /*same*/) {}},
      {{}, [](Config& fresh) { fresh.site.root = "elsewhere"; }},
      {{}, [](Config& fresh) { fresh.limits.body = 1; }},
      {{"server.model"}, [](Config& fresh) { fresh.server.model = Model::kReactor; }},
      {{"server.accept"}, [](Config& fresh) { fresh.server.accept = Accept::kThread; }},
      {{"server.listen_trigger"}, [](Config& fresh) { fresh.server.listen_trigger = Trigger::kEdge; }},
      {{"server.conn_trigger"}, [](Config& fresh) { fresh.server.conn_trigger = Trigger::kEdge; }},
      {{"server.workers", "server.loops"},
       [](Config& fresh) { fresh.server.workers = fresh.server.loops = 7; }},
      {{"server.receive_buffers"}, [](Config& fresh) { fresh.server.receive_buffers = 7; }},
      {{"limits.request_queue", "limits.handshakes"},
       [](Config& fresh) { fresh.limits.request_queue = fresh.limits.handshakes = 7; }},
      {{"log.mode"}, [](Config& fresh) { fresh.log.mode = LogMode::kAsync; }},
  };
  for (const auto& row : rows) {
    const Config start;
    Config fresh;
    row.change(fresh);
    Config expected = fresh;
    if (!row.expected.empty()) expected = start;
    EXPECT_EQ(keep_fixed_keys(start, start, fresh), row.expected);
    EXPECT_EQ(fresh, expected);
  }
}

// model = auto says the same as at the start, whatever was made of it.
TEST(FixedKeys, AreThoseInUseWhateverWasWritten) {
  Config written;
  written.server.model = Model::kAuto;
  Config running = written;
  running.server.model = Model::kIoUring;
  Config fresh = written;
  EXPECT_TRUE(keep_fixed_keys(written, running, fresh).empty());
  EXPECT_EQ(fresh.server.model, Model::kIoUring);
  fresh.server.model = Model::kIoUring;
  EXPECT_EQ(keep_fixed_keys(written, running, fresh), std::vector<std::string_view>{"server.model"});
}

}  // namespace
}  // namespace pollux::server
