// Want of memory: allocations that fail, one after the other, must not end the program or lose a connection.
#include "tests/want_of_memory.h"

#include <gtest/gtest.h>

#include <optional>

#include "log/logger.h"
#include "sqlpool/sql_pool.h"

namespace pollux::sqlpool {
namespace {

class Fragile final : public Connection {
 public:
  explicit Fragile(const Health& health) : health_(health) {}
  [[nodiscard]] Dialect dialect() const override { return Dialect::kSqlite; }
  Reply run(Sql /*sql*/, std::span<const Value> /*values*/) override { return {}; }
  void begin() override {}
  void commit() override {}
  void rollback() noexcept override {}
  bool ping() noexcept override { return health_ == Health::kGood; }
  [[nodiscard]] Health health() const override { return health_; }

 private:
  const Health& health_;
};

class WantOfMemory : public testing::Test {
 protected:
  WantOfMemory() { log::set_level(log::Level::kEmerg); }
  ~WantOfMemory() override { log::set_level(log::Level::kInfo); }

  void SetUp() override {
    if (!kCanFail) GTEST_SKIP() << "allocations cannot be made to fail";
  }

  SqlPool::Lease lease() { return pool_.acquire(now_); }

  static constexpr std::size_t kSize = 8;

  TimePoint now_{std::chrono::hours(1)};
  Connection::Health health_ = Connection::Health::kGood;
  SqlPool pool_{"test",
                [this] { return std::make_unique<Fragile>(health_); },
                {.size = kSize},
                [this] { return now_; }};
};

TEST_F(WantOfMemory, GivingBackNeedsNone) {
  std::vector<SqlPool::Lease> leases;
  for (std::size_t i = 0; i < kSize; ++i) leases.push_back(lease());
  {
    const Allow none(0);
    leases.clear();
  }
  EXPECT_EQ(pool_.connections(), kSize);
}

TEST_F(WantOfMemory, GoingAwayNeedsNone) {
  std::vector<SqlPool::Lease> leases;
  for (std::size_t i = 0; i < kSize; ++i) leases.push_back(lease());
  std::optional<SqlPool::Lease> last(std::move(leases.back()));
  leases.clear();  // All but one are idle.
  health_ = Connection::Health::kTimedOut;
  {
    const Allow none(0);
    last.reset();
  }
  EXPECT_EQ(pool_.connections(), 0U);
  EXPECT_THROW((void)lease(), Error);
}

TEST_F(WantOfMemory, WhereverItStrikesInAcquireNoPlaceIsLost) {
  int failures = 0;
  for (bool leased = false; !leased; ++failures) {
    try {
      const Allow few(failures);
      const auto one = lease();
      leased = true;
    } catch (const std::exception&) {
      EXPECT_EQ(pool_.connections(), 0U) << "after " << failures << " allocations";
      now_ += std::chrono::seconds(10);  // The pause is over.
    }
  }
  EXPECT_GE(failures, 3);  // The place, the connection, and none.
  std::vector<SqlPool::Lease> leases;
  for (std::size_t i = 0; i < kSize; ++i) leases.push_back(lease());
  EXPECT_EQ(pool_.connections(), kSize);
}

}  // namespace
}  // namespace pollux::sqlpool
