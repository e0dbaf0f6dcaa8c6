// The target of a run, ready to use: requests are formatted once, and addresses are looked up once.
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

// The program cannot begin: for example a name without an address, or an invalid CA file.
class StartError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Origin {
  std::string host;
  net::SocketAddress address;  // The proxy's, if there is one.
  std::string unix_path = {};  // If not empty, connect there instead.
  bool https = false;
  std::vector<PreparedRequest> requests;  // One for each URL.
};

struct Targets {
  std::vector<Origin> origins;
  bool https = false;  // Whether any URL is https.
  std::vector<net::SocketAddress> sources;

  // Throws UsageError for a target that is not allowed, StartError for one that cannot be used.
  [[nodiscard]] static Targets of(const Options& options);
};

// The authorities that the options trust. One for each thread: threads would contend for its counters. Throws
// StartError.
[[nodiscard]] std::shared_ptr<const tls::ClientContext> make_tls(const Options& options);

// Whether `address` belongs to this machine.
[[nodiscard]] bool is_this_machine(const net::SocketAddress& address);

}  // namespace pollux::castor
