#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"

namespace {

constexpr long kNow = 1000;
const std::string kAnswer(200'000, 'x');  // More than the client's kernel takes before it is read.

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

// A connection on the loopback: both ends are non-blocking.
struct Connection {
  Connection() {
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const where = reinterpret_cast<sockaddr*>(&address);
    CHECK(::bind(listener, where, length) == 0 && ::listen(listener, 1) == 0);
    CHECK_EQ(::getsockname(listener, where, &length), 0);
    const int octets = 4096;
    ::setsockopt(client, SOL_SOCKET, SO_RCVBUF, &octets, sizeof octets);
    CHECK_EQ(::connect(client, where, length), 0);
    server = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
    CHECK(server >= 0);
    ::fcntl(client, F_SETFL, O_NONBLOCK);
    ::close(listener);
  }
  ~Connection() { ::close(client); }

  void send(std::size_t count) const {
    const std::string octets(count, 'b');
    CHECK_EQ(::send(client, octets.data(), count, MSG_NOSIGNAL), static_cast<ssize_t>(count));
  }
  // Takes what is there. Returns whether there may be more: 0 is the end, and a reset is one, too.
  bool take() {
    char piece[4096];
    const ssize_t count = ::recv(client, piece, sizeof piece, 0);
    if (count > 0) taken += static_cast<std::size_t>(count);
    reset = reset || (count < 0 && errno != EAGAIN);
    ended = ended || count == 0;
    return !reset && !ended;
  }

  int client = ::socket(AF_INET, SOCK_STREAM, 0);
  int server = -1;
  std::size_t taken = 0;
  bool ended = false;
  bool reset = false;
};

void delivers_all_of_the_answer() {
  Connection connection;
  connection.send(20'000);  // Of a body that nobody has read.
  Ending ending(connection.server, kAnswer);
  auto wants = ending.go_on(kNow);
  for (int turn = 0; turn < 10'000 && connection.take(); ++turn) {
    if (turn == 5) connection.send(5'000);
    wants = ending.go_on(kNow);
  }
  CHECK_EQ(connection.taken, kAnswer.size());
  CHECK(connection.ended);
  CHECK(!connection.reset);
  CHECK(wants == Ending::Wants::kInput);
  CHECK(is_open(connection.server));
  connection.send(5'000);  // It has not noticed yet.
  CHECK(ending.go_on(kNow) == Ending::Wants::kInput);
  ::shutdown(connection.client, SHUT_WR);
  CHECK(ending.go_on(kNow) == Ending::Wants::kNothing);
  CHECK(!is_open(connection.server));
}

void waits_no_longer_than_its_patience() {
  Connection connection;
  Ending ending(connection.server, "a short answer");
  CHECK(ending.go_on(kNow) == Ending::Wants::kInput);
  connection.send(100);
  CHECK(ending.go_on(kNow + Ending::kPatience - 1) == Ending::Wants::kInput);
  connection.send(100);  // Octets are no reason to wait longer.
  CHECK(ending.go_on(kNow + Ending::kPatience) == Ending::Wants::kNothing);
  CHECK(!is_open(connection.server));
}

void waits_for_room_first() {
  Connection connection;
  Ending ending(connection.server, std::string(20'000'000, 'x'));
  CHECK(ending.go_on(kNow) == Ending::Wants::kRoom);
  CHECK(ending.go_on(kNow + 10 * Ending::kPatience) == Ending::Wants::kRoom);
}

void closes_a_connection_that_was_reset() {
  Connection connection;
  const linger at_once{1, 0};
  ::setsockopt(connection.client, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  Ending ending(connection.server, "a short answer");
  CHECK(ending.go_on(kNow) == Ending::Wants::kInput);
  ::close(connection.client);
  CHECK(ending.go_on(kNow) == Ending::Wants::kNothing);
  CHECK(!is_open(connection.server));
}

}  // namespace

int main() {
  delivers_all_of_the_answer();
  waits_no_longer_than_its_patience();
  waits_for_room_first();
  closes_a_connection_that_was_reset();
  return exercise::verdict();
}
