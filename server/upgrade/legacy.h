// The state that a process hands to its successor (successor.h), beside its listening sockets. It is text in
// records that end in NUL, which no path contains. The reader may be of another version, and skips records it
// does not know.
//
// Thread: values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "server/process/landlock.h"
#include "tls/ticket_keys.h"

namespace pollux::server {

struct Legacy {
  struct Socket {
    std::string place;  // See listening_sockets.h.
    std::string name;

    bool operator==(const Socket&) const = default;
  };

  // The keys of session tickets, which the destructor overwrites.
  struct TicketKeys {
    tls::TicketKeys::Octets octets{};
    milliseconds due{0};  // Until a new key is due.

    TicketKeys();
    TicketKeys(const TicketKeys&) = default;
    TicketKeys& operator=(const TicketKeys&) = default;
    ~TicketKeys();
  };

  std::vector<Socket> sockets;            // In the order of their descriptors.
  std::vector<PathRule> sandbox;          // The rules in force; empty: no sandbox.
  std::optional<TicketKeys> ticket_keys;  // std::nullopt: without TLS.
};

// Secret if it contains ticket keys.
[[nodiscard]] std::string text_of(const Legacy& legacy);

// Throws std::runtime_error if `text` is malformed.
[[nodiscard]] Legacy parse_legacy(std::string_view text);

}  // namespace pollux::server
