// The octets of one connection, in and out, in plain text or through TLS.
//
//            plain:  wire ---------------------------------> in        out ----------------> wire
//            TLS:    wire --> tls->input --> decrypt() --> in        out --> tls->output --> wire
//
// So all code above it sees plain octets only, and the wire (net/wire.h) sees only received octets and octets
// to send. TLS is a codec between two buffers (tls/session.h): input stays encrypted until decrypt(), so a
// loop can receive and leave the cryptography to a worker.
//
// Each connection of the server and of the client library has one. (Those of the load generator have none:
// castor/client.h says why.)
//
// It never waits, and knows no socket, thread, deadline or protocol.
//
// Thread: the one that holds the connection.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/buffer.h"
#include "base/output_queue.h"
#include "tls/session.h"

namespace pollux::net {

class Transport {
 public:
  explicit Transport(std::unique_ptr<tls::Session> tls = nullptr)
      : tls_(std::move(tls)) {}  // nullptr: plain.

  // Plain octets that were received and not yet parsed, and plain octets to send. Allocated on the first call
  // after release(): an idle connection has no buffers. Throw std::bad_alloc.
  [[nodiscard]] Buffer& in() { return buffers().in; }
  [[nodiscard]] OutputQueue& out() { return buffers().out; }
  [[nodiscard]] std::uint64_t octets_sent() const;  // Plain octets that have left `out` since the beginning.

  // --- For the wire: what was received.

  [[nodiscard]] Buffer& wire_input() { return tls_ ? tls_->input() : in(); }  // Append to it.
  void end_input() { end_of_input_ = true; }  // The peer has shut down its sending side.
  void fail(int error) { error_ = error; }    // A socket error (errno): the connection is lost.

  // --- For the wire: what is to be sent.

  // What is to be sent next: entries of `iov`, and maybe a slice of a file behind them
  // (OutputQueue::gather()). Not nothing unless all_sent(). std::nullopt: it cannot be had, since a file has
  // changed; close.
  [[nodiscard]] std::optional<OutputQueue::Gathered> to_send(std::span<iovec> iov);
  // Until sent(), the octets that to_send() has just listed may be read: they are neither moved nor freed.
  void lend();
  void copy_slice() { out().copy_slice(); }  // For a slice that its file cannot send.
  void sent(std::size_t octets);             // REQUIRES: no more than to_send() listed.
  [[nodiscard]] bool all_sent() const;
  // TLS has failed with plain octets left, which cannot be sent.
  [[nodiscard]] bool cut_short() const { return tls_ && !tls_->reason().empty() && !nothing_queued(); }
  [[nodiscard]] std::string_view farewell();  // The last octets of a TLS session; best effort.

  // --- For the connection.

  [[nodiscard]] bool end_of_input() const { return end_of_input_; }  // Nothing follows after in().
  [[nodiscard]] bool end_was_said() const {
    return end_said_;
  }  // By TLS (close_notify): nothing was cut off.
  [[nodiscard]] bool failed() const { return error_ != 0; }
  [[nodiscard]] int error() const { return error_; }  // errno; 0: none.
  [[nodiscard]] bool nothing_came() const { return empty() && !end_of_input_ && !failed(); }

  enum class Security : std::uint8_t {
    kReady,      // Octets can be exchanged. Always, in plain text.
    kHandshake,  // Not yet.
    kNotTls,     // The peer speaks plain text.
    kBroken,     // tls_failure() has the reason; an alert is still to be flushed.
  };
  // Decrypts what was received. Throws std::bad_alloc.
  [[nodiscard]] Security decrypt();
  [[nodiscard]] bool ready() const { return !tls_ || tls_->established(); }
  // The costly part of a handshake, a key exchange and a signature, is yet to come.
  [[nodiscard]] bool handshake_ahead() const { return tls_ && !tls_->finished(); }
  [[nodiscard]] bool resumed() const { return tls_ && tls_->resumed(); }  // REQUIRES: ready().
  [[nodiscard]] std::string_view tls_failure() const { return tls_->reason(); }
  // Whether the certificate that was presented is for this host; always, in plain text.
  [[nodiscard]] bool is_certified_for(std::string_view host) const {
    return !tls_ || tls_->is_certified_for(host);
  }
  // Agreed on by ALPN; empty: nothing was agreed on, or plain text.
  [[nodiscard]] std::string_view application_protocol() const {
    return tls_ ? tls_->application_protocol() : std::string_view();
  }
  [[nodiscard]] std::string_view tls_version() const {  // "TLSv1.3"; empty: plain text, or not ready().
    return tls_ && tls_->established() ? tls_->version() : std::string_view();
  }
  [[nodiscard]] tls::Session* tls() { return tls_.get(); }  // nullptr: plain text.

  // Begins TLS as a client. REQUIRES: nothing is left to be sent or parsed.
  void begin_tls(std::unique_ptr<tls::Session> tls);
  // Begins TLS as a server, with what is in in(). REQUIRES: plain text so far, and nothing was sent.
  void accept_tls(std::unique_ptr<tls::Session> tls);
  // After kNotTls: goes on in plain text, with the received octets in `in`.
  void give_up_tls();

  [[nodiscard]] bool empty() const;          // The buffers are empty in both directions.
  [[nodiscard]] std::size_t memory() const;  // Bytes held by the buffers.
  void trim();                               // Gives back what large buffers no longer use.
  void unmap() {                             // See OutputQueue.
    if (buffers_) buffers_->out.unmap();
  }
  void discard_input();
  void release();  // REQUIRES: empty(). Frees the memory.

 private:
  struct Buffers {
    explicit Buffers(std::uint64_t sent) : out(sent) {}
    Buffer in;
    OutputQueue out;
  };

  [[nodiscard]] Buffers& buffers() {
    if (!buffers_) buffers_ = std::make_unique<Buffers>(sent_before_);
    return *buffers_;
  }
  [[nodiscard]] bool nothing_queued() const { return !buffers_ || buffers_->out.empty(); }
  [[nodiscard]] bool encrypt_some();

  std::unique_ptr<Buffers> buffers_;   // nullptr: both are empty.
  std::uint64_t sent_before_ = 0;      // What octets_sent() was when they were released.
  std::unique_ptr<tls::Session> tls_;  // nullptr: plain text.
  int error_ = 0;
  bool end_of_input_ = false;
  bool end_said_ = false;
};

}  // namespace pollux::net
