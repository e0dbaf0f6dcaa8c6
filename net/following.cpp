#include "net/following.h"

#include <exception>
#include <utility>

#include "log/throttle.h"

namespace pollux::net {

void Following::begin(const ProtocolHost& connection) {
  if (!trace::Tracer::armed() || recording_) return;
  try {
    recording_ = trace::Tracer::instance().begin([&connection] { return connection.client(); });
  } catch (const std::exception& error) {  // No memory: then not this one.
    static log::Throttle throttle(10);
    throttle.log(log::Level::kError, "a request cannot be followed: {}", error.what());
  }
}

void Following::pause(bool all_sent, bool over) {
  if (!recording_) return;
  trace::let_go();
  const bool complete = recording_->answered && (recording_->streams ? recording_->sent : all_sent);
  if (over || complete || recording_->without_request || recording_->lasts() > trace::kLongest) {
    trace::Tracer::instance().finish(std::move(recording_));
  }
}

}  // namespace pollux::net
