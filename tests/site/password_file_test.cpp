#include "site/password_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "log/logger.h"
#include "tests/fake_clock.h"
#include "tests/temporary_directory.h"

namespace pollux::site {
namespace {

constexpr const char* kAda = "ada:$2y$04$9TGwctHfMnOiwFrzV18xou6XhKko7/ePqrW2.PDSntQAL3OmDr6Cm\n";  // secret
constexpr const char* kBen = "ben:$2y$04$VElej1LdP9BUm2C/uKH2Ne6ZTvfixMdDWGZtCCLE9L3.9eLs0mbR2\n";  // a:b c

class LogOfFiles final : public log::Sink {
 public:
  explicit LogOfFiles(std::string& text) : text_(text) {}
  void write(std::string_view lines) noexcept override { text_.append(lines); }
  void flush() noexcept override {}
  log::Lost close() noexcept override { return {}; }
  void reopen() noexcept override {}
  [[nodiscard]] log::Lost lost() const noexcept override { return {}; }

 private:
  std::string& text_;
};

class PasswordFileTest : public ::testing::Test {
 protected:
  PasswordFileTest() { log::configure(log::Level::kInfo, std::make_unique<LogOfFiles>(log_)); }
  ~PasswordFileTest() override { log::shutdown(); }

  void write(std::string_view text) { (void)directory_.write("htpasswd", text); }

  [[nodiscard]] std::string path() const { return directory_ / "htpasswd"; }

  [[nodiscard]] std::shared_ptr<const PasswordFile::Content> a_second_later(PasswordFile& file) {
    clock_.advance(PasswordFile::kFresh);
    return file.current(clock_.read_steady());
  }

  [[nodiscard]] std::size_t said(std::string_view text) const {
    std::size_t count = 0;
    for (std::size_t at = log_.find(text); at != std::string::npos; at = log_.find(text, at + 1)) ++count;
    return count;
  }

  test::TemporaryDirectory directory_;
  test::FakeClock clock_;
  std::string log_;
};

TEST_F(PasswordFileTest, IsReadAgainWhenItHasChanged) {
  write(kAda);
  PasswordFile file(path());
  const auto first = file.current(clock_.read_steady());
  EXPECT_EQ(first->users.verify("ada", "secret"), true);
  write(kBen);
  EXPECT_EQ(file.current(clock_.read_steady()), first) << "looked at within the second";
  const auto second = a_second_later(file);
  EXPECT_NE(second->generation, first->generation);
  EXPECT_EQ(second->users.verify("ada", "secret"), false);
  EXPECT_EQ(second->users.verify("ben", "a:b c"), true);
  EXPECT_EQ(first->users.verify("ada", "secret"), true) << "whoever still holds it";
}

TEST_F(PasswordFileTest, IsNewOnlyIfItSaysSomethingElse) {
  write(kAda);
  PasswordFile file(path());
  const auto first = file.current(clock_.read_steady());
  write(kAda);
  EXPECT_EQ(a_second_later(file), first);
  std::filesystem::rename(directory_.write("other", kAda), path());
  EXPECT_EQ(a_second_later(file), first);
  std::filesystem::rename(directory_.write("other", std::string(kAda) + kBen), path());
  EXPECT_EQ(a_second_later(file)->users.size(), 2U);
}

TEST_F(PasswordFileTest, TheLastGoodOneHolds) {
  struct Case {
    const char* name;
    std::function<void()> spoil;
    const char* reason;
  };
  const Case cases[] = {
      {"gone", [&] { std::filesystem::remove(path()); }, "No such file"},
      {"broken", [&] { write("ada\nben:secret\n"); }, "there is no line that can be used"},
      {"a directory", [&] { std::filesystem::remove(path()), std::filesystem::create_directory(path()); },
       "it is not a regular file"},
      {"a pipe", [&] { std::filesystem::remove(path()), ::mkfifo(path().c_str(), 0600); },
       "it is not a regular file"},
      {"too large", [&] { write(std::string(kMaxFileOctets + 1, '\n')); }, "larger than"},
  };
  for (const Case& row : cases) {
    std::filesystem::remove_all(path());
    write(kAda);
    log_.clear();
    PasswordFile file(path());
    const auto good = file.current(clock_.read_steady());
    row.spoil();
    for (int i = 0; i < 3; ++i) EXPECT_EQ(a_second_later(file), good) << row.name;
    EXPECT_EQ(said(row.reason), 1U) << row.name << "\n" << log_;
    EXPECT_EQ(said("last good version"), 1U) << row.name << "\n" << log_;
    std::filesystem::remove_all(path());
    write(kBen);
    EXPECT_EQ(a_second_later(file)->users.verify("ben", "a:b c"), true) << row.name;
    EXPECT_EQ(said("can be used again"), 1U) << row.name << "\n" << log_;
  }
}

TEST_F(PasswordFileTest, WithTheSameContentIsGoodAgain) {
  write(kAda);
  PasswordFile file(path());
  const auto good = file.current(clock_.read_steady());
  std::filesystem::rename(path(), directory_ / "elsewhere");
  EXPECT_EQ(a_second_later(file), good);
  std::filesystem::rename(directory_ / "elsewhere", path());
  EXPECT_EQ(a_second_later(file), good);
  EXPECT_EQ(said("can be used again"), 1U) << log_;
}

TEST_F(PasswordFileTest, BadLinesAreSaidOnceForEachReading) {
  write(std::string(kAda) + "nonsense\n");
  PasswordFile file(path());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(a_second_later(file)->errors.size(), 1U);
  EXPECT_EQ(said("htpasswd:2: the line is not of the form user:hash"), 1U) << log_;
}

TEST_F(PasswordFileTest, AnEmptyOneLetsNobodyIn) {
  write("");
  PasswordFile file(path());
  EXPECT_EQ(file.current(clock_.read_steady())->users.verify("ada", "secret"), false);
  EXPECT_EQ(log_, "");
}

TEST_F(PasswordFileTest, HasToBeGoodAtTheStart) {
  EXPECT_THROW(PasswordFile(directory_ / "none"), std::runtime_error);
  EXPECT_THROW(PasswordFile(directory_.path().string()), std::runtime_error);
  write("ada:secret\n");
  EXPECT_THROW(PasswordFile{path()}, std::runtime_error);
}

}  // namespace
}  // namespace pollux::site
