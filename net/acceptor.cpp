#include "net/acceptor.h"

#include <netinet/tcp.h>
#include <sys/epoll.h>

#include <cerrno>
#include <exception>
#include <system_error>
#include <utility>

#include "log/logger.h"
#include "log/throttle.h"

namespace pollux::net {

namespace {

constexpr int kLevelBatch = 64;  // Connections for one event, level-triggered.
constexpr int kEdgeBatch = 256;  // The same, edge-triggered: a flood must not keep the loop for ever.
constexpr milliseconds kPause{100};

// Octets that the kernel keeps for a client that does not take them. Its own limit, net.ipv4.tcp_wmem, is 4
// MiB, and a thousand clients that ask for large files and never read would take the memory of all TCP.
constexpr int kUnsent = 256 * 1024;

// Seconds after which a client that stays silent is accepted all the same.
constexpr int kDefer = 1;

void set_option(int fd, int level, int option, int value = 1) {
  if (::setsockopt(fd, level, option, &value, sizeof value) != 0) {
    throw std::system_error(errno, std::system_category(), "setsockopt");
  }
}

UniqueFd listen_on(const SocketAddress& address, const Acceptor::Options& options) {
  UniqueFd fd(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) throw std::system_error(errno, std::system_category(), "socket");
  set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR);
  if (options.reuse_port) set_option(fd.get(), SOL_SOCKET, SO_REUSEPORT);
  // Inherited by the accepted sockets: the end of an answer never waits for the client's acknowledgement.
  set_option(fd.get(), IPPROTO_TCP, TCP_NODELAY);
  set_option(fd.get(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, kUnsent);
  if (options.deferred) set_option(fd.get(), IPPROTO_TCP, TCP_DEFER_ACCEPT, kDefer);
  // [::] and 0.0.0.0 can be listened on side by side.
  if (address.family() == AF_INET6) set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY);
  if (::bind(fd.get(), address.data(), address.size()) != 0 || ::listen(fd.get(), options.backlog) != 0) {
    throw std::system_error(errno, std::system_category(), "cannot listen on " + address.to_string());
  }
  return fd;
}

RingSource* source_on(Ring* ring, int listener, RingSource::Callback on_socket) {
  return ring == nullptr ? nullptr : &RingSource::accept_on(*ring, listener, std::move(on_socket));
}

bool out_of_resources(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

Acceptor::Acceptor(EventLoop& loop, const SocketAddress& address, const Options& options,
                   Callback on_connection)
    : loop_(loop),
      options_(options),
      on_connection_(std::move(on_connection)),
      socket_(listen_on(address, options)),
      address_(SocketAddress::of_socket(socket_.get())),
      channel_(Channel::of<&Acceptor::on_ready>(socket_.get(), *this)),
      source_(source_on(loop.ring(), socket_.get(), [this](int result) { return on_accepted(result); })),
      resume_([this](TimePoint) { go_on(); }) {}

Acceptor::~Acceptor() {
  if (source_ != nullptr) {
    source_->end();
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
    socklen_t length = SocketAddress::capacity();
    UniqueFd socket(::accept4(socket_.get(), peer.data(), &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket) {
      hand_on(std::move(socket), peer);
      continue;
    }
    if (errno == EAGAIN) return;
    if (out_of_resources(errno)) {
      loop_.modify(channel_, 0);  // It stays added: to add it again could fail, for what is missing now.
      return pause(errno);
    }
    // Anything else is the fate of one connection (ECONNABORTED, EPERM by a firewall…), see accept(2).
  }
  if (options_.edge_triggered) loop_.modify(channel_, interest());  // There may be more: a new edge.
}

bool Acceptor::on_accepted(int result) {
  if (result >= 0) {
    UniqueFd socket(result);
    const SocketAddress peer = SocketAddress::of_peer(result);
    if (peer.port() != 0) hand_on(std::move(socket), peer);  // Else it has gone already.
  } else if (out_of_resources(-result)) {
    pause(-result);
    return false;
  }
  return true;
}

// The loop goes on, whatever becomes of one client.
void Acceptor::hand_on(UniqueFd socket, const SocketAddress& peer) try {
  on_connection_(std::move(socket), peer);
} catch (const std::exception& error) {
  static log::Throttle throttle(10);
  throttle.log(log::Level::kError, "a connection to {} is closed at once: {}", address_.to_string(),
               error.what());
}

void Acceptor::pause(int error) {
  static log::Throttle throttle(1);
  throttle.log(log::Level::kError, "accept on {}: {}; trying again in {} ms", address_.to_string(),
               std::system_category().message(error), kPause.count());
  loop_.timers().arm(resume_, loop_.now().steady + kPause);
}

}  // namespace pollux::net
