#include "net/unix_listener.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>

#include "tests/temporary_directory.h"

namespace pollux::net {
namespace {

namespace fs = std::filesystem;

class UnixListenerTest : public testing::Test {
 protected:
  // errno of connect(2).
  int connect() const {
    const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(std::begin(address.sun_path), sizeof address.sun_path - 1);
    const int result = ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    return result == 0 ? 0 : errno;
  }

  // The error of an attempt to listen.
  std::error_code refusal() const {
    try {
      const UnixListener listener(path_, 0600, 1);
    } catch (const std::system_error& error) {
      EXPECT_NE(std::string(error.what()).find("unix:" + path_), std::string::npos);
      return error.code();
    }
    return {};
  }

  test::TemporaryDirectory directory_;
  const std::string path_ = (directory_.path() / "pollux.sock").string();
};

TEST_F(UnixListenerTest, ListensAndIsGoneAtTheEnd) {
  {
    UnixListener listener(path_, 0640, 8);
    EXPECT_EQ(fs::status(path_).permissions(), fs::perms{0640});
    EXPECT_EQ(connect(), 0);
    EXPECT_TRUE(UnixListener::obstacle(path_));
  }
  EXPECT_FALSE(fs::exists(path_));
  EXPECT_FALSE(UnixListener::obstacle(path_));
}

TEST_F(UnixListenerTest, TakesThePlaceOfADeadSocket) {
  {
    UnixListener crashed(path_, 0600, 8);
    fs::rename(path_, path_ + ".kept");  // So that its end does not remove it.
  }
  fs::rename(path_ + ".kept", path_);
  EXPECT_EQ(connect(), ECONNREFUSED);
  EXPECT_FALSE(UnixListener::obstacle(path_));
  const UnixListener listener(path_, 0600, 8);
  EXPECT_EQ(connect(), 0);
}

TEST_F(UnixListenerTest, LeavesALiveSocketAlone) {
  const UnixListener other(path_, 0600, 0);
  EXPECT_EQ(refusal().value(), EADDRINUSE);
  EXPECT_EQ(refusal().value(), EADDRINUSE) << "its queue is full by now";
  EXPECT_EQ(fs::status(path_).type(), fs::file_type::socket);
}

TEST_F(UnixListenerTest, LeavesOtherFilesAlone) {
  std::ofstream(path_) << "precious";
  EXPECT_EQ(refusal().value(), EEXIST);
  EXPECT_EQ(fs::file_size(path_), 8U);
  fs::remove(path_);

  fs::create_symlink("/nowhere", path_);
  EXPECT_EQ(refusal().value(), EEXIST);
  EXPECT_TRUE(fs::is_symlink(path_));
  fs::remove(path_);

  const UniqueFd datagrams(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path_.copy(std::begin(address.sun_path), sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(datagrams.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(refusal().value(), EADDRINUSE) << "somebody else's, of another type";
  EXPECT_TRUE(fs::exists(path_));
}

TEST_F(UnixListenerTest, LeavesASuccessorsSocketAlone) {
  std::optional<UnixListener> successor;
  {
    const UnixListener first(path_, 0600, 8);
    fs::remove(path_);
    successor.emplace(path_, 0600, 8);
  }
  EXPECT_EQ(connect(), 0);
}

TEST_F(UnixListenerTest, SaysWhatItCannotHave) {
  const std::string nowhere = (directory_.path() / "missing" / "pollux.sock").string();
  EXPECT_TRUE(UnixListener::obstacle(nowhere));
  EXPECT_THROW(UnixListener(nowhere, 0600, 8), std::system_error);
}

}  // namespace
}  // namespace pollux::net
