#include "base/text_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "tests/temporary_directory.h"

namespace pollux {
namespace {

TEST(TextFile, IsReadWholeOrNotAtAll) {
  const test::TemporaryDirectory directory;
  const auto path = [&](const char* name) { return (directory.path() / name).string(); };
  std::ofstream(path("text")) << "12345678";
  std::ofstream(path("empty")).flush();
  std::filesystem::create_directory(path("directory"));
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  const struct {
    const char* name;
    std::size_t max;
    FileKind kind;
    const char* text;
    int error;
  } rows[] = {
      {"text", 8, FileKind::kAny, "12345678", 0},       {"text", 8, FileKind::kRegular, "12345678", 0},
      {"text", 7, FileKind::kRegular, "", EFBIG},       {"empty", 0, FileKind::kRegular, "", 0},
      {"missing", 8, FileKind::kAny, "", ENOENT},       {"directory", 8, FileKind::kAny, "", EISDIR},
      {"directory", 8, FileKind::kRegular, "", EISDIR}, {"pipe", 8, FileKind::kRegular, "", EINVAL},
  };
  for (const auto& row : rows) {
    const FileText file = read_text_file(path(row.name), row.max, row.kind);
    EXPECT_EQ(file.text, row.text) << row.name;
    EXPECT_EQ(file.error, row.error) << row.name;
  }
}

}  // namespace
}  // namespace pollux
