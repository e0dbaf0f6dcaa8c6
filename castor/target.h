// The request of a target, ready to be sent: octets formatted once, an address found once.
//
// Constant after construction. Thread: any.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "castor/options/options.h"
#include "castor/prepared_request.h"
#include "client/url.h"
#include "net/socket_address.h"
#include "tls/client_context.h"

namespace pollux::castor {

// The program cannot begin: a name without an address, a file of authorities that is none.
class StartError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Origin {
  std::string host;
  net::SocketAddress address;  // Of the proxy, where there is one.
  std::string unix_path = {};  // Not empty: there instead.
  bool https = false;
  std::vector<PreparedRequest> requests;  // One for each URL.
};

struct Targets {
  std::vector<Origin> origins;
  bool https = false;  // Any of them.
  std::vector<net::SocketAddress> sources;

  // Throws UsageError for what may not be asked for, StartError for what cannot be.
  [[nodiscard]] static Targets of(const Options& options);
};

// Whom the options trust. One for each thread: they would wait for each other at its counters. Throws
// StartError.
[[nodiscard]] std::shared_ptr<const tls::ClientContext> make_tls(const Options& options);

// Whether that address is one of this machine's.
[[nodiscard]] bool is_this_machine(const net::SocketAddress& address);

}  // namespace pollux::castor
