#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "check.h"

namespace {

constexpr int kPatience = 1000;  // Milliseconds. Nobody waits any longer after the first who did in vain.

int patience = kPatience;

struct Server {
  Server() {
    ::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    ::listen(listener, 128);
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length);
    pid = ::fork();
    if (pid == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      serve(listener);
    }
  }
  ~Server() {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
  int connect() const {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    CHECK_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return fd;
  }
  int threads() const {
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    for (std::string word; status >> word;) {
      if (word == "Threads:" && status >> word) return std::stoi(word);
    }
    return 0;
  }

  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{AF_INET, 0, {htonl(INADDR_LOOPBACK)}, {}};
  socklen_t length = sizeof address;
  pid_t pid = -1;
};

void say(int fd, const std::string& text) {
  CHECK_EQ(::send(fd, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
}

// Octets until there are `size`, or the end; "(silence)" if they do not come.
std::string hear(int fd, std::size_t size) {
  std::string heard;
  while (heard.size() < size) {
    pollfd entry{fd, POLLIN, 0};
    if (::poll(&entry, 1, patience) != 1) {
      patience = 10;
      return "(silence)";
    }
    char octets[256];
    const ssize_t got = ::read(fd, octets, std::min(sizeof octets, size - heard.size()));
    if (got <= 0) break;
    heard.append(octets, static_cast<std::size_t>(got));
  }
  return heard;
}

void answers_the_last_first() {
  const Server server;
  std::vector<int> clients;
  while (clients.size() < 50) clients.push_back(server.connect());
  int answered = 0;
  for (auto client = clients.rbegin(); client != clients.rend(); ++client) {
    const std::string word = "word " + std::to_string(*client);
    say(*client, word);
    answered += hear(*client, word.size()) == word ? 1 : 0;
  }
  CHECK_EQ(answered, 50);
  CHECK_EQ(server.threads(), 1);
}

void answers_again_and_again() {
  const Server server;
  const int first = server.connect();
  const int second = server.connect();
  for (int i = 0; i < 20; ++i) {
    for (const int client : {second, first}) {
      say(client, "again");
      CHECK_EQ(hear(client, 5), "again");
    }
  }
}

void ends_with_the_client() {
  const Server server;
  const int stays = server.connect();
  const int goes = server.connect();
  say(goes, "bye");
  ::shutdown(goes, SHUT_WR);
  CHECK_EQ(hear(goes, 100), "bye");  // And then the end, not silence.
  const int vanishes = server.connect();
  ::close(vanishes);
  say(stays, "here");
  CHECK_EQ(hear(stays, 4), "here");
}

}  // namespace

int main() {
  answers_the_last_first();
  if (patience == kPatience) answers_again_and_again();
  if (patience == kPatience) ends_with_the_client();
  return exercise::verdict();
}
