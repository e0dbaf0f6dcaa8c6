#include <string>

#include "check.h"

namespace {

constexpr auto kDns = Name::Kind::kDns;
constexpr auto kAddress = Name::Kind::kAddress;

struct Case {
  Name name;
  std::string host;
  bool is_for;
};

const Case kCases[] = {
    {{kDns, "bank.example"}, "bank.example", true},
    {{kDns, "bank.example"}, "BANK.Example", true},
    {{kDns, "Bank.EXAMPLE"}, "bank.example", true},
    {{kDns, "bank.example"}, "bank.example.", true},
    {{kDns, "bank.example"}, "evilbank.example", false},
    {{kDns, "bank.example"}, "www.bank.example", false},
    {{kDns, "bank.example"}, "bank.example.evil.example", false},
    {{kDns, "bank.example"}, "example", false},
    {{kDns, "bank.example"}, "", false},
    {{kDns, "bank.example"}, ".", false},
    {{kDns, ""}, "bank.example", false},
    {{kDns, "*.bank.example"}, "www.bank.example", true},
    {{kDns, "*.bank.example"}, "WWW.bank.Example.", true},
    {{kDns, "*.bank.example"}, "bank.example", false},
    {{kDns, "*.bank.example"}, ".bank.example", false},
    {{kDns, "*.bank.example"}, "a.b.bank.example", false},
    {{kDns, "*.bank.example"}, "evilbank.example", false},
    {{kDns, "*.bank.example"}, "www.evilbank.example", false},
    {{kDns, "*.example"}, "bank.example", false},
    {{kDns, "*"}, "bank", false},
    {{kDns, "*"}, "*", false},
    {{kDns, "w*.bank.example"}, "www.bank.example", false},
    {{kDns, "w*.bank.example"}, "w*.bank.example", false},
    {{kDns, "www.*.example"}, "www.bank.example", false},
    {{kDns, "*.*.example"}, "www.bank.example", false},
    {{kAddress, "192.0.2.1"}, "192.0.2.1", true},
    {{kAddress, "192.0.2.1"}, "192.0.2.11", false},
    {{kAddress, "2.1"}, "192.0.2.1", false},
    {{kAddress, "::1"}, "::1", true},
    {{kAddress, "::1"}, "2001:db8::1", false},
    {{kDns, "192.0.2.1"}, "192.0.2.1", false},
    {{kDns, "*.0.2.1"}, "192.0.2.1", false},
    {{kAddress, "bank.example"}, "bank.example", false},
    {{kDns, std::string("bank.example\0.evil.example", 26)}, "bank.example", false},
    {{kDns, std::string("bank.example\0.evil.example", 26)}, "www.bank.example", false},
};

std::string printable(std::string text) {
  if (const std::size_t nul = text.find('\0'); nul != std::string::npos) text.replace(nul, 1, "\\0");
  return text;
}

}  // namespace

int main() {
  for (const Case& one : kCases) {
    if (is_for({one.name}, one.host) == one.is_for) continue;
    std::printf("\"%s\" is %sfor \"%s\"\n", printable(one.name.text).c_str(), one.is_for ? "" : "not ",
                one.host.c_str());
    ++exercise::failed;
  }
  CHECK(!is_for({}, "bank.example"));
  CHECK(is_for({{kDns, "other.example"}, {kAddress, "192.0.2.1"}, {kDns, "*.bank.example"}},
               "www.bank.example"));
  return exercise::verdict();
}
