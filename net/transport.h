// The octets of one socket, in and out, in plain text or through TLS.
//
//            plain:  socket ---------------------------------> in        out ----------------> socket
//            TLS:    socket --> tls->input --> decrypt() --> in        out --> tls->output --> socket
//
// So everything above it sees plain octets only, and everything that has to do with a socket is here and the
// same for both. TLS is a codec between two buffers (tls/session.h): receive() does no cryptography, which
// is left to whoever calls decrypt() and flush().
//
// It never waits, and knows no threads, deadlines or protocols; those are net/connection.h's.
// Thread: none of its own; used by whichever thread holds the connection.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/buffer.h"
#include "base/output_queue.h"
#include "base/unique_fd.h"
#include "tls/session.h"

namespace pollux::net {

class Transport {
 public:
  static constexpr std::uint64_t kWriteBudget = 2 * 1024 * 1024;  // Octets sent before others get their turn.

  // `socket`: connected and non-blocking. `tls`: nullptr for plain text.
  Transport(UniqueFd socket, std::unique_ptr<tls::Session> tls);

  Buffer in;        // Plain octets that came and are not yet understood.
  OutputQueue out;  // Plain octets to be sent.

  // Level-triggered, it reads once: epoll reports what is left again. Edge-triggered, until the socket is
  // drained, or its budget is spent. `end_announced`: epoll has said that there is an end to be read.
  // Throws std::bad_alloc.
  void receive(bool edge_triggered, bool end_announced);

  [[nodiscard]] bool input_left() const {
    return input_left_;
  }  // receive() ended before the socket was drained.
  [[nodiscard]] bool end_of_input() const { return end_of_input_; }  // Nothing follows what is in `in`.
  [[nodiscard]] bool failed() const { return failed_; }  // A socket error: there is nobody to talk to.
  [[nodiscard]] bool nothing_came() const { return empty() && !end_of_input_ && !failed_; }
  [[nodiscard]] bool has_unread() const;  // The kernel has octets that receive() has not yet seen.

  enum class Security : std::uint8_t {
    kReady,      // Octets can be exchanged. Of plain text, always.
    kHandshake,  // They cannot yet.
    kNotTls,     // The client speaks plain text.
    kBroken,     // tls_failure() says why; an alert is to be flushed.
  };
  // Decrypts what was received. Throws std::bad_alloc.
  [[nodiscard]] Security decrypt();
  [[nodiscard]] bool ready() const { return !tls_ || tls_->established(); }
  // The costly part of a handshake, a key exchange and a signature, is yet to come.
  [[nodiscard]] bool handshake_ahead() const { return tls_ && !tls_->finished(); }
  [[nodiscard]] bool resumed() const { return tls_ && tls_->resumed(); }  // REQUIRES: ready().
  [[nodiscard]] std::string_view tls_failure() const { return tls_->reason(); }

  // After kNotTls: goes on in plain text, with what was received in `in`.
  void give_up_tls();

  enum class Flush : std::uint8_t { kDone, kBlocked, kBroken };
  struct Flushed {
    Flush state = Flush::kDone;
    bool progress = false;  // The socket took something.
  };
  // Writes what is to be sent until the socket takes no more, or others should get their turn.
  [[nodiscard]] Flushed flush();

  [[nodiscard]] bool all_sent() const;
  [[nodiscard]] bool empty() const;  // Neither way is there anything in the buffers.
  void discard_input();
  void release();  // REQUIRES: empty(). Frees the memory.

  // No more will be sent. shut_down() also tells TCP; false: there is no connection any more.
  [[nodiscard]] bool shut_down();
  void close();  // After what the kernel has taken was delivered.
  void reset();  // At once: the kernel forgets what was not delivered.

  [[nodiscard]] int fd() const { return socket_.get(); }

 private:
  enum class Read : std::uint8_t { kFilled, kShort, kBlocked, kEnd };

  [[nodiscard]] Read read_once();
  [[nodiscard]] std::optional<std::size_t> next_to_send(std::span<iovec> iov);
  [[nodiscard]] bool encrypt_some();
  void end_tls();

  UniqueFd socket_;
  std::unique_ptr<tls::Session> tls_;  // nullptr: plain text.
  bool end_of_input_ = false;
  bool input_left_ = false;
  bool failed_ = false;
};

}  // namespace pollux::net
