// The tracer's recording of one connection, if the tracer follows it (base/trace.h).
//
// Thread: the one that holds the connection.
#pragma once

#include <memory>

#include "base/trace.h"
#include "net/waker.h"

namespace pollux::net {

class Following {
 public:
  // For a trace::Scope, whose notes are then about this connection; nullptr: it is not followed.
  [[nodiscard]] trace::Recording* recording() const { return recording_.get(); }

  // Begins a recording if the tracer is armed. `connection`: asked for its client's address. Does not throw.
  void begin(const ProtocolHost& connection);

  // The connection is about to be given away: nothing more can be noted here. A recording is published when
  // the request is over: with `over`, or once its response is complete and sent.
  void pause(bool all_sent, bool over);

 private:
  std::unique_ptr<trace::Recording> recording_;
};

}  // namespace pollux::net
