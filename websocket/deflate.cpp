#include "websocket/deflate.h"

#include <fmt/core.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>

#include "http/chars.h"
#include "http/lists.h"

namespace pollux::websocket {

namespace {

constexpr int kLeastBits = 9;                             // zlib has no raw stream of 8.
constexpr int kOurBits = 11;                              // Of what we send, unless less is asked for.
constexpr int kClientBits = 12;                           // Of what comes, if the client can be told.
constexpr int kMemoryLevel = 6;                           // 16 KiB for hash chains and codes.
constexpr std::string_view kTail("\x00\x00\xff\xff", 4);  // RFC 7692 7.2.1: not sent.

struct Parameter {
  std::string_view name;
  std::optional<std::string_view> value;
};

// "name" or "name=value" or "name="value"", from the front of what is left of an offer.
Parameter take_parameter(std::string_view& rest) {
  const std::size_t end = std::min(rest.find(';'), rest.size());
  const std::string_view text = http::trim_ows(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return {text, std::nullopt};
  std::string_view value = http::trim_ows(text.substr(equals + 1));
  if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"')) {
    value = value.substr(1, value.size() - 2);
  }
  return {http::trim_ows(text.substr(0, equals)), value};
}

// 8 to 15 without leading zeros (7.1.2); std::nullopt: not that.
std::optional<int> window_bits(std::string_view value) {
  if (value == "8" || value == "9") return value[0] - '0';
  if (value.size() == 2 && value[0] == '1' && value[1] >= '0' && value[1] <= '5')
    return 10 + (value[1] - '0');
  return std::nullopt;
}

// Each parameter at most once, each with the value it should have.
std::optional<DeflateAgreement> agree(std::string_view offer) {
  if (take_parameter(offer).name != "permessage-deflate") return std::nullopt;
  DeflateParameters agreed;
  agreed.server_window_bits = kOurBits;
  bool server_bits = false;
  bool client_bits = false;
  while (!offer.empty()) {
    const Parameter parameter = take_parameter(offer);
    const auto& [name, value] = parameter;
    if (name == "server_no_context_takeover" && !value && !agreed.server_no_context_takeover) {
      agreed.server_no_context_takeover = true;
    } else if (name == "client_no_context_takeover" && !value && !agreed.client_no_context_takeover) {
      agreed.client_no_context_takeover = true;
    } else if (name == "server_max_window_bits" && value && !server_bits) {
      const auto bits = window_bits(*value);
      if (!bits || *bits < kLeastBits) return std::nullopt;
      agreed.server_window_bits = std::min(kOurBits, *bits);
      server_bits = true;
    } else if (name == "client_max_window_bits" && !client_bits) {
      const auto bits = value ? window_bits(*value) : std::optional(15);
      if (!bits) return std::nullopt;
      agreed.client_window_bits = std::min(kClientBits, *bits);
      client_bits = true;
    } else {
      return std::nullopt;
    }
  }
  return DeflateAgreement{agreed, agreed.text(client_bits)};
}

}  // namespace

std::string DeflateParameters::text(bool client_may_be_told) const {
  std::string text = fmt::format("permessage-deflate; server_max_window_bits={}", server_window_bits);
  if (client_may_be_told) text += fmt::format("; client_max_window_bits={}", client_window_bits);
  if (server_no_context_takeover) text += "; server_no_context_takeover";
  if (client_no_context_takeover) text += "; client_no_context_takeover";
  return text;
}

std::optional<DeflateAgreement> negotiate_deflate(std::string_view offers) {
  http::ListReader list(offers);
  while (const auto offer = list.next()) {
    if (auto agreement = agree(*offer)) return agreement;
  }
  return std::nullopt;
}

// --- What we send --------------------------------------------------------------------------------

void Deflater::Close::operator()(z_stream_s* stream) const {
  ::deflateEnd(stream);
  delete stream;
}

Deflater::Deflater(const DeflateParameters& parameters) : parameters_(parameters) {}
Deflater::~Deflater() = default;

void Deflater::open() {
  auto stream = std::make_unique<z_stream>();
  if (::deflateInit2(stream.get(), Z_DEFAULT_COMPRESSION, Z_DEFLATED, -parameters_.server_window_bits,
                     kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
  stream_.reset(stream.release());
}

std::string Deflater::compress(std::string_view message) {
  if (!stream_) open();
  z_stream& stream = *stream_;
  std::string compressed;
  std::array<char, 4096> piece;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(message.data()));
  stream.avail_in = static_cast<uInt>(message.size());
  do {
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = piece.size();
    (void)::deflate(&stream, Z_SYNC_FLUSH);  // Cannot fail: the stream is good, and there is room.
    compressed.append(piece.data(), piece.size() - stream.avail_out);
  } while (stream.avail_out == 0);
  if (compressed.ends_with(kTail)) compressed.resize(compressed.size() - kTail.size());
  if (compressed.empty()) compressed.assign(1, '\0');  // RFC 7692 7.2.3.6: an empty message.
  if (parameters_.server_no_context_takeover) trim();
  return compressed;
}

// --- What comes ----------------------------------------------------------------------------------

void Inflater::Close::operator()(z_stream_s* stream) const {
  ::inflateEnd(stream);
  delete stream;
}

Inflater::Inflater(const DeflateParameters& parameters) : parameters_(parameters) {}
Inflater::~Inflater() = default;

Inflater::Result Inflater::inflate(std::string_view piece, Buffer& to, std::size_t max) {
  if (!stream_) {
    auto stream = std::make_unique<z_stream>();
    // At least what the client was told; 15 takes any.
    if (::inflateInit2(stream.get(), -std::max(kLeastBits, parameters_.client_window_bits)) != Z_OK) {
      throw std::bad_alloc();
    }
    stream_.reset(stream.release());
  }
  z_stream& stream = *stream_;
  std::array<char, 4096> out;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
  stream.avail_in = static_cast<uInt>(piece.size());
  do {
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = out.size();
    const int status = ::inflate(&stream, Z_SYNC_FLUSH);
    const std::size_t came = out.size() - stream.avail_out;
    const std::size_t room = max - std::min(max, to.size());
    to.append({out.data(), std::min(came, room)});
    if (came > room) return Result::kTooBig;
    if (status == Z_MEM_ERROR) throw std::bad_alloc();
    // A stream may end within a message (7.2.3.4, BFINAL); the next block begins another.
    if (status == Z_STREAM_END) {
      if (::inflateReset(&stream) != Z_OK) return Result::kBroken;
      continue;
    }
    if (status == Z_BUF_ERROR) break;  // All is taken, and nothing is left to give.
    if (status != Z_OK) return Result::kBroken;
  } while (stream.avail_in > 0 || stream.avail_out == 0);
  return Result::kOk;
}

Inflater::Result Inflater::finish(Buffer& to, std::size_t max) {
  const Result result = inflate(kTail, to, max);
  if (parameters_.client_no_context_takeover) stream_.reset();
  return result;
}

}  // namespace pollux::websocket
