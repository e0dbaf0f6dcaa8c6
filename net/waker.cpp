#include "net/waker.h"

#include <utility>

#include "net/connection_set.h"

namespace pollux::net {

void Waker::wake() {
  const MutexLock lock(mutex_);
  if (connection_ == nullptr || called_) return;
  ConnectionSet::of(*connection_).wake(shared_from_this());
  called_ = true;
}

void Waker::end() {
  const MutexLock lock(mutex_);
  connection_ = nullptr;
}

Connection* Waker::answer() {
  const MutexLock lock(mutex_);
  called_ = false;
  return connection_;
}

}  // namespace pollux::net
