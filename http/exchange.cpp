#include "http/exchange.h"

namespace pollux::http {

void PendingExchange::respond(Response response) {
  response_ = std::move(response);
  answered_.store(true, std::memory_order_release);
  if (owned_.waker) owned_.waker->wake();
}

std::vector<trace::Note> PendingExchange::take_notes() { return std::move(notes_.notes); }

void Later::respond(Response response) { std::exchange(exchange_, nullptr)->respond(std::move(response)); }

Later::~Later() {
  if (exchange_ == nullptr) return;
  Response response;  // Without a body, which could need memory.
  response.status = Status::kInternalServerError;
  response.close = true;
  respond(std::move(response));
}

Later Exchange::keep() {
  // Steps that may fail come first: once the request is owned here, it no longer belongs to the session.
  auto pending = std::make_shared<PendingExchange>(now_);
  pending->owned_ = host_.own_request();
  pending_ = std::move(pending);
  return Later(pending_);
}

}  // namespace pollux::http
