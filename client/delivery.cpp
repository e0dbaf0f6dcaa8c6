#include "client/delivery.h"

#include <array>
#include <utility>

#include "http/lists.h"

namespace pollux::client {

namespace {

constexpr std::size_t kDecodedAtOnce = 16 * 1024;  // Octets decoded at a time.

// A part of an encoded content cannot be decoded.
std::unique_ptr<ContentDecoder> decoder_for(const Response& response) {
  const std::string* coding = response.find("Content-Encoding");
  constexpr int kPartialContent = 206;
  if (coding == nullptr || response.status == kPartialContent) return nullptr;
  return ContentDecoder::make(http::trim_ows(*coding));
}

}  // namespace

void Delivery::begin(Response& response, BodySink* sink, bool decode, std::uint64_t max_body) {
  response_ = &response;
  sink_ = sink;
  max_body_ = max_body;
  decoder_ = decode ? decoder_for(response) : nullptr;
  kept_.clear();
  begun_ = paused_ = false;
  pausable_ = true;
  if (decoder_) {
    std::erase_if(response.fields, [](const HeaderField& field) {
      return http::equals_ignoring_case(field.name, "Content-Encoding") ||
             http::equals_ignoring_case(field.name, "Content-Length");
    });
  }
  if (sink_ != nullptr) sink_->on_head(response);
}

std::optional<Delivery::Fault> Delivery::take(std::string_view octets) {
  if (paused_) {
    kept_.append(octets);
    return std::nullopt;
  }
  return octets.empty() ? std::nullopt : deliver(octets);
}

std::optional<Delivery::Fault> Delivery::resume() {
  if (!std::exchange(paused_, false)) return std::nullopt;
  const std::string kept = std::exchange(kept_, {});
  return deliver(kept);  // A decoder may have more output even if nothing was kept.
}

std::optional<Delivery::Fault> Delivery::finish() {
  if (!decoder_ || !begun_ || decoder_->whole()) return std::nullopt;
  return Fault{ErrorKind::kProtocol, "the coded content ends too early"};
}

std::optional<Delivery::Fault> Delivery::finish_now() {
  pausable_ = false;
  auto fault = resume();
  return fault ? std::move(fault) : finish();
}

std::optional<Delivery::Fault> Delivery::deliver(std::string_view octets) {
  begun_ = true;
  if (!decoder_) return octets.empty() ? std::nullopt : hand_over(octets);
  std::array<char, kDecodedAtOnce> piece;
  for (;;) {
    const auto count = decoder_->decode(octets, piece);
    if (!count) return Fault{ErrorKind::kProtocol, "the coded content is malformed"};
    if (*count > 0) {
      if (auto fault = hand_over({piece.data(), *count})) return fault;
    }
    if (paused_) {
      kept_ = octets;
      return std::nullopt;
    }
    if (*count < piece.size()) return std::nullopt;
  }
}

std::optional<Delivery::Fault> Delivery::hand_over(std::string_view octets) {
  if (sink_ == nullptr) {
    if (octets.size() > max_body_ - response_->body.size()) {
      return Fault{ErrorKind::kTooLarge, "the body is too large"};
    }
    response_->body.append(octets);
    return std::nullopt;
  }
  const BodySink::Flow flow = sink_->on_content(octets);
  if (flow == BodySink::Flow::kStop) return Fault{ErrorKind::kCancelled, "by the body's sink"};
  paused_ = pausable_ && flow == BodySink::Flow::kPause;
  return std::nullopt;
}

}  // namespace pollux::client
