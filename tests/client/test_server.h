// A server that does what a test tells it, on a real socket on port 0: well or badly.
#pragma once

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>

#include "base/unique_fd.h"
#include "net/socket_address.h"
#include "tls/openssl.h"

namespace pollux::client {

// One accepted connection, on a thread of its own. Every call ends when the server is closed.
class Peer {
 public:
  Peer(UniqueFd fd, SSL_CTX* context) : fd_(std::move(fd)) {
    if (context == nullptr) return;
    ssl_.reset(SSL_new(context));
    SSL_set_fd(ssl_.get(), fd_.get());
    good_ = SSL_accept(ssl_.get()) == 1;
  }

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] bool good() const { return good_; }

  // Empty at the end.
  std::string read() {
    char octets[16384];
    const auto count = ssl_ ? SSL_read(ssl_.get(), octets, sizeof octets)
                            : static_cast<int>(::recv(fd_.get(), octets, sizeof octets, 0));
    return count > 0 ? std::string(octets, static_cast<std::size_t>(count)) : std::string();
  }

  // A request's head with its blank line, and whatever came with it; empty at the end.
  std::string read_head() {
    std::string head;
    while (head.find("\r\n\r\n") == std::string::npos) {
      const std::string more = read();
      if (more.empty()) return {};
      head += more;
    }
    return head;
  }

  bool write(std::string_view octets) {
    while (!octets.empty()) {
      const auto count =
          ssl_ ? SSL_write(ssl_.get(), octets.data(), static_cast<int>(octets.size()))
               : static_cast<int>(::send(fd_.get(), octets.data(), octets.size(), MSG_NOSIGNAL));
      if (count <= 0) return false;
      octets.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  void end_tls() { SSL_shutdown(ssl_.get()); }

  void reset() {  // RST instead of FIN.
    const linger now{.l_onoff = 1, .l_linger = 0};
    (void)::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }

  void wait_for_end() {
    while (!read().empty()) {
    }
  }

 private:
  UniqueFd fd_;
  tls::SslPtr ssl_;
  bool good_ = true;
};

class TestServer {
 public:
  using Handler = std::function<void(Peer&)>;

  explicit TestServer(Handler handler, SSL_CTX* context = nullptr)
      : handler_(std::move(handler)),
        context_(context),
        listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    auto any = net::SocketAddress::parse("127.0.0.1:0").value();
    EXPECT_EQ(::bind(listener_.get(), any.data(), any.size()), 0);
    EXPECT_EQ(::listen(listener_.get(), 1024), 0);
    port_ = net::SocketAddress::of_socket(listener_.get()).port();
    acceptor_ = std::thread([this] { accept_all(); });
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  ~TestServer() {
    (void)::shutdown(listener_.get(), SHUT_RDWR);
    acceptor_.join();
    {
      const std::lock_guard lock(mutex_);
      for (const int fd : open_) (void)::shutdown(fd, SHUT_RDWR);
    }
    for (std::thread& thread : threads_) thread.join();
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string url(const std::string& target = "/",
                                const std::string& host = "127.0.0.1") const {
    return (context_ == nullptr ? "http://" : "https://") + host + ":" + std::to_string(port_) + target;
  }
  [[nodiscard]] int accepted() const { return accepted_; }

 private:
  void accept_all() {
    for (;;) {
      UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!fd) return;
      ++accepted_;
      const std::lock_guard lock(mutex_);
      open_.push_back(fd.get());
      threads_.emplace_back([this, raw = fd.release()] { serve(UniqueFd(raw)); });
    }
  }

  void serve(UniqueFd fd) {
    const int number = fd.get();
    {
      Peer peer(UniqueFd(::dup(number)), context_);
      if (peer.good()) handler_(peer);
      const std::lock_guard lock(mutex_);
      open_.remove(number);
    }
  }

  const Handler handler_;
  SSL_CTX* const context_;
  UniqueFd listener_;
  std::uint16_t port_ = 0;
  std::atomic<int> accepted_{0};
  std::thread acceptor_;
  std::mutex mutex_;
  std::list<int> open_;
  std::list<std::thread> threads_;
};

inline const std::string kHello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

// Says hello to every request.
inline TestServer::Handler greeting() {
  return [](Peer& peer) {
    while (!peer.read_head().empty()) (void)peer.write(kHello);
  };
}

// A certificate for localhost that signs itself, and a context that shows it.
class TestIdentity {
 public:
  explicit TestIdentity(const char* name = "localhost") : context_(SSL_CTX_new(TLS_server_method())) {
    const tls::PrivateKeyPtr key(EVP_EC_gen("P-256"));
    const tls::X509Ptr certificate(X509_new());
    X509* x = certificate.get();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 86400);
    X509_set_pubkey(x, key.get());
    const auto* common = reinterpret_cast<const unsigned char*>(name);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, common, -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    X509_EXTENSION* names =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, ("DNS:" + std::string(name)).c_str());
    X509_add_ext(x, names, -1);
    X509_EXTENSION_free(names);
    X509_sign(x, key.get(), EVP_sha256());
    SSL_CTX_use_certificate(context_.get(), x);
    SSL_CTX_use_PrivateKey(context_.get(), key.get());
    file_ = testing::TempDir() + "castor-" + name + "-" + std::to_string(::getpid()) + ".pem";
    const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(file_.c_str(), "w"), std::fclose);
    PEM_write_X509(file.get(), x);
  }
  ~TestIdentity() { (void)::unlink(file_.c_str()); }
  TestIdentity(const TestIdentity&) = delete;
  TestIdentity& operator=(const TestIdentity&) = delete;

  [[nodiscard]] SSL_CTX* context() const { return context_.get(); }
  [[nodiscard]] const std::string& file() const { return file_; }

 private:
  tls::SslCtxPtr context_;
  std::string file_;
};

}  // namespace pollux::client
