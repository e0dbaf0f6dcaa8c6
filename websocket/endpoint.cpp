#include "websocket/endpoint.h"

#include <string>
#include <utility>

#include "log/throttle.h"

namespace pollux::websocket {

namespace {

// Whoever has put the server behind another name is to find out why it does not work.
void report_refusal(const http::Request& request) {
  static log::Throttle throttle(1);
  throttle.log(log::Level::kWarn, "{} is closed to pages of {}, called as {}: see websocket.origins",
               request.path, request.fields->find(http::FieldId::kOrigin).value_or(""),
               request.fields->find(http::FieldId::kHost).value_or(""));
}

}  // namespace

http::Response Endpoint::answer(const http::Request& request, const Now& now, std::string name) {
  Handshake handshake = shake_hands(request, options_.origins, options_.deflate);
  if (!handshake.done()) {
    if (handshake.status == http::Status::kForbidden) report_refusal(request);
    http::Response response = hosts_.of(request).errors.make(handshake.status, now);
    response.fields.append(handshake.fields);
    return response;
  }
  http::Response response;
  response.status = handshake.status;
  response.fields.append(handshake.fields);
  response.successor = std::make_unique<Session>(options_.session, members_, handshake.deflate,
                                                 std::string(request.peer), std::move(name));
  return response;
}

void Endpoint::Members::on_open(const PeerPtr& peer) {
  hub_.add(peer);
  if (draining_) return peer->close(CloseCode::kGoingAway);
  handler_.on_open(peer);
}

void Endpoint::Members::drain() {
  draining_ = true;
  hub_.close_all(CloseCode::kGoingAway);
}

void Endpoint::Members::on_close(const PeerPtr& peer, CloseCode code) {
  hub_.remove(peer);
  handler_.on_close(peer, code);
}

}  // namespace pollux::websocket
