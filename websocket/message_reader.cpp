#include "websocket/message_reader.h"

#include <utility>

namespace pollux::websocket {

namespace {

// Keeps the memory of a small one: the next may come at once.
void clear(Buffer& buffer) {
  buffer.consume(buffer.size());
  buffer.trim();
}

// Frees all of it.
void drop(Buffer& buffer) {
  buffer.consume(buffer.size());
  buffer.release();
}

}  // namespace

MessageReader::MessageReader(const MessageLimits& limits, const std::optional<DeflateParameters>& deflate)
    : limits_(limits), inflater_(deflate ? std::make_unique<Inflater>(*deflate) : nullptr) {}

MessageReader::Result MessageReader::read(Buffer& in) {
  if (failed_) return Result::kError;
  if (std::exchange(told_, false)) {
    clear(message_);
    checked_ = 0;
  }
  for (;;) {
    std::optional<Result> result;
    switch (frames_.parse(in, in_control_ ? control_ : compressed_ ? piece_ : message_)) {
      case FrameParser::Result::kNeedMore: return Result::kNeedMore;
      case FrameParser::Result::kError: return fail(CloseCode::kProtocolError);
      case FrameParser::Result::kHead: result = begin_frame(); break;
      case FrameParser::Result::kPayload: result = take_payload(); break;
      case FrameParser::Result::kEnd: result = end_frame(); break;
    }
    if (result) return *result;
  }
}

MessageReader::Result MessageReader::fail(CloseCode code) {
  failed_ = true;
  error_ = code;
  return Result::kError;
}

std::optional<MessageReader::Result> MessageReader::begin_frame() {
  const FrameHead& head = frames_.head();
  frame_open_ = true;
  in_control_ = is_control(head.opcode);
  if (in_control_) {
    clear(control_);
    return std::nullopt;
  }
  const bool continues = head.opcode == Opcode::kContinuation;
  if (continues != (state_ == State::kMessage)) return fail(CloseCode::kProtocolError);  // 5.4
  // RFC 7692 6: the first frame says it for all.
  if (head.compressed && (continues || !inflater_)) return fail(CloseCode::kProtocolError);
  if (!continues) {
    state_ = State::kMessage;
    text_ = head.opcode == Opcode::kText;
    compressed_ = head.compressed;
    utf8_.reset();
  }
  if (head.length > (compressed_ ? max_deflated(limits_.frame) : limits_.frame))
    return fail(CloseCode::kTooBig);
  if (!compressed_ && head.length > limits_.message - message_.size()) return fail(CloseCode::kTooBig);
  return std::nullopt;
}

std::optional<MessageReader::Result> MessageReader::take_payload() {
  if (in_control_) return std::nullopt;
  if (!compressed_) return check_text();
  const Inflater::Result result = inflater_->inflate(piece_.readable(), message_, limits_.message);
  clear(piece_);
  return inflated(result);
}

// What came before the fault is looked at first: so it does not matter in which pieces it came.
std::optional<MessageReader::Result> MessageReader::inflated(Inflater::Result result) {
  if (const auto failed = check_text()) return failed;
  switch (result) {
    case Inflater::Result::kOk: break;
    case Inflater::Result::kBroken: return fail(CloseCode::kInvalidPayload);
    case Inflater::Result::kTooBig: return fail(CloseCode::kTooBig);
  }
  return std::nullopt;
}

std::optional<MessageReader::Result> MessageReader::check_text() {
  if (!text_) return std::nullopt;
  const std::string_view fresh = message_.readable().substr(std::exchange(checked_, message_.size()));
  if (!utf8_.accept(fresh)) return fail(CloseCode::kInvalidPayload);
  return std::nullopt;
}

std::optional<MessageReader::Result> MessageReader::end_frame() {
  frame_open_ = false;
  if (in_control_) return end_control();
  if (!frames_.head().fin) return std::nullopt;
  if (compressed_) {
    if (const auto failed = inflated(inflater_->finish(message_, limits_.message))) return failed;
  }
  if (text_ && !utf8_.complete()) return fail(CloseCode::kInvalidPayload);
  state_ = State::kIdle;
  told_ = true;
  return text_ ? Result::kText : Result::kBinary;
}

MessageReader::Result MessageReader::end_control() {
  switch (frames_.head().opcode) {
    case Opcode::kPing: return Result::kPing;
    case Opcode::kPong: return Result::kPong;
    default: return end_close();
  }
}

// RFC 6455 5.5.1: nothing, or a code and a reason.
MessageReader::Result MessageReader::end_close() {
  failed_ = true;  // Whatever comes now is not looked at.
  const std::string_view payload = control_.readable();
  if (payload.empty()) return Result::kClose;
  if (payload.size() == 1) return fail(CloseCode::kProtocolError);
  const auto code = static_cast<std::uint16_t>(static_cast<unsigned char>(payload[0]) << 8U |
                                               static_cast<unsigned char>(payload[1]));
  control_.consume(2);
  if (!may_be_sent(code)) return fail(CloseCode::kProtocolError);
  Utf8Validator reason;
  if (!reason.accept(control_.readable()) || !reason.complete()) return fail(CloseCode::kInvalidPayload);
  close_code_ = static_cast<CloseCode>(code);
  return Result::kClose;
}

void MessageReader::release() {
  for (Buffer* buffer : {&message_, &control_, &piece_}) drop(*buffer);
  told_ = false;
  checked_ = 0;
}

}  // namespace pollux::websocket
