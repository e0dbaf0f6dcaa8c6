// bench_limit_ring: the least a server can do with io_uring. bench_limit is its sister with epoll.
//
//   bench_limit_ring PORT THREADS FOLDER [multishot|oneshot]
//
// Each thread has a ring and a listener of its own (SO_REUSEPORT), so threads share nothing. The accepts,
// receives, sends and closes are all submitted. One io_uring_enter hands over what a batch of completions
// has led to, and waits for the next batch. Completions are posted only inside that call
// (IORING_SETUP_DEFER_TASKRUN), so they never interrupt the thread. As with bench_limit, a client is
// accepted when its request is there (TCP_DEFER_ACCEPT).
//
//   multishot  one receive keeps completing for as long as the client stays. A client's first receive is
//              oneshot all the same: it shows whether the client stays, and closing is dearer under a
//              receive (see end()).
//   oneshot    each receive is submitted together with the answer to the request before.
//
// As with bench_limit: a yardstick, never a server for people.
#include <fmt/format.h>
#include <liburing.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/unique_fd.h"
#include "bench/limit_buffers.h"
#include "bench/limit_dialogue.h"
#include "bench/limit_server.h"

namespace pollux::bench {
namespace {

constexpr unsigned kSubmissions = 4096;
constexpr unsigned kCompletions = 16384;
constexpr unsigned kBuffers = 1024;
constexpr unsigned kBufferSize = 4096;    // Octets.
constexpr std::size_t kSlices = 64;       // Answers for one send.
constexpr std::size_t kMaxUnsent = 1024;  // Answers; a client that has more is not read from.

// Memory that a sendmsg points to until it has completed.
struct Message {
  std::array<iovec, kSlices> slices;
  msghdr header;
};

struct Client;

// The purpose of a submission. user_data points to one; it is null where the completion tells nothing.
struct Purpose {
  enum class Kind { kAccept, kReceive, kSend };
  Kind kind;
  Client* client;
};

// One client. Submissions point to it, so it lives until the last of them has completed.
// Thread: that of its loop.
struct Client {
  explicit Client(int accepted) : socket(accepted) {}
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  int socket;
  bool receiving = false;
  bool repeating = false;   // The receive is a multishot one.
  bool cancelling = false;  // It has been asked to end.
  bool drained = false;     // The last receive left nothing in the socket.
  bool sending = false;     // One at a time: two would race for the socket.
  bool stays = false;       // Its last request did not ask for an end.
  bool input_ended = false;
  bool failed = false;
  bool shut_down = false;
  Purpose to_receive{Purpose::Kind::kReceive, this};
  Purpose to_send{Purpose::Kind::kSend, this};
  Dialogue dialogue;
  std::unique_ptr<Message> message;  // Only for those that ask for several pages at once.
};

class RingLoop final : public Loop {
 public:
  RingLoop(std::uint16_t port, const Answers& answers, bool multishot)
      : answers_(answers), multishot_(multishot), listener_(listen_on(port)) {
    io_uring_params parameters{};
    parameters.flags = IORING_SETUP_CQSIZE | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_SINGLE_ISSUER |
                       IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_R_DISABLED;
    parameters.cq_entries = kCompletions;
    if (const int error = io_uring_queue_init_params(kSubmissions, &ring_, &parameters); error != 0)
      fail("io_uring_setup", -error);
    buffers_ = std::make_unique<ReceiveBuffers>(ring_, kBuffers, kBufferSize);
  }
  ~RingLoop() override { io_uring_queue_exit(&ring_); }

  [[noreturn]] void run() override {
    // The ring belongs to this thread from here on. liburing 2.3 does not export io_uring_enable_rings.
    if (::syscall(SYS_io_uring_register, ring_.ring_fd, IORING_REGISTER_ENABLE_RINGS, nullptr, 0) != 0)
      fail("IORING_REGISTER_ENABLE_RINGS", errno);
    (void)io_uring_register_ring_fd(&ring_);  // Saves a descriptor look-up in every enter.
    accept();
    for (;;) {
      buffers_->publish();
      (void)io_uring_submit_and_wait(&ring_, 1);  // After an error, EINTR say, there is nothing to complete.
      unsigned head = 0;
      unsigned count = 0;
      const io_uring_cqe* completion = nullptr;
      io_uring_for_each_cqe(&ring_, head, completion) {
        complete(*completion);
        ++count;
      }
      io_uring_cq_advance(&ring_, count);
    }
  }

 private:
  void complete(const io_uring_cqe& completion) {
    const auto* purpose = static_cast<const Purpose*>(io_uring_cqe_get_data(&completion));
    if (purpose == nullptr) return;
    switch (purpose->kind) {
      case Purpose::Kind::kAccept: return accepted(completion);
      case Purpose::Kind::kReceive: return received(*purpose->client, completion);
      case Purpose::Kind::kSend: return sent(*purpose->client, completion.res);
    }
  }

  void accepted(const io_uring_cqe& completion) {
    if ((completion.flags & IORING_CQE_F_MORE) == 0) accept();
    if (completion.res < 0) return;
    go_on(*std::make_unique<Client>(completion.res).release());  // end() takes it back
  }

  void received(Client& client, const io_uring_cqe& completion) {
    if ((completion.flags & IORING_CQE_F_MORE) == 0) client.receiving = client.cancelling = false;
    const bool again = completion.res == -ENOBUFS || completion.res == -ECANCELED;
    client.drained = completion.res > 0 && (completion.flags & IORING_CQE_F_SOCK_NONEMPTY) == 0;
    if (completion.res > 0) {
      if (!client.dialogue.take(buffers_->octets_of(completion), answers_)) client.failed = true;
      buffers_->give_back(completion);
      client.stays = client.dialogue.size() > 0 && !client.dialogue.closes();
    } else if (!again) {
      client.input_ended = true;
      if (completion.res < 0) client.failed = true;
    }
    go_on(client);
  }

  void sent(Client& client, int result) {
    client.sending = false;
    if (result < 0) {
      client.failed = true;
    } else {
      client.dialogue.sent(static_cast<std::size_t>(result));
    }
    go_on(client);
  }

  // Submits the client's next send, receive or close.
  void go_on(Client& client) {
    const std::size_t unsent = client.dialogue.size();
    const bool no_more = client.input_ended || client.dialogue.closes();
    if (client.failed || (no_more && unsent == 0)) return end(client);
    if (unsent > 0 && !client.sending) send(client);
    const bool wanted = !no_more && unsent < kMaxUnsent;
    if (wanted && !client.receiving) receive(client);
    if (!wanted && client.receiving && client.repeating && !client.cancelling) cancel(client);
  }

  // A pending receive keeps the socket open, so close alone would send no FIN. The socket is shut down first,
  // which completes all pending submissions, and closed once they have completed. IORING_OP_SHUTDOWN will not
  // do: a worker thread runs it, and by the time that looks the descriptor up it may be another client's.
  void end(Client& client) {
    if (!client.receiving && !client.sending) {
      io_uring_prep_close(submission(nullptr), client.socket);
      const std::unique_ptr<Client> ended(&client);
    } else if (!client.shut_down) {
      (void)::shutdown(client.socket, SHUT_RDWR);
      client.shut_down = true;
    }
  }

  void accept() {
    io_uring_prep_multishot_accept(submission(&to_accept_), listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
  }

  void receive(Client& client) {
    client.receiving = true;
    client.repeating = multishot_ && client.stays;
    io_uring_sqe* sqe = submission(&client.to_receive);
    if (client.repeating) {
      io_uring_prep_recv_multishot(sqe, client.socket, nullptr, 0, 0);
    } else {
      io_uring_prep_recv(sqe, client.socket, nullptr, 0, 0);
    }
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = ReceiveBuffers::kGroup;
    if (client.drained) sqe->ioprio |= IORING_RECVSEND_POLL_FIRST;  // A first try would find nothing.
  }

  // Ends a multishot receive: the client must read its answers before it can ask for more.
  void cancel(Client& client) {
    client.cancelling = true;
    io_uring_prep_cancel(submission(nullptr), &client.to_receive, 0);
  }

  // MSG_WAITALL: the kernel waits for room in the socket and sends the rest itself.
  void send(Client& client) {
    client.sending = true;
    constexpr int kFlags = MSG_WAITALL | MSG_NOSIGNAL;
    io_uring_sqe* sqe = submission(&client.to_send);
    if (client.dialogue.size() == 1) {
      std::array<iovec, 1> slice;
      (void)client.dialogue.unsent(slice);
      io_uring_prep_send(sqe, client.socket, slice[0].iov_base, slice[0].iov_len, kFlags);
      return;
    }
    if (!client.message) client.message = std::make_unique<Message>();
    client.message->header = {};
    client.message->header.msg_iov = client.message->slices.data();
    client.message->header.msg_iovlen = client.dialogue.unsent(client.message->slices);
    io_uring_prep_sendmsg(sqe, client.socket, &client.message->header, kFlags);
  }

  // A free submission entry, to be filled by one of the io_uring_prep_ helpers: they leave user_data alone.
  io_uring_sqe* submission(Purpose* purpose) {
    io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
    for (; sqe == nullptr; sqe = io_uring_get_sqe(&ring_)) (void)io_uring_submit(&ring_);
    io_uring_sqe_set_data(sqe, purpose);
    return sqe;
  }

  const Answers& answers_;
  const bool multishot_;
  UniqueFd listener_;
  Purpose to_accept_{Purpose::Kind::kAccept, nullptr};
  io_uring ring_{};
  std::unique_ptr<ReceiveBuffers> buffers_;
};

}  // namespace
}  // namespace pollux::bench

int main(int argc, char** argv) {
  using namespace pollux::bench;
  const std::string_view receives = argc == 5 ? argv[4] : "multishot";
  if (argc < 4 || argc > 5 || (receives != "oneshot" && receives != "multishot")) {
    fmt::print(stderr, "usage: bench_limit_ring PORT THREADS FOLDER [multishot|oneshot]\n");
    return 2;
  }
  return run_loops("bench_limit_ring", argv + 1, [&](std::uint16_t port, const Answers& answers) {
    return std::make_unique<RingLoop>(port, answers, receives == "multishot");
  });
}
