#include "client/content_decoder.h"

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <new>

#include "http/lists.h"

namespace pollux::client {

namespace {

// Members may follow each other (RFC 1952 2.2).
class GzipDecoder final : public ContentDecoder {
 public:
  GzipDecoder() {
    constexpr int kGzipOnly = 16;
    if (::inflateInit2(&stream_, MAX_WBITS + kGzipOnly) != Z_OK) throw std::bad_alloc();
  }
  ~GzipDecoder() override { (void)::inflateEnd(&stream_); }

  std::optional<std::size_t> decode(std::string_view& in, std::span<char> room) override {
    std::size_t written = 0;
    while (written < room.size()) {
      if (whole_) {
        if (in.empty()) break;
        if (::inflateReset(&stream_) != Z_OK) return std::nullopt;
        whole_ = false;
      }
      const std::size_t left = in.size();
      const auto count = inflate(in, room.subspan(written));
      if (!count) return std::nullopt;
      written += *count;
      if (*count == 0 && in.size() == left && !whole_) break;
    }
    return written;
  }
  bool whole() const override { return whole_; }

 private:
  std::optional<std::size_t> inflate(std::string_view& in, std::span<char> room) {
    constexpr std::size_t kMax = std::numeric_limits<uInt>::max();
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream_.avail_in = static_cast<uInt>(std::min(in.size(), kMax));
    stream_.next_out = reinterpret_cast<Bytef*>(room.data());
    stream_.avail_out = static_cast<uInt>(std::min(room.size(), kMax));
    const uInt input = stream_.avail_in;
    const uInt output = stream_.avail_out;
    const int result = ::inflate(&stream_, Z_NO_FLUSH);
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) return std::nullopt;
    in.remove_prefix(input - stream_.avail_in);
    whole_ = result == Z_STREAM_END;
    return output - stream_.avail_out;
  }

  z_stream stream_{};
  bool whole_ = false;
};

class BrotliDecoder final : public ContentDecoder {
 public:
  BrotliDecoder() : state_(::BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)) {
    if (!state_) throw std::bad_alloc();
  }

  std::optional<std::size_t> decode(std::string_view& in, std::span<char> room) override {
    std::size_t input = in.size();
    std::size_t output = room.size();
    const auto* next_in = reinterpret_cast<const std::uint8_t*>(in.data());
    auto* next_out = reinterpret_cast<std::uint8_t*>(room.data());
    if (whole()) return in.empty() ? std::optional<std::size_t>(0) : std::nullopt;
    const auto result =
        ::BrotliDecoderDecompressStream(state_.get(), &input, &next_in, &output, &next_out, nullptr);
    in.remove_prefix(in.size() - input);
    if (result == BROTLI_DECODER_RESULT_ERROR || (whole() && !in.empty())) return std::nullopt;
    return room.size() - output;
  }
  bool whole() const override { return ::BrotliDecoderIsFinished(state_.get()) != 0; }

 private:
  struct Delete {
    void operator()(BrotliDecoderState* state) const { ::BrotliDecoderDestroyInstance(state); }
  };
  std::unique_ptr<BrotliDecoderState, Delete> state_;
};

class ZstdDecoder final : public ContentDecoder {
 public:
  ZstdDecoder() : stream_(::ZSTD_createDStream()) {
    constexpr int kWindowLog = 23;  // 8 MiB, the maximum that a sender may rely on (RFC 9659).
    if (!stream_ ||
        ::ZSTD_isError(::ZSTD_DCtx_setParameter(stream_.get(), ZSTD_d_windowLogMax, kWindowLog)) != 0)
      throw std::bad_alloc();
  }

  std::optional<std::size_t> decode(std::string_view& in, std::span<char> room) override {
    ZSTD_outBuffer output{.dst = room.data(), .size = room.size(), .pos = 0};
    for (bool goes_on = true; goes_on && output.pos < output.size;) {
      if (in.empty() && whole_) break;
      ZSTD_inBuffer input{.src = in.data(), .size = in.size(), .pos = 0};
      const std::size_t before = output.pos;
      const std::size_t result = ::ZSTD_decompressStream(stream_.get(), &output, &input);
      if (::ZSTD_isError(result) != 0) return std::nullopt;
      in.remove_prefix(input.pos);
      whole_ = result == 0;  // Frames may follow each other (RFC 8878 3.1).
      goes_on = input.pos > 0 || output.pos > before;
    }
    return output.pos;
  }
  bool whole() const override { return whole_; }

 private:
  struct Delete {
    void operator()(ZSTD_DStream* stream) const { (void)::ZSTD_freeDStream(stream); }
  };
  std::unique_ptr<ZSTD_DStream, Delete> stream_;
  bool whole_ = false;
};

}  // namespace

std::unique_ptr<ContentDecoder> ContentDecoder::make(std::string_view coding) {
  const auto is = [&](std::string_view name) { return http::equals_ignoring_case(coding, name); };
  if (is("gzip") || is("x-gzip")) return std::make_unique<GzipDecoder>();
  if (is("br")) return std::make_unique<BrotliDecoder>();
  if (is("zstd")) return std::make_unique<ZstdDecoder>();
  return nullptr;
}

}  // namespace pollux::client
