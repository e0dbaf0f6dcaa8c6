#include "client/http1_exchange.h"

#include <fmt/format.h>

#include <array>
#include <memory>
#include <utility>

#include "client/request_head.h"

namespace pollux::client {

namespace {

constexpr std::uint64_t kQueuedAtOnce = 64 * 1024;  // Octets of a source's body that are queued.
constexpr std::size_t kChunk = 16 * 1024;           // Octets of a source's body that are read at a time.

}  // namespace

void Http1Exchange::add(ExchangePtr exchange) {
  exchange_ = std::move(exchange);
  status_ = Status::kBusy;
  unsent_ = true;
  sent_ = heard_ = in_body_ = whole_ = false;
  Response& response = exchange_->response;
  response.http2 = false;
  response.fields.clear();
  response.body.clear();
  exchange_->begin_upload();
  parser_.start(exchange_->request.method == "HEAD", &response.fields, &content_,
                exchange_->request.sink != nullptr);
  listener_.set_deadline(*exchange_, timeouts_.send);
}

// --- Out -----------------------------------------------------------------------------------------------

// Shared, so it is not copied, and is freed as soon as it has left.
void Http1Exchange::send(OutputQueue& out) {
  if (std::exchange(unsent_, false))
    out.append(std::make_shared<const std::string>(format_request(*exchange_)));
  while (has_output() && out.size() < kQueuedAtOnce) send_piece(out);
}

void Http1Exchange::send_piece(OutputQueue& out) {
  std::array<char, kChunk> piece;
  Upload& upload = exchange_->upload;
  const auto count = upload.read(piece);
  if (!count) return fail(Stage::kSend, ErrorKind::kInvalid, Upload::kBadSource);
  const std::string_view octets(piece.data(), *count);
  if (upload.length()) {
    out.append(octets);
  } else {
    if (!octets.empty()) out.append({fmt::format("{:x}\r\n", octets.size()), octets, "\r\n"});
    if (upload.ended()) out.append("0\r\n\r\n");
  }
  // While the source waits, only the total deadline applies.
  if (!in_body_) listener_.set_deadline(*exchange_, upload.wants_room() ? timeouts_.send : timeouts_.total);
}

void Http1Exchange::on_all_sent() {
  if (status_ != Status::kBusy || unsent_ || sent_ || !exchange_->upload.ended()) return;
  sent_ = true;
  if (!in_body_) listener_.set_deadline(*exchange_, timeouts_.head);
}

// --- In ------------------------------------------------------------------------------------------------

void Http1Exchange::receive(Buffer& in) {
  if (in.empty()) return;
  if (status_ == Status::kBusy) {
    parse(in);
  } else {
    status_ = Status::kOver;  // There was no request for it.
  }
}

void Http1Exchange::parse(Buffer& in) {
  heard_ = true;
  const ResponseParser::Result result = parser_.parse(in);
  if (result == ResponseParser::Result::kError) {
    return fail(Stage::kReceive, kind_of_fault(parser_.fault()),
                std::string(reason_of_fault(parser_.fault())));
  }
  // Octets without a request, or a request that the server did not want to read to its end: this connection
  // is out of step.
  in_step_ = in.empty() && sent_;
  parsed(result == ResponseParser::Result::kComplete);
}

// Delivers the content that the parser has found.
void Http1Exchange::parsed(bool whole) {
  whole_ = whole;
  if (!parser_.past_head()) return;
  const bool first = !std::exchange(in_body_, true);
  if (first) {
    exchange_->response.status = parser_.status();
    exchange_->begin_delivery(limits_.body);
  }
  Delivery& delivery = exchange_->delivery;
  const bool good = check(delivery.take(content_));
  content_.clear();
  if (!good) return;
  if (whole_ && !delivery.paused()) return complete(in_step_);
  if (first || delivery.streams()) {
    listener_.set_deadline(*exchange_, delivery.paused() ? timeouts_.total : timeouts_.body);
  }
}

void Http1Exchange::resume(const Exchange& /*exchange*/) {
  exchange_->upload.resume();
  Delivery& delivery = exchange_->delivery;
  if (!delivery.paused() || !check(delivery.resume()) || delivery.paused()) return;
  if (whole_) return complete(in_step_);
  listener_.set_deadline(*exchange_, timeouts_.body);
}

void Http1Exchange::end_of_input(bool cut) {
  if (status_ == Status::kBusy) {
    const bool ends =
        whole_ || (!cut && heard_ && parser_.end_of_input() == ResponseParser::Result::kComplete);
    in_step_ = false;
    if (ends) return parsed(true);
    fail(stage(), ErrorKind::kClosed, heard_ ? "in the midst of the response" : "without a response");
  }
  status_ = Status::kOver;
}

bool Http1Exchange::check(std::optional<Delivery::Fault> fault) {
  if (fault) fail(Stage::kReceive, fault->kind, std::move(fault->reason));
  return !fault;
}

// --- The end -------------------------------------------------------------------------------------------

void Http1Exchange::end_all(ErrorKind kind, const std::string& reason) {
  if (status_ == Status::kBusy && whole_) {  // A sink has paused, and then the connection was lost.
    if (check(exchange_->delivery.finish_now())) complete(false);
  } else if (status_ == Status::kBusy) {
    fail(stage(), kind, reason);
  }
  status_ = Status::kOver;
}

void Http1Exchange::end(const Exchange& /*exchange*/, ErrorKind kind, const std::string& reason) {
  fail(stage(), kind, reason);  // There is only one exchange.
}

void Http1Exchange::complete(bool in_step) {
  if (!check(exchange_->delivery.finish())) return;
  const bool reusable = in_step && parser_.keep_alive() && !asks_to_close(exchange_->request.fields);
  status_ = reusable ? Status::kIdle : Status::kOver;
  used_before_ = true;
  listener_.completed(std::exchange(exchange_, nullptr));
}

void Http1Exchange::fail(Stage stage, ErrorKind kind, std::string reason) {
  status_ = Status::kOver;
  unsent_ = false;
  content_.clear();
  const bool ended = kind == ErrorKind::kClosed || kind == ErrorKind::kReset;
  listener_.failed(std::exchange(exchange_, nullptr), {stage, kind, std::move(reason)},
                   used_before_ && !heard_ && ended);
}

}  // namespace pollux::client
