// Is this certificate for the host that the client wanted? (RFC 9525 6, RFC 9110 4.3.4)
//
// An authority that is trusted signs certificates for everybody; so a client that does not look at the name
// talks to anybody who has one. This version looks at how the host ends, and takes "evilbank.example" for
// "bank.example". Mend is_for():
//  - a DNS name matches if it is the same, letter case aside (ASCII); a host may end in the dot of the
//    root, "bank.example.";
//  - "*" stands for exactly one label, and only as the whole first label of a name with two more at least:
//    "*.bank.example" is for "www.bank.example", but neither for "bank.example" nor for "a.b.bank.example";
//    "*.example", "*" and "w*.bank.example" match nothing, themselves included;
//  - an address ("192.0.2.1", "::1") matches an Address entry that is the same, and never a DNS name or a
//    wildcard; a DNS name never matches an Address entry;
//  - names may contain any octet, also '\0': what stands behind it counts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

struct Name {
  enum class Kind { kDns, kAddress };
  Kind kind;
  std::string text;
};

// Hosts that are numeric addresses: only digits and dots, or a colon somewhere. Given, and right.
inline bool is_address(std::string_view host) {
  return host.find(':') != std::string_view::npos ||
         host.find_first_not_of("0123456789.") == std::string_view::npos;
}

// `names`: those that the certificate is for.
inline bool is_for(const std::vector<Name>& names, std::string_view host) {
  for (const Name& name : names) {
    std::string_view text = name.text.c_str();
    if (text.substr(0, 2) == "*.") text.remove_prefix(2);
    if (host.size() >= text.size() && host.substr(host.size() - text.size()) == text) return true;
  }
  return false;
}
