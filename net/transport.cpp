#include "net/transport.h"

#include <array>
#include <utility>

namespace pollux::net {

namespace {

constexpr std::size_t kRecord = 16 * 1024;          // The maximum of a TLS record (RFC 8446 5.1).
constexpr std::size_t kEncryptAhead = 4 * kRecord;  // Octets encrypted for one write.

}  // namespace

// --- In ------------------------------------------------------------------------------------------

Transport::Security Transport::decrypt() {
  if (!tls_) return Security::kReady;
  switch (tls_->decrypt(in())) {
    case tls::Session::Result::kOk: break;
    case tls::Session::Result::kEnd: end_of_input_ = end_said_ = true; break;
    case tls::Session::Result::kNotTls: return Security::kNotTls;
    case tls::Session::Result::kFailed: return Security::kBroken;
  }
  return tls_->established() ? Security::kReady : Security::kHandshake;
}

void Transport::begin_tls(std::unique_ptr<tls::Session> tls) {
  tls_ = std::move(tls);
  (void)tls_->begin();  // An error shows only with the server's response.
}

void Transport::accept_tls(std::unique_ptr<tls::Session> tls) {
  tls->input().append(in().readable());
  in().consume(in().size());
  tls_ = std::move(tls);
}

void Transport::give_up_tls() {
  in().append(tls_->input().readable());
  tls_.reset();
}

void Transport::discard_input() {
  if (buffers_) {
    buffers_->in.consume(buffers_->in.size());
    buffers_->in.wipe();  // It may be the rest of a refused request.
  }
  if (tls_) tls_->input().consume(tls_->input().size());
}

// --- Out -----------------------------------------------------------------------------------------

bool Transport::all_sent() const {
  if (!tls_) return nothing_queued();
  const bool nothing_to_encrypt = nothing_queued() || !tls_->established() || !tls_->reason().empty();
  return nothing_to_encrypt && tls_->output().empty();
}

std::optional<OutputQueue::Gathered> Transport::to_send(std::span<iovec> iov) {
  if (!tls_) return out().gather(iov);
  if (!encrypt_some()) return std::nullopt;
  const std::string_view octets = tls_->output().readable();
  iov.front() = {const_cast<char*>(octets.data()), octets.size()};  // writev(2) only reads it.
  return OutputQueue::Gathered{1, std::nullopt};
}

// false: there is nothing that could be sent, although there should be.
bool Transport::encrypt_some() {
  Buffer& wire = tls_->output();
  std::array<char, kRecord> record;
  while (wire.size() < kEncryptAhead && !nothing_queued() && tls_->established() && tls_->reason().empty()) {
    const auto taken = out().take(record);
    if (!taken || !tls_->encrypt({record.data(), *taken})) return !wire.empty();
  }
  return true;
}

void Transport::lend() {
  if (tls_) {
    tls_->output().pin();
  } else {
    out().lend();
  }
}

void Transport::sent(std::size_t octets) {
  if (tls_) {
    tls_->output().unpin();
    tls_->output().consume(octets);
  } else {
    out().consume(octets);
  }
}

std::string_view Transport::farewell() {
  if (!tls_) return {};
  tls_->end();
  const std::string_view octets = tls_->output().readable();
  tls_->output().consume(octets.size());
  return octets;
}

std::uint64_t Transport::octets_sent() const { return buffers_ ? buffers_->out.consumed() : sent_before_; }

// --- Both ----------------------------------------------------------------------------------------

std::size_t Transport::memory() const {
  return (buffers_ ? buffers_->in.capacity() + buffers_->out.memory() : 0) +
         (tls_ ? tls_->input().capacity() + tls_->output().capacity() : 0);
}

void Transport::trim() {
  if (buffers_) {
    buffers_->in.trim();
    buffers_->out.trim();
  }
  if (!tls_) return;
  tls_->input().trim();
  tls_->output().trim();
}

void Transport::release() {
  sent_before_ = octets_sent();
  buffers_.reset();
  if (tls_) tls_->release();
}

bool Transport::empty() const {
  return nothing_queued() && (!buffers_ || buffers_->in.empty()) &&
         (!tls_ || (tls_->input().empty() && tls_->output().empty()));
}

}  // namespace pollux::net
