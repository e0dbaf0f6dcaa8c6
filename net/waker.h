// Has a connection's protocol called although nothing has come from its client: by any thread, at any time,
// also when the connection is long gone.
//
//   wake() --> its ConnectionSet's list --> (one post for all of them) --> the loop: as if an event had come
//
// Shared: by the connection, and by whoever has something to say to the client. Neither knows when the other
// goes.
//
// Thread: wake() any; end() whichever holds the connection.
#pragma once

#include <memory>

#include "base/mutex.h"

namespace pollux::net {

class Connection;
class ConnectionSet;

class Waker : public std::enable_shared_from_this<Waker> {
 public:
  explicit Waker(Connection& connection) : connection_(&connection) {}
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;

  // The protocol's on_input() is called after this, sometime; once for several calls before it. Throws
  // std::bad_alloc.
  void wake() EXCLUDES(mutex_);

  void end() EXCLUDES(mutex_);  // The connection goes.

 private:
  friend class ConnectionSet;

  // Thread: the loop's, where a connection is not destroyed in the midst of this. nullptr: it has gone.
  [[nodiscard]] Connection* answer() EXCLUDES(mutex_);

  Mutex mutex_;
  Connection* connection_ GUARDED_BY(mutex_);  // nullptr: it has gone.
  bool called_ GUARDED_BY(mutex_) = false;     // On its set's list.
};

}  // namespace pollux::net
