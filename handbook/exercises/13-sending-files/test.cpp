#include <sys/uio.h>

#include <algorithm>
#include <string>

namespace {

// The kernel of these tests: takes so many octets at a time, is interrupted now and then, and looks at what
// it gets.
struct Kernel {
  std::size_t takes = 0;  // Octets at a time.
  std::size_t room = 0;   // Octets until EAGAIN.
  int interrupted = 0;    // Calls that a signal interrupts first.
  int calls = 0;
  std::size_t most_pieces = 0;
  std::string arrived;
} kernel;

ssize_t accept_octets(const iovec* pieces, int count) {
  ++kernel.calls;
  kernel.most_pieces = std::max(kernel.most_pieces, static_cast<std::size_t>(count));
  if (kernel.interrupted > 0) {
    --kernel.interrupted;
    errno = EINTR;
    return -1;
  }
  std::size_t left = std::min(kernel.takes, kernel.room);
  std::size_t taken = 0;
  for (int i = 0; i < count && left > 0; ++i) {
    const std::size_t octets = std::min(left, pieces[i].iov_len);
    kernel.arrived.append(static_cast<const char*>(pieces[i].iov_base), octets);
    taken += octets;
    left -= octets;
  }
  kernel.room -= taken;
  if (taken > 0) return static_cast<ssize_t>(taken);
  errno = EAGAIN;
  return -1;
}

}  // namespace

// Before libc's: the exercise calls this one for the descriptor of these tests.
constexpr int kKernel = 1'000'000;
extern "C" ssize_t writev(int fd, const iovec* pieces, int count) {
  if (fd == kKernel && kernel.calls < 10'000) return accept_octets(pieces, count);
  errno = EBADF;
  return -1;
}

#include "check.h"

namespace {

const std::string kHead = "HTTP/1.1 200 OK\r\n\r\n";
const std::string kBody(100, 'b');
const std::string kTail(7, 't');

Output output_of_all() {
  Output output;
  for (const std::string_view piece :
       {std::string_view(kHead), std::string_view(kBody), std::string_view(), std::string_view(kTail),
        std::string_view(kTail), std::string_view(kTail)})
    output.append(piece);
  return output;
}

const std::string kAll = kHead + kBody + kTail + kTail + kTail;

std::string octets_of(const Output& output) {
  std::string octets;
  for (const iovec& piece : output.pieces())
    octets.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
  return octets;
}

void consumes(std::size_t octets) {
  Output output = output_of_all();
  output.consume(octets);
  CHECK_EQ(octets_of(output), kAll.substr(octets));
  CHECK_EQ(output.empty(), octets == kAll.size());
}

void flushes(std::size_t takes, int interrupted) {
  kernel = {};
  kernel.takes = takes;
  kernel.room = kAll.size();
  kernel.interrupted = interrupted;
  Output output = output_of_all();
  CHECK(output.flush(kKernel) == Output::Flush::kDone);
  CHECK(output.empty());
  CHECK_EQ(kernel.arrived, kAll);
  CHECK(kernel.most_pieces <= Output::kPieces);
}

void waits_when_the_socket_is_full(std::size_t room) {
  kernel = {};
  kernel.takes = 1000;
  kernel.room = room;
  Output output = output_of_all();
  CHECK(output.flush(kKernel) == Output::Flush::kBlocked);
  CHECK_EQ(kernel.arrived, kAll.substr(0, room));
  kernel.room = 1000;
  CHECK(output.flush(kKernel) == Output::Flush::kDone);
  CHECK_EQ(kernel.arrived, kAll);
}

void tells_an_error() {
  Output output = output_of_all();
  CHECK(output.flush(-1) == Output::Flush::kBroken);
}

}  // namespace

int main() {
  for (const std::size_t octets : {0, 1, 18, 19, 20, 70, 118, 119, 120, 126, 139, 140}) consumes(octets);
  for (const std::size_t takes : {1, 2, 18, 19, 20, 118, 119, 1000}) flushes(takes, 0);
  flushes(50, 3);
  for (const std::size_t room : {0, 5, 19, 60, 119, 125}) waits_when_the_socket_is_full(room);
  tells_an_error();
  return exercise::verdict();
}
