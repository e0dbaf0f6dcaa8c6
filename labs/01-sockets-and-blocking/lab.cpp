// Four looks at sockets and blocking calls: who makes a connection, what a backlog is, what a read returns,
// and what a blocking read does to the clients who are ready.
#include <sys/syscall.h>

#include <atomic>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "sockets.h"

namespace {

// The kernel makes the connection, and takes octets for it, whether or not the program has called accept(2).
void before_accept() {
  const Socket listener = listen_with(5);
  const Socket client = connect_to(listener);
  send_text(client, "hello");
  const Socket server(::accept(listener.fd(), nullptr, nullptr));
  wait_for_octets(server, 5);
  char text[8] = {};
  const ssize_t got = ::read(server.fd(), text, sizeof text);
  lab::shown(got == 5 && std::string(text) == "hello",
             "the kernel makes the connection: the client has sent its octets before accept(2) was called");
}

// TinyWebServer listens with a backlog of 5, and accepts one client for an event.
void backlog() {
  constexpr int kBacklog = 5;
  const Socket listener = listen_with(kBacklog);
  std::vector<Socket> clients;
  // One after the other: the first to find no room is the last.
  do {
    clients.push_back(begin_to_connect(listener));
  } while (connected(clients.back(), 500) && clients.size() < 20);
  const std::size_t room = clients.size() - 1;
  const Socket& late = clients.back();
  const bool waits = info_of(late).tcpi_state == TCP_SYN_SENT;

  const Socket accepted(::accept(listener.fd(), nullptr, nullptr));
  const bool comes = connected(late, 10'000);
  const unsigned again = info_of(late).tcpi_total_retrans;
  std::printf("a backlog of %d, nobody accepts: %zu clients are connected, the next one is not\n", kBacklog,
              room);
  std::printf("after one accept(2) it is, by SYN number %u\n\n", again + 1);
  lab::shown(room == kBacklog + 1 && waits,
             "a backlog of 5 holds six clients; the SYN of the seventh is dropped");
  lab::shown(comes && again >= 1,
             "there is room soon, but the client waits for its timer to send another SYN, a second later");
}

// Two requests in one read, and one request in two.
void a_stream() {
  const Socket listener = listen_with(5);
  const Socket client = connect_to(listener);
  const Socket server(::accept(listener.fd(), nullptr, nullptr));
  send_text(client, "GET /a\n");
  send_text(client, "GET /b\nGET");
  wait_for_octets(server, 17);
  char text[64];
  const ssize_t first = ::read(server.fd(), text, sizeof text);
  send_text(client, " /c\n");
  wait_for_octets(server, 4);
  const ssize_t second = ::read(server.fd(), text, sizeof text);
  lab::shown(first == 17 && second == 4,
             "TCP has no messages: one read returned two requests and a half, the next one the other half");
}

class Server {
 public:
  // Accepts clients one after the other; reads a line of each, answers, and takes the next.
  explicit Server(const Socket& listener, int clients)
      : thread_([this, &listener, clients] {
          id_ = static_cast<int>(::syscall(SYS_gettid));
          for (int i = 0; i < clients; ++i) serve(Socket(::accept(listener.fd(), nullptr, nullptr)));
        }) {}
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() { thread_.join(); }

  // Until it is asleep in read(2). The state is the third field of proc(5)'s stat.
  void wait_until_it_reads() const {
    for (char state = 0; state != 'S'; ::usleep(100)) {
      if (!reading_) continue;
      std::ifstream stat("/proc/self/task/" + std::to_string(id_) + "/stat");
      std::string word;
      stat >> word >> word >> state;
    }
  }
  [[nodiscard]] int reads() const { return reads_; }

 private:
  void serve(const Socket& client) {
    char line[64];
    reading_ = true;
    const ssize_t got = ::read(client.fd(), line, sizeof line);
    reading_ = false;
    if (got > 0) ++reads_;
    send_text(client, "answer\n");
  }

  std::atomic<int> id_{0};
  std::atomic<bool> reading_{false};
  std::atomic<int> reads_{0};
  std::thread thread_;
};

void one_after_the_other() {
  const Socket listener = listen_with(5);
  const Socket silent = connect_to(listener);
  const Socket ready = connect_to(listener);
  send_text(ready, "GET /\n");
  const Server server(listener, 2);
  server.wait_until_it_reads();
  const bool asleep = server.reads() == 0 && !reported(ready, POLLIN, 0);
  send_text(silent, "GET /\n");
  const bool then_answered = reported(silent, POLLIN, 10'000) && reported(ready, POLLIN, 10'000);
  lab::shown(asleep,
             "the thread sleeps in read(2) for a silent client, while another one's request is there");
  lab::shown(then_answered, "once the silent client has sent its request, both are answered");
}

}  // namespace

int main() {
  backlog();
  before_accept();
  a_stream();
  one_after_the_other();
  return lab::verdict();
}
