#include <algorithm>
#include <deque>
#include <string>

#include "check.h"

namespace {

std::string thread_now = "loop";

// Notes each of its steps with the thread that takes it.
struct Noting : Connection {
  void receive() override { note("receive"); }
  void serve() override { note("serve"); }
  void refuse() override { note("refuse"); }
  void note(const std::string& step) { steps += (steps.empty() ? "" : ", ") + thread_now + " " + step; }

  std::string steps;
};

struct Queue : Pool {
  explicit Queue(std::size_t room) : room(room) {}

  std::size_t submit(const std::vector<Task>& tasks) override {
    ++calls;
    const std::size_t count = std::min(tasks.size(), room - queued.size());
    queued.insert(queued.end(), tasks.begin(), tasks.begin() + static_cast<std::ptrdiff_t>(count));
    return count;
  }
  void run_all() {
    thread_now = "worker";
    for (; !queued.empty(); queued.pop_front()) queued.front()();
    thread_now = "loop";
  }

  const std::size_t room;
  int calls = 0;
  std::deque<Task> queued;
};

template <class Model>
void each_is_served(const std::string& steps) {
  Queue pool(8);
  Model model(pool);
  Noting connections[3];
  for (int batch = 1; batch <= 2; ++batch) {
    for (Noting& connection : connections) model.on_ready(connection);
    CHECK_EQ(pool.calls, batch - 1);
    model.on_end_of_batch();
    CHECK_EQ(pool.calls, batch);
    pool.run_all();
    for (Noting& connection : connections) CHECK_EQ(std::exchange(connection.steps, ""), steps);
  }
}

template <class Model>
void what_finds_no_room_is_refused(const std::string& served, const std::string& refused) {
  Queue pool(2);
  Model model(pool);
  Noting connections[3];
  for (Noting& connection : connections) model.on_ready(connection);
  model.on_end_of_batch();
  CHECK_EQ(connections[2].steps, refused);
  pool.run_all();
  CHECK_EQ(connections[0].steps, served);
  CHECK_EQ(connections[1].steps, served);
  CHECK_EQ(connections[2].steps, refused);
}

}  // namespace

int main() {
  each_is_served<Proactor>("loop receive, worker serve");
  each_is_served<Reactor>("worker receive, worker serve");
  what_finds_no_room_is_refused<Proactor>("loop receive, worker serve", "loop receive, loop refuse");
  what_finds_no_room_is_refused<Reactor>("worker receive, worker serve", "loop receive, loop refuse");
  return exercise::verdict();
}
