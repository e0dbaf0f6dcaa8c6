#include "net/signal_watcher.h"

#include <sys/epoll.h>
#include <sys/signalfd.h>

#include <cerrno>
#include <csignal>
#include <system_error>

namespace pollux::net {

namespace {

sigset_t set_of(std::initializer_list<int> signals) {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : signals) ::sigaddset(&set, signal);
  return set;
}

UniqueFd block_and_watch(std::initializer_list<int> signals) {
  SignalWatcher::block(signals);
  const sigset_t set = set_of(signals);
  UniqueFd fd(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!fd) throw std::system_error(errno, std::system_category(), "signalfd");
  return fd;
}

}  // namespace

void SignalWatcher::block(std::initializer_list<int> signals) {
  const sigset_t set = set_of(signals);
  const int error = ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  if (error != 0) throw std::system_error(error, std::system_category(), "pthread_sigmask");
}

SignalWatcher::SignalWatcher(EventLoop& loop, std::initializer_list<int> signals, Callback on_signal)
    : loop_(loop),
      on_signal_(std::move(on_signal)),
      fd_(block_and_watch(signals)),
      channel_(Channel::of<&SignalWatcher::on_ready>(fd_.get(), *this)) {
  loop_.add(channel_, EPOLLIN);
}

SignalWatcher::~SignalWatcher() { loop_.remove(channel_); }

void SignalWatcher::on_ready(std::uint32_t /*events*/) {
  signalfd_siginfo info{};
  while (::read(fd_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    on_signal_(static_cast<int>(info.ssi_signo));
  }
}

}  // namespace pollux::net
