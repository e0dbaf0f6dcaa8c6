#include "client/http1_exchange.h"

#include <memory>
#include <utility>

#include "client/request_head.h"

namespace pollux::client {

void Http1Exchange::add(ExchangePtr exchange) {
  exchange_ = std::move(exchange);
  status_ = Status::kBusy;
  unsent_ = true;
  sent_ = heard_ = in_body_ = false;
  Response& response = exchange_->response;
  response.http2 = false;
  response.fields.clear();
  response.body.clear();
  parser_.start(exchange_->request.method == "HEAD", &response.fields, &response.body);
  listener_.set_deadline(*exchange_, timeouts_.send);
}

// Shared, so that it is not copied, and is freed as soon as it has left.
void Http1Exchange::send(OutputQueue& out) {
  if (std::exchange(unsent_, false))
    out.append(std::make_shared<const std::string>(format_request(*exchange_)));
}

void Http1Exchange::on_all_sent() {
  if (status_ != Status::kBusy || unsent_ || sent_) return;
  sent_ = true;
  if (!in_body_) listener_.set_deadline(*exchange_, timeouts_.head);
}

void Http1Exchange::receive(Buffer& in) {
  if (in.empty()) return;
  if (status_ == Status::kBusy) {
    parse(in);
  } else {
    status_ = Status::kOver;  // Nobody asked for anything.
  }
}

void Http1Exchange::parse(Buffer& in) {
  heard_ = true;
  switch (parser_.parse(in)) {
    // Octets nobody asked for, or a request that was not wanted whole: this connection is out of step.
    case ResponseParser::Result::kComplete: complete(in.empty() && sent_); return;
    case ResponseParser::Result::kError:
      fail(Stage::kReceive, kind_of_fault(parser_.fault()), std::string(reason_of_fault(parser_.fault())));
      return;
    case ResponseParser::Result::kNeedMore: break;
  }
  if (parser_.past_head() && !in_body_) {
    in_body_ = true;
    listener_.set_deadline(*exchange_, timeouts_.body);
  }
}

void Http1Exchange::end_of_input(bool cut) {
  if (status_ == Status::kBusy) {
    if (!cut && heard_ && parser_.end_of_input() == ResponseParser::Result::kComplete) return complete(false);
    fail(stage(), ErrorKind::kClosed, heard_ ? "in the midst of the response" : "without a response");
  }
  status_ = Status::kOver;
}

void Http1Exchange::end_all(ErrorKind kind, const std::string& reason) {
  if (status_ == Status::kBusy) fail(stage(), kind, reason);
  status_ = Status::kOver;
}

void Http1Exchange::end(const Exchange& /*exchange*/, ErrorKind kind, const std::string& reason) {
  fail(stage(), kind, reason);  // There is only one.
}

void Http1Exchange::complete(bool in_step) {
  const bool reusable = in_step && parser_.keep_alive() && !asks_to_close(exchange_->request.fields);
  status_ = reusable ? Status::kIdle : Status::kOver;
  used_before_ = true;
  exchange_->response.status = parser_.status();
  listener_.completed(std::exchange(exchange_, nullptr));
}

void Http1Exchange::fail(Stage stage, ErrorKind kind, std::string reason) {
  status_ = Status::kOver;
  unsent_ = false;
  const bool ended = kind == ErrorKind::kClosed || kind == ErrorKind::kReset;
  listener_.failed(std::exchange(exchange_, nullptr), {stage, kind, std::move(reason)},
                   used_before_ && !heard_ && ended);
}

}  // namespace pollux::client
