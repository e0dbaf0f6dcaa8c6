#include <atomic>
#include <cstdlib>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <type_traits>
#include <utility>

#include "check.h"

namespace {

using namespace std::chrono_literals;

struct Database {
  Pool::Open open() {
    return [this] {
      if (away) throw std::runtime_error("away");
      ++opened;
      return std::make_unique<Connection>();
    };
  }

  bool away = false;
  int opened = 0;
};

Pool::TimePoint in(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

// Whether `work` ends. One that hangs keeps what it uses, and the program ends without it.
template <class Work>
bool ends(Work work) {
  auto done = std::make_shared<std::promise<void>>();
  auto future = done->get_future();
  std::thread([work, done] { work(), done->set_value(); }).detach();
  return future.wait_for(2s) == std::future_status::ready;
}

// With threads that hang, there is no orderly end.
[[noreturn]] void give_up(const char* why) {
  std::printf("%s\n", why);
  std::fflush(stdout);
  std::_Exit(1);
}

void opens_what_is_needed() {
  Database database;
  Pool pool(database.open(), 3);
  CHECK_EQ(database.opened, 0);
  for (int i = 0; i < 10; ++i) {
    const Pool::Lease lease = pool.acquire(in(0ms));
    CHECK(static_cast<bool>(lease));
  }
  CHECK_EQ(database.opened, 1);
  const Pool::Lease one = pool.acquire(in(0ms)), another = pool.acquire(in(0ms));
  CHECK(one && another && &*one != &*another);
  CHECK_EQ(database.opened, 2);
}

void gives_back_when_an_exception_flies() {
  Database database;
  Pool pool(database.open(), 1);
  for (int i = 0; i < 3; ++i) {
    try {
      const Pool::Lease lease = pool.acquire(in(0ms));
      CHECK(static_cast<bool>(lease));
      throw std::runtime_error("a request fails");
    } catch (const std::runtime_error&) {
    }
  }
  CHECK_EQ(database.opened, 1);
}

void can_be_moved() {
  Database database;
  Pool pool(database.open(), 2);
  {
    Pool::Lease lease = pool.acquire(in(0ms));
    Connection* const connection = lease ? &*lease : nullptr;
    const Pool::Lease moved = std::move(lease);
    CHECK(moved && &*moved == connection);
    CHECK(!lease);
    const Pool::Lease second = pool.acquire(in(0ms));
    CHECK(second && &*second != connection);
    CHECK(!pool.acquire(in(0ms)));
  }
  CHECK_EQ(database.opened, 2);
  const Pool::Lease one = pool.acquire(in(0ms)), another = pool.acquire(in(0ms));
  CHECK(one && another);
  CHECK_EQ(database.opened, 2);
}

void waits_until_the_deadline() {
  Database database;
  Pool pool(database.open(), 1);
  const Pool::Lease lease = pool.acquire(in(0ms));
  const Pool::TimePoint deadline = in(50ms);
  CHECK(!pool.acquire(deadline));
  CHECK(std::chrono::steady_clock::now() >= deadline);
}

void wakes_who_waits() {
  Database database;
  Pool pool(database.open(), 1);
  std::optional<Pool::Lease> lease(pool.acquire(in(0ms)));
  std::atomic<bool> began{false};
  auto waiter = std::async(std::launch::async, [&] {
    began = true;
    return static_cast<bool>(pool.acquire(in(5s)));
  });
  while (!began) std::this_thread::yield();
  lease.reset();
  CHECK(waiter.get());
}

void destroys_what_is_broken() {
  Database database;
  Pool pool(database.open(), 1);
  {
    const Pool::Lease lease = pool.acquire(in(0ms));
    if (lease) lease->broken = true;
  }
  const Pool::Lease lease = pool.acquire(in(0ms));
  CHECK(lease && !lease->broken);
  CHECK_EQ(database.opened, 2);
}

void frees_the_place_when_it_cannot_open() {
  Database database;
  database.away = true;
  Pool pool(database.open(), 1);
  for (int i = 0; i < 2; ++i) {
    bool thrown = false;
    try {
      (void)pool.acquire(in(0ms));
    } catch (const std::runtime_error&) {
      thrown = true;
    }
    CHECK(thrown);
  }
  database.away = false;
  CHECK(static_cast<bool>(pool.acquire(in(0ms))));
}

void opens_without_the_mutex() {
  Pool* pool = nullptr;
  bool other_served = true;
  int opened = 0;
  Pool made(
      [&] {
        if (++opened == 2) {  // Meanwhile another caller wants one.
          other_served = ends([pool] { (void)pool->acquire(in(0ms)); });
          if (!other_served) give_up("open() is called while the mutex is held");
        }
        return std::make_unique<Connection>();
      },
      8);
  pool = &made;
  const Pool::Lease one = made.acquire(in(0ms)), another = made.acquire(in(0ms));
  CHECK(other_served);
}

}  // namespace

int main() {
  CHECK(!std::is_copy_constructible_v<Pool::Lease> && std::is_nothrow_move_constructible_v<Pool::Lease>);
  for (void (*test)() : {opens_what_is_needed, gives_back_when_an_exception_flies, can_be_moved,
                         waits_until_the_deadline, wakes_who_waits, destroys_what_is_broken,
                         frees_the_place_when_it_cannot_open, opens_without_the_mutex}) {
    const auto run = [test] {
      try {
        test();
      } catch (const std::exception& error) {
        std::printf("thrown: %s\n", error.what());
        CHECK(false);
      }
    };
    if (!ends(run)) give_up("not solved: a test hangs");
  }
  return exercise::verdict();
}
