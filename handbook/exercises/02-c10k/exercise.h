// An echo server for all clients at once, by one thread.
//
// This version takes one client, serves it to its end, and then takes the next: whoever comes meanwhile
// waits. Write serve() with epoll(7), so that each client is answered whatever the others do. One thread has
// to do.
#pragma once

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

// Sends each client what it has sent, and closes the connection when the client has ended its side. Never
// returns. `listener` listens and is blocking. Clients send little, and read what is sent to them, so a
// blocking send(2) is good enough here (MSG_NOSIGNAL: a client may have gone).
[[noreturn]] inline void serve(int listener) {
  while (true) {
    const int client = ::accept(listener, nullptr, nullptr);
    char octets[4096];
    ssize_t got = 0;
    while ((got = ::read(client, octets, sizeof octets)) > 0) {
      ::send(client, octets, static_cast<std::size_t>(got), MSG_NOSIGNAL);
    }
    ::close(client);
  }
}
