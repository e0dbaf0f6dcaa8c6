#include "net/waker.h"

#include <utility>

#include "net/connection_set.h"

namespace pollux::net {

void Waker::wake() {
  const MutexLock lock(mutex_);
  if (connection_ == nullptr || listed_ != nullptr) return;
  listed_ = shared_from_this();
  ConnectionSet::of(*connection_).wake(*this);
}

void Waker::end() {
  const MutexLock lock(mutex_);
  connection_ = nullptr;
}

Connection* Waker::answer() {
  std::shared_ptr<Waker> self;  // Released after the lock.
  const MutexLock lock(mutex_);
  self = std::move(listed_);
  return connection_;
}

}  // namespace pollux::net
