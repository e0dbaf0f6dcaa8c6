#include "client/content_decoder.h"

#include <gtest/gtest.h>

#include <string>

#include "compress/compress.h"

namespace pollux::client {
namespace {

std::string text_of(std::size_t octets) {
  std::string text;
  for (std::size_t i = 0; text.size() < octets; ++i) text += "line " + std::to_string(i * i) + "\n";
  text.resize(octets);
  return text;
}

// Pieces of so many octets in, room for so many out. "malformed", "cut short", or the content.
std::string decoded(std::string_view coding, std::string_view octets, std::size_t piece, std::size_t room) {
  const auto decoder = ContentDecoder::make(coding);
  std::string content;
  std::string place(room, '\0');
  while (!octets.empty()) {
    std::string_view in = octets.substr(0, piece);
    octets.remove_prefix(in.size());
    for (std::size_t count = room; count == room;) {
      const auto written = decoder->decode(in, place);
      if (!written) return "malformed";
      count = *written;
      content.append(place, 0, count);
    }
    EXPECT_TRUE(in.empty());
  }
  return decoder->whole() ? content : "cut short";
}

class Decoder : public testing::TestWithParam<compress::Coding> {
 protected:
  const std::string name_{compress::name_of(GetParam())};
  const std::string text_ = text_of(100'000);
  const std::string coded_ = *compress::compress_once(GetParam(), text_);
};

TEST_P(Decoder, GivesBackWhatWasCoded) {
  struct Pieces {
    std::size_t in;
    std::size_t out;
  };
  for (const auto& [in, out] :
       {Pieces{coded_.size(), 200'000}, Pieces{1, 1}, Pieces{1, 4096}, Pieces{4096, 7}}) {
    EXPECT_TRUE(decoded(name_, coded_, in, out) == text_) << in << " " << out;
  }
}

TEST_P(Decoder, NoticesWhatIsNotWhole) {
  for (const std::size_t octets : {std::size_t{1}, coded_.size() / 2, coded_.size() - 1}) {
    EXPECT_EQ(decoded(name_, coded_.substr(0, octets), 4096, 4096), "cut short") << octets;
  }
}

TEST_P(Decoder, RefusesWhatIsSomethingElse) {
  EXPECT_EQ(decoded(name_, coded_ + "more than that", 4096, 4096), "malformed");
  EXPECT_EQ(decoded(name_, std::string(100, '\xff'), 4096, 4096), "malformed");
}

INSTANTIATE_TEST_SUITE_P(Codings, Decoder,
                         testing::Values(compress::Coding::kBrotli, compress::Coding::kZstd,
                                         compress::Coding::kGzip),
                         [](const auto& coding) { return std::string(compress::name_of(coding.param)); });

TEST(ContentDecoder, MembersOfGzipFollowEachOther) {
  const std::string text = text_of(1000);
  const std::string coded = *compress::compress_once(compress::Coding::kGzip, text);
  EXPECT_EQ(decoded("GZIP", coded + coded, 5, 100), text + text);
}

TEST(ContentDecoder, KnowsNoOthers) {
  for (const char* coding : {"", "identity", "deflate", "compress", "gzip, br", "br;q=1"}) {
    EXPECT_EQ(ContentDecoder::make(coding), nullptr) << coding;
  }
}

}  // namespace
}  // namespace pollux::client
