// The tracer's recording of one connection, if it is followed (base/trace.h).
//
// Thread: whichever holds the connection.
#pragma once

#include <memory>

#include "base/trace.h"
#include "net/waker.h"

namespace pollux::net {

class Following {
 public:
  // What is noted in the scope of it is about this connection; nullptr: it is not followed.
  [[nodiscard]] trace::Recording* recording() const { return recording_.get(); }

  // If the tracer wants to, from here on. `connection`: for its client's address. Does not throw.
  void begin(const ProtocolHost& connection);

  // The connection is about to be given away: nothing more can be noted here. Told to all who listen if the
  // request is over: `over`, or it has its answer and that is sent.
  void pause(bool all_sent, bool over);

 private:
  std::unique_ptr<trace::Recording> recording_;
};

}  // namespace pollux::net
