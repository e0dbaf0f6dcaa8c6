#include "compress/compress.h"

#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstddef>
#include <memory>
#include <new>
#include <span>

namespace pollux::compress {

namespace {

constexpr std::size_t kPiece = 64 * 1024;  // Octets between two looks at `stop`.

// What an encoder has not yet read, and the room it has not yet filled.
struct Flow {
  void advance(std::size_t in_left, std::size_t out_left) {
    in = in.substr(in.size() - in_left);
    out = out.last(out_left);
  }

  std::string_view in;
  std::span<char> out;
};

enum class Effort { kBest, kFast };

void require(bool success) {
  if (!success) throw std::bad_alloc();  // The parameters are right, so there is no other reason.
}

// Each encoder compresses one content, whose size it is told in advance. encode() goes on until there is
// nothing left to read or no room left. `last`: the content ends with flow.in. It returns whether all of the
// result is written.

class BrotliEncoder {
 public:
  BrotliEncoder(std::size_t size, Effort effort) {
    require(state_ != nullptr);
    // A window holds 16 octets less than its power of two.
    const int window = std::clamp(static_cast<int>(std::bit_width(size + 15)), BROTLI_MIN_WINDOW_BITS,
                                  BROTLI_MAX_WINDOW_BITS);
    constexpr int kFastQuality = 3;
    set(BROTLI_PARAM_QUALITY, effort == Effort::kBest ? BROTLI_MAX_QUALITY : kFastQuality);
    set(BROTLI_PARAM_LGWIN, static_cast<std::uint32_t>(window));
    set(BROTLI_PARAM_LGBLOCK, BROTLI_MIN_INPUT_BLOCK_BITS);  // 64 KiB, which is what a stop has to wait for.
    set(BROTLI_PARAM_SIZE_HINT, static_cast<std::uint32_t>(size));
  }

  bool encode(Flow& flow, bool last) {
    const auto* in = reinterpret_cast<const std::uint8_t*>(flow.in.data());
    auto* out = reinterpret_cast<std::uint8_t*>(flow.out.data());
    std::size_t in_left = flow.in.size();
    std::size_t out_left = flow.out.size();
    const auto operation = last ? BROTLI_OPERATION_FINISH : BROTLI_OPERATION_PROCESS;
    require(BrotliEncoderCompressStream(state_.get(), operation, &in_left, &in, &out_left, &out, nullptr) !=
            0);
    flow.advance(in_left, out_left);
    return BrotliEncoderIsFinished(state_.get()) != 0;
  }

 private:
  void set(BrotliEncoderParameter parameter, std::uint32_t value) {
    require(BrotliEncoderSetParameter(state_.get(), parameter, value) != 0);
  }

  std::unique_ptr<BrotliEncoderState, decltype(&BrotliEncoderDestroyInstance)> state_{
      BrotliEncoderCreateInstance(nullptr, nullptr, nullptr), &BrotliEncoderDestroyInstance};
};

class ZstdEncoder {
 public:
  ZstdEncoder(std::size_t size, Effort effort) {
    require(context_ != nullptr);
    // Knowing the size, zstd takes no larger window and tables than the content wants; else it would be 128
    // MiB.
    require(ZSTD_isError(ZSTD_CCtx_setPledgedSrcSize(context_.get(), size)) == 0);
    const int level = effort == Effort::kBest ? ZSTD_maxCLevel() : ZSTD_defaultCLevel();
    require(ZSTD_isError(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, level)) == 0);
  }

  bool encode(Flow& flow, bool last) {
    ZSTD_inBuffer in{flow.in.data(), flow.in.size(), 0};
    ZSTD_outBuffer out{flow.out.data(), flow.out.size(), 0};
    std::size_t unwritten = 0;
    do {
      unwritten = ZSTD_compressStream2(context_.get(), &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
      require(ZSTD_isError(unwritten) == 0);
    } while (out.pos < out.size && (in.pos < in.size || (last && unwritten > 0)));
    flow.advance(in.size - in.pos, out.size - out.pos);
    return last && unwritten == 0;
  }

 private:
  std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context_{ZSTD_createCCtx(), &ZSTD_freeCCtx};
};

class GzipEncoder {
 public:
  GzipEncoder(std::size_t /*size*/, Effort effort) {
    constexpr int kGzipFormat = 16;  // Added to the bits of the window.
    const int level = effort == Effort::kBest ? Z_BEST_COMPRESSION : Z_BEST_SPEED;
    require(::deflateInit2(&stream_, level, Z_DEFLATED, kGzipFormat + MAX_WBITS, MAX_MEM_LEVEL,
                           Z_DEFAULT_STRATEGY) == Z_OK);
  }
  ~GzipEncoder() { ::deflateEnd(&stream_); }
  GzipEncoder(const GzipEncoder&) = delete;
  GzipEncoder& operator=(const GzipEncoder&) = delete;

  bool encode(Flow& flow, bool last) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(flow.in.data()));  // It is only read.
    stream_.avail_in = static_cast<uInt>(flow.in.size());
    stream_.next_out = reinterpret_cast<Bytef*>(flow.out.data());
    stream_.avail_out = static_cast<uInt>(flow.out.size());
    const int status = ::deflate(&stream_, last ? Z_FINISH : Z_NO_FLUSH);
    flow.advance(stream_.avail_in, stream_.avail_out);
    return status == Z_STREAM_END;
  }

 private:
  z_stream stream_{};
};

// The room is nine tenths of the content: a result that does not fit is given up as soon as the room is full.
template <class Encoder>
std::optional<std::string> encode(std::string_view content, Effort effort, const std::stop_token& stop) {
  std::string result(content.size() * 9 / 10, '\0');
  Encoder encoder(content.size(), effort);
  Flow flow{{}, result};
  for (bool finished = false; !finished;) {
    if (flow.out.empty() || stop.stop_requested()) return std::nullopt;
    assert(flow.in.empty());
    flow.in = content.substr(0, kPiece);
    content.remove_prefix(flow.in.size());
    finished = encoder.encode(flow, content.empty());
  }
  result.resize(result.size() - flow.out.size());
  result.shrink_to_fit();
  return result;
}

std::optional<std::string> encode_as(Coding coding, std::string_view octets, Effort effort,
                                     const std::stop_token& stop) {
  switch (coding) {
    case Coding::kBrotli: return encode<BrotliEncoder>(octets, effort, stop);
    case Coding::kZstd: return encode<ZstdEncoder>(octets, effort, stop);
    case Coding::kGzip: return encode<GzipEncoder>(octets, effort, stop);
    case Coding::kIdentity: break;
  }
  assert(false);
  return std::nullopt;
}

}  // namespace

std::optional<std::string> compress(Coding coding, std::string_view octets, const std::stop_token& stop) {
  if (octets.size() > kMaxContent) return std::nullopt;
  return encode_as(coding, octets, Effort::kBest, stop);
}

std::optional<std::string> compress_once(Coding coding, std::string_view octets) {
  return encode_as(coding, octets, Effort::kFast, {});
}

}  // namespace pollux::compress
