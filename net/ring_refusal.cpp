#include "net/ring_refusal.h"

#include <cerrno>
#include <fstream>
#include <string>
#include <system_error>

namespace pollux::net {

namespace {

std::string why_not_permitted() {
  int disabled = 0;
  std::ifstream("/proc/sys/kernel/io_uring_disabled") >> disabled;
  if (disabled == 2) return "the sysctl kernel.io_uring_disabled = 2 forbids it to everybody";
  if (disabled == 1) return "the sysctl kernel.io_uring_disabled = 1 forbids it to all but its group";
  return "a seccomp filter forbids it (that of a container, or SystemCallFilter=)";
}

std::string cause(int error) {
  switch (error) {
    case EPERM:
    case EACCES: return why_not_permitted();
    case ENOSYS: return "the kernel has been built without it, or a seccomp filter hides it";
    case EINVAL: return "the kernel is too old: it takes Linux 6.1";
    case ENOMEM: return "too little memory may be locked (ulimit -l, LimitMEMLOCK=)";
    default: return std::system_category().message(error);
  }
}

}  // namespace

std::runtime_error ring_refusal(int error) {
  return std::runtime_error("there is no io_uring to be had: " + cause(error));
}

}  // namespace pollux::net
