#include "client/pending_response.h"

#include <utility>

#include "client/http_client.h"

namespace pollux::client {

bool PendingResponse::await_ready() {
  if (!stop_.stop_requested()) return false;
  outcome_.emplace(Error{Stage::kQueue, ErrorKind::kCancelled, "by the caller"});
  return true;
}

// As soon as met_ is set, the coroutine may run on the worker: nothing of it may be used afterwards.
bool PendingResponse::await_suspend(std::coroutine_handle<> waiting) {
  const auto ticket = client_.send(std::move(request_), [this, waiting](Outcome outcome) {
    outcome_ = std::move(outcome);
    if (met_.exchange(true, std::memory_order_acq_rel)) waiting.resume();
  });
  if (stop_.stop_possible()) on_stop_.emplace(stop_, [&client = client_, ticket] { client.cancel(ticket); });
  return !met_.exchange(true, std::memory_order_acq_rel);
}

}  // namespace pollux::client
