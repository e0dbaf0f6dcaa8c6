// Ways of a file into a socket: what a partial write leaves to do, what a truncated file does to a mapping,
// and what sendfile(2) sends. The file is one in memory (memfd), which behaves as one on disk does.
#include "lab.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <vector>

namespace {

// Two ends of a TCP connection; the sending one does not wait, and takes little at a time.
class Connection {
 public:
  explicit Connection(int send_buffer = 0) {
    const int listener = lab::must(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    lab::must(::bind(listener, reinterpret_cast<sockaddr*>(&address), size), "bind");
    lab::must(::listen(listener, 1), "listen");
    lab::must(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
    client_ = lab::must(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    if (send_buffer > 0) {  // Small on both sides, before they agree on a window.
      lab::must(::setsockopt(client_, SOL_SOCKET, SO_RCVBUF, &send_buffer, sizeof send_buffer), "SO_RCVBUF");
    }
    lab::must(::connect(client_, reinterpret_cast<sockaddr*>(&address), size), "connect");
    server_ = lab::must(::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC), "accept4");
    if (send_buffer > 0) {
      lab::must(::setsockopt(server_, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer), "SO_SNDBUF");
    }
    ::close(listener);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    ::close(server_);
    ::close(client_);
  }

  [[nodiscard]] int server() const { return server_; }

  // Takes what there is, at least one octet, at most `most`.
  std::string receive(std::size_t most = 1 << 16) const {
    std::string octets(most, '\0');
    octets.resize(static_cast<std::size_t>(lab::must(::recv(client_, octets.data(), most, 0), "recv")));
    return octets;
  }
  std::string receive_all(std::size_t size) const {
    std::string octets;
    while (octets.size() < size) octets += receive();
    return octets;
  }
  // Waits for what is under way.
  [[nodiscard]] bool something_comes() const {
    pollfd one{client_, POLLIN, 0};
    return ::poll(&one, 1, 10'000) == 1;
  }

 private:
  int client_ = -1;
  int server_ = -1;
};

class File {
 public:
  explicit File(const std::string& octets) { write(octets); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { ::close(fd_); }

  [[nodiscard]] int fd() const { return fd_; }
  void write(const std::string& octets) const {  // In place, from the beginning.
    lab::must(::pwrite(fd_, octets.data(), octets.size(), 0), "pwrite");
  }
  void truncate(off_t size) const { lab::must(::ftruncate(fd_, size), "ftruncate"); }
  [[nodiscard]] char* map(std::size_t size) const {
    void* mapping = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd_, 0);
    if (mapping == MAP_FAILED) lab::must(-1, "mmap");
    return static_cast<char*>(mapping);
  }

 private:
  const int fd_ = lab::must(::memfd_create("file", MFD_CLOEXEC), "memfd_create");
};

std::string pattern(std::size_t size) {
  std::string octets(size, '\0');
  for (std::size_t i = 0; i < size; ++i) octets[i] = static_cast<char>('a' + i * 7 / 3 % 26);
  return octets;
}

const auto kPage = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));

// --- Partial writes ------------------------------------------------------------------------------

// Takes away what the kernel has accepted: whole pieces, and the beginning of the next one.
void consume(std::vector<iovec>& pieces, std::size_t octets) {
  while (octets > 0) {
    iovec& front = pieces.front();
    const std::size_t taken = std::min(octets, front.iov_len);
    front.iov_base = static_cast<char*>(front.iov_base) + taken;
    front.iov_len -= taken;
    octets -= taken;
    if (front.iov_len == 0) pieces.erase(pieces.begin());
  }
}

struct Sending {
  int calls = 0;
  int partial = 0;  // Of them: fewer octets than asked for.
  int blocked = 0;  // EAGAIN
  std::string arrived;
};

Sending send_in_parts(std::string head, const char* body, std::size_t size, bool resume) {
  const Connection connection(8 * 1024);
  const std::vector<iovec> whole{{head.data(), head.size()}, {const_cast<char*>(body), size}};
  std::vector<iovec> pieces = whole;
  const std::size_t total = head.size() + size;
  std::size_t sent = 0;
  Sending sending;
  while (sent < total) {
    ++sending.calls;
    const ssize_t count = ::writev(connection.server(), pieces.data(), static_cast<int>(pieces.size()));
    if (count < 0) {
      if (errno != EAGAIN) lab::must(count, "writev");
      ++sending.blocked;
      sending.arrived += connection.receive();
      continue;
    }
    if (sent + static_cast<std::size_t>(count) < total) ++sending.partial;
    sent += static_cast<std::size_t>(count);
    if (resume) consume(pieces, static_cast<std::size_t>(count));  // Else: the same again.
  }
  sending.arrived += connection.receive_all(sent - sending.arrived.size());
  return sending;
}

void show_partial_writes() {
  constexpr std::size_t kSize = 1024 * 1024;
  const std::string octets = pattern(kSize);
  const File file(octets);
  const char* body = file.map(kSize);
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n";
  const Sending right = send_in_parts(head, body, kSize, true);
  const Sending wrong = send_in_parts(head, body, kSize, false);
  ::munmap(const_cast<char*>(body), kSize);
  std::printf("head and 1 MiB by writev, through a small send buffer\n");
  std::printf("  writev was called %d times: %d took a part, %d said EAGAIN\n\n", right.calls, right.partial,
              right.blocked);
  lab::shown(right.partial > 0 && right.blocked > 0 && right.arrived == head + octets,
             "writev takes a part; resumed at the offset within its iovec, every octet arrives once");
  lab::shown(wrong.arrived != head + octets && wrong.arrived.find(head, 1) != std::string::npos,
             "called again with the same iovecs, it sends the head in the middle of the file");
}

// --- Truncated mappings --------------------------------------------------------------------------

// The signal that ends a child which reads this octet; 0: none.
int signal_of_reading(const volatile char* octet) {
  const pid_t child = lab::must(::fork(), "fork");
  if (child == 0) {
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::signal(SIGBUS, SIG_DFL);
    const volatile char read = *octet;
    ::_exit(read == '\0' ? 1 : 0);
  }
  int status = 0;
  lab::must(::waitpid(child, &status, 0), "waitpid");
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

void show_truncation() {
  const File file(pattern(3 * kPage));
  char* mapping = file.map(3 * kPage);
  file.truncate(static_cast<off_t>(kPage + 100));
  const int beyond = signal_of_reading(mapping + 2 * kPage);
  const int within = signal_of_reading(mapping + kPage + 200);
  const char zero = mapping[kPage + 200];
  const Connection connection;
  const ssize_t sent = ::send(connection.server(), mapping + 2 * kPage, kPage, 0);
  const int error = sent < 0 ? errno : 0;
  ::munmap(mapping, 3 * kPage);
  std::printf("\na mapping of three pages; the file is cut to one page and 100 octets\n");
  std::printf("  a page that has gone:    read: %s, send(): %s\n",
              beyond > 0 ? ::strsignal(beyond) : "no signal", error > 0 ? ::strerror(error) : "no error");
  std::printf("  the rest of the page:    read: %s\n\n", within == 0 && zero == '\0' ? "zeros" : "not zeros");
  lab::shown(beyond == SIGBUS, "whoever reads a page of the mapping that has gone dies of SIGBUS");
  lab::shown(error == EFAULT, "the kernel reads it without a signal: sending it fails with EFAULT");
  lab::shown(within == 0 && zero == '\0',
             "within the last page nobody is told: the octets behind the cut are zeros");
}

// --- sendfile and writev -------------------------------------------------------------------------

void show_sendfile() {
  const std::string before(16 * kPage, 'o');
  const std::string after(16 * kPage, 'n');

  const File mapped(before);
  char* mapping = mapped.map(before.size());
  const Connection copied;
  std::string head = "head";
  iovec pieces[] = {{head.data(), head.size()}, {mapping, before.size()}};
  const auto by_writev = static_cast<std::size_t>(lab::must(::writev(copied.server(), pieces, 2), "writev"));
  (void)copied.something_comes();
  mapped.write(after);
  const std::string of_writev = copied.receive_all(by_writev);
  ::munmap(mapping, before.size());

  const File sent(before);
  const Connection referred;
  off_t offset = 0;
  const auto by_sendfile = static_cast<std::size_t>(
      lab::must(::sendfile(referred.server(), sent.fd(), &offset, before.size()), "sendfile"));
  (void)referred.something_comes();
  sent.write(after);
  const std::string of_sendfile = referred.receive_all(by_sendfile);

  std::printf("\na file is overwritten after it was sent and before the client reads\n");
  std::printf("  mmap and writev: one call for head and file;   the client gets the %s octets\n",
              of_writev.back() == 'o' ? "old" : "new");
  std::printf("  sendfile:        a call of its own for a head; the client gets the %s octets\n\n",
              of_sendfile.back() == 'o' ? "old" : "new");
  lab::shown(of_writev == head + before.substr(0, by_writev - head.size()),
             "writev sends head and file in one call, and copies: what it has sent does not change");
  lab::shown(of_sendfile.find('n') != std::string::npos,
             "sendfile copies nothing: what it has sent is still the file, and changes with it");
}

}  // namespace

int main() {
  show_partial_writes();
  show_truncation();
  show_sendfile();
  return lab::verdict();
}
