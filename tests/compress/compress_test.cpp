// Contents there and back again, each coding with the decoder of its own library.
#include "compress/compress.h"

#include <brotli/decode.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <random>
#include <stop_token>
#include <string>

namespace pollux::compress {
namespace {

constexpr std::array kCompressing = {Coding::kBrotli, Coding::kZstd, Coding::kGzip};

std::string unbrotli(std::string_view octets, std::size_t size) {
  std::string content(size, '\0');
  const auto result =
      BrotliDecoderDecompress(octets.size(), reinterpret_cast<const std::uint8_t*>(octets.data()), &size,
                              reinterpret_cast<std::uint8_t*>(content.data()));
  EXPECT_EQ(result, BROTLI_DECODER_RESULT_SUCCESS);
  content.resize(size);
  return content;
}

std::string unzstd(std::string_view octets, std::size_t size) {
  std::string content(size, '\0');
  const std::size_t result = ZSTD_decompress(content.data(), content.size(), octets.data(), octets.size());
  EXPECT_FALSE(ZSTD_isError(result)) << ZSTD_getErrorName(result);
  content.resize(std::min(size, result));
  return content;
}

std::string gunzip(std::string_view octets, std::size_t size) {
  std::string content(size, '\0');
  z_stream stream{};
  EXPECT_EQ(::inflateInit2(&stream, 16 + MAX_WBITS), Z_OK);  // gzip alone.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(octets.data()));
  stream.avail_in = static_cast<uInt>(octets.size());
  stream.next_out = reinterpret_cast<Bytef*>(content.data());
  stream.avail_out = static_cast<uInt>(content.size());
  EXPECT_EQ(::inflate(&stream, Z_FINISH), Z_STREAM_END);
  EXPECT_EQ(stream.avail_in, 0U);
  content.resize(stream.total_out);
  ::inflateEnd(&stream);
  return content;
}

// `size`: of the content.
std::string decompressed(Coding coding, std::string_view octets, std::size_t size) {
  switch (coding) {
    case Coding::kBrotli: return unbrotli(octets, size);
    case Coding::kZstd: return unzstd(octets, size);
    case Coding::kGzip: return gunzip(octets, size);
    case Coding::kIdentity: break;
  }
  return std::string(octets);
}

std::string random_letters(std::size_t size, unsigned letters) {
  std::mt19937 random(1);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random() % letters);
  return text;
}

TEST(Compress, ThereAndBackAgain) {
  struct Case {
    const char* name;
    std::string content;
  };
  const Case cases[] = {
      {"one letter", std::string(100, 'a')},
      {"a line", "the quick brown fox, the quick brown fox, the quick brown fox, the quick brown fox"},
      {"a piece and an octet", random_letters(64 * 1024 + 1, 16)},
      {"zeros", std::string(300'000, '\0')},
      {"the largest", std::string(kMaxContent, 'x')},
  };
  for (const Case& row : cases) {
    for (const Coding coding : kCompressing) {
      const auto octets = compress(coding, row.content);
      ASSERT_TRUE(octets) << row.name << ' ' << name_of(coding);
      EXPECT_LE(octets->size() * 10, row.content.size() * 9) << row.name << ' ' << name_of(coding);
      EXPECT_TRUE(decompressed(coding, *octets, row.content.size()) == row.content)
          << row.name << ' ' << name_of(coding);
    }
  }
}

TEST(Compress, TheSameContentGivesTheSameResult) {
  const std::string content = random_letters(5'000, 16);
  for (const Coding coding : kCompressing) {
    EXPECT_TRUE(compress(coding, content) == compress(coding, content)) << name_of(coding);
  }
}

TEST(Compress, NothingUnlessSmallerByATenth) {
  struct Case {
    const char* name;
    std::string content;
  };
  const Case cases[] = {
      {"empty", ""},
      {"an octet", "a"},
      {"short", "0123456789"},
      {"random", random_letters(70'000, 256)},
      {"a twentieth could be saved", random_letters(20'000, 192)},  // 7.58 bits each
      {"too large", std::string(kMaxContent + 1, 'x')},
  };
  for (const Case& row : cases) {
    for (const Coding coding : kCompressing) {
      EXPECT_FALSE(compress(coding, row.content)) << row.name << ' ' << name_of(coding);
    }
  }
}

// The bound itself: a content that shrinks by more than a tenth with little random in it, and no longer with
// more.
TEST(Compress, TheBoundIsATenth) {
  constexpr std::size_t kSize = 10'000;
  for (const Coding coding : kCompressing) {
    bool small = true;
    for (std::size_t random = 0; random <= kSize; random += 500) {
      const std::string content = random_letters(random, 256) + std::string(kSize - random, 'x');
      const auto octets = compress(coding, content);
      if (octets) {
        EXPECT_TRUE(small) << random;
        EXPECT_LE(octets->size(), kSize * 9 / 10);
        EXPECT_TRUE(decompressed(coding, *octets, kSize) == content);
      }
      small = octets.has_value();
      EXPECT_TRUE(small || random > kSize * 8 / 10) << name_of(coding) << ' ' << random;
      EXPECT_TRUE(!small || random < kSize * 9 / 10) << name_of(coding) << ' ' << random;
    }
  }
}

// At any size; here below and beyond the one that compress() stops at.
TEST(CompressOnce, ThereAndBackAgain) {
  const std::string cases[] = {random_letters(5'000, 16), random_letters(3 * kMaxContent, 16)};
  for (const std::string& content : cases) {
    for (const Coding coding : kCompressing) {
      const auto octets = compress_once(coding, content);
      ASSERT_TRUE(octets) << content.size() << ' ' << name_of(coding);
      EXPECT_TRUE(decompressed(coding, *octets, content.size()) == content) << name_of(coding);
    }
  }
}

TEST(CompressOnce, NothingUnlessSmallerByATenth) {
  for (const Coding coding : kCompressing) {
    EXPECT_FALSE(compress_once(coding, "")) << name_of(coding);
    EXPECT_FALSE(compress_once(coding, random_letters(70'000, 256))) << name_of(coding);
  }
}

TEST(Compress, GivesUpWhenItIsAskedToStop) {
  std::stop_source stop;
  stop.request_stop();
  for (const Coding coding : kCompressing) {
    EXPECT_FALSE(compress(coding, std::string(100'000, 'x'), stop.get_token())) << name_of(coding);
  }
}

}  // namespace
}  // namespace pollux::compress
