#include "files/file_head.h"

#include <gtest/gtest.h>

namespace pollux::files {
namespace {

TEST(FileHead, EachAnswerTakesItsPart) {
  const FileHead head(
      "ETag: \"a\"\r\ncontent-type: a/b\r\nX: 1\r\nContent-Length: 3\r\nLast-Modified: then\r\n"
      "Content-Encoding: br\r\nAccept-Ranges: bytes\r\nVary: Accept-Encoding\r\n");
  EXPECT_EQ(head.type(), "content-type: a/b\r\nContent-Encoding: br\r\n");
  EXPECT_EQ(head.cache(false), "ETag: \"a\"\r\nX: 1\r\nVary: Accept-Encoding\r\n");
  EXPECT_EQ(head.cache(true), std::string(head.cache(false)) + "Last-Modified: then\r\n");
  EXPECT_EQ(head.whole(false), std::string(head.type()) + "Content-Length: 3\r\nAccept-Ranges: bytes\r\n" +
                                   std::string(head.cache(false)));
  EXPECT_EQ(head.whole(true), std::string(head.whole(false)) + "Last-Modified: then\r\n");
}

TEST(FileHead, OfNothingIsNothing) { EXPECT_EQ(FileHead("").whole(true), ""); }

}  // namespace
}  // namespace pollux::files
