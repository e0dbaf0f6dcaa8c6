#include "net/acceptor.h"

#include <sys/epoll.h>

#include <cerrno>
#include <exception>
#include <memory>
#include <system_error>
#include <utility>

#include "log/logger.h"
#include "log/throttle.h"

namespace pollux::net {

namespace {

constexpr int kLevelBatch = 64;   // Connections for one event, level-triggered.
constexpr int kEdgeBatch = 256;   // The same, edge-triggered: a flood must not keep the loop for ever.
constexpr int kBacklog = 65'536;  // No backlog is longer (net.core.somaxconn is 4096).
constexpr milliseconds kPause{100};

RingSource* source_on(Ring* ring, int listener, RingSource::Callback on_socket) {
  return ring == nullptr ? nullptr : &RingSource::accept_on(*ring, listener, std::move(on_socket));
}

// The loop goes on, whatever happens to one client.
void hand_on(const Acceptor::Callback& on_connection, UniqueFd socket, const SocketAddress& peer) try {
  on_connection(std::move(socket), peer);
} catch (const std::exception& error) {
  static log::Throttle throttle(10);
  throttle.log(log::Level::kError, "a connection from {} is closed at once: {}", peer.to_string(),
               error.what());
}

// A socket that a ring has accepted.
void hand_on(const Acceptor::Callback& on_connection, UniqueFd socket) {
  const SocketAddress peer = SocketAddress::of_peer(socket.get());
  if (peer.family() != AF_UNSPEC)
    hand_on(on_connection, std::move(socket), peer);  // Otherwise the client has gone already.
}

bool out_of_resources(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

UniqueFd accept_one(int listener, SocketAddress& peer) {
  socklen_t length = SocketAddress::capacity();
  return UniqueFd(::accept4(listener, peer.data(), &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

// Accepts everything in the backlog.
void accept_all(int listener, const Acceptor::Callback& on_connection) {
  for (int i = 0; i < kBacklog; ++i) {
    SocketAddress peer;
    if (UniqueFd socket = accept_one(listener, peer)) {
      hand_on(on_connection, std::move(socket), peer);
    } else if (errno == EAGAIN || out_of_resources(errno)) {
      return;
    }
  }
}

// The rest of an acceptor, until the kernel has let go of its operation. Another process may share the
// listener. A new connection wakes one of the waiting operations, and one that is then cancelled accepts
// nothing: the client would wait until the next connection comes. So the last act is to accept the backlog.
void end(RingSource& source, UniqueFd listener, Acceptor::Callback on_connection) {
  struct Rest {
    UniqueFd listener;
    Acceptor::Callback on_connection;
  };
  const auto rest =
      std::make_shared<const Rest>(Rest{std::move(listener), std::move(on_connection)});  // Of two functions.
  source.end(
      [rest](int socket) {
        hand_on(rest->on_connection, UniqueFd(socket));
        return true;
      },
      [rest] { accept_all(rest->listener.get(), rest->on_connection); });
}

}  // namespace

Acceptor::Acceptor(EventLoop& loop, UniqueFd socket, const Options& options, Callback on_connection)
    : loop_(loop),
      options_(options),
      on_connection_(std::move(on_connection)),
      socket_(std::move(socket)),
      address_(SocketAddress::of_socket(socket_.get())),
      channel_(Channel::of<&Acceptor::on_ready>(socket_.get(), *this)),
      source_(source_on(loop.ring(), socket_.get(), [this](int result) { return on_accepted(result); })),
      resume_([this](TimePoint) { go_on(); }) {}

Acceptor::~Acceptor() {
  if (source_ != nullptr) {
    end(*source_, std::move(socket_), std::move(on_connection_));
  } else {
    loop_.remove(channel_);
  }
}

void Acceptor::start() {
  if (source_ != nullptr) return go_on();
  loop_.add(channel_, interest());
}

void Acceptor::go_on() {
  if (source_ == nullptr) return loop_.modify(channel_, interest());
  if (!source_->start()) pause(ENOMEM);
}

std::uint32_t Acceptor::interest() const { return EPOLLIN | (options_.edge_triggered ? EPOLLET : 0U); }

void Acceptor::on_ready(std::uint32_t /*events*/) {
  const int batch = options_.edge_triggered ? kEdgeBatch : kLevelBatch;
  for (int i = 0; i < batch; ++i) {
    SocketAddress peer;
    if (UniqueFd socket = accept_one(socket_.get(), peer)) {
      hand_on(on_connection_, std::move(socket), peer);
      continue;
    }
    if (errno == EAGAIN) return;
    if (out_of_resources(errno)) {
      loop_.modify(channel_, 0);  // It stays added: adding it again could fail now.
      return pause(errno);
    }
    // Any other error concerns one connection (ECONNABORTED, EPERM by a firewall…), see accept(2).
  }
  if (options_.edge_triggered) loop_.modify(channel_, interest());  // There may be more: a new edge.
}

void Acceptor::accept_backlog() { accept_all(socket_.get(), on_connection_); }

bool Acceptor::on_accepted(int result) {
  if (result >= 0) {
    hand_on(on_connection_, UniqueFd(result));
  } else if (out_of_resources(-result)) {
    pause(-result);
    return false;
  }
  return true;
}

void Acceptor::pause(int error) {
  static log::Throttle throttle(1);
  throttle.log(log::Level::kError, "accept on {}: {}; trying again in {} ms", address_.to_string(),
               std::system_category().message(error), kPause.count());
  loop_.timers().arm(resume_, loop_.now().steady + kPause);
}

}  // namespace pollux::net
