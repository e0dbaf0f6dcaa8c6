#include "check.h"

namespace {

struct Case {
  int minor_version;
  std::vector<std::string> connection;
  bool kept;
};

const std::vector<Case> kCases = {
    {1, {}, true},
    {0, {}, false},
    {1, {"close"}, false},
    {1, {"Close"}, false},
    {1, {"keep-alive"}, true},
    {0, {"keep-alive"}, true},
    {0, {"Keep-Alive"}, true},
    {0, {"keep-alive, Upgrade"}, true},
    {0, {"Upgrade ,\tkeep-alive"}, true},
    {1, {"keep-alive, close"}, false},
    {0, {"close,keep-alive"}, false},
    {0, {"Upgrade", "keep-alive"}, true},
    {1, {"Upgrade", " close "}, false},
    {1, {", ,close,"}, false},
    {1, {""}, true},
    {0, {" ,\t, "}, false},
    {1, {"closed"}, true},
    {1, {"not-close"}, true},
    {1, {"x close"}, true},
    {0, {"keep-alive;timeout=5"}, false},
    {1, {"TE"}, true},
};

}  // namespace

int main() {
  for (const Case& one : kCases) {
    const Request request{one.minor_version, one.connection, true};
    const bool kept = keep_alive(request, 1, 1000);
    exercise::check(kept == one.kept,
                    ("HTTP/1." + std::to_string(one.minor_version) +
                     ", Connection: " + (one.connection.empty() ? "(none)" : one.connection.front()))
                        .c_str(),
                    __LINE__);
  }
  CHECK(!keep_alive({1, {}, false}, 1, 1000));
  CHECK(!keep_alive({0, {"keep-alive"}, false}, 1, 1000));
  CHECK(keep_alive({1, {}, true}, 999, 1000));
  CHECK(!keep_alive({1, {}, true}, 1000, 1000));
  CHECK(!keep_alive({1, {"keep-alive"}, true}, 1, 1));
  return exercise::verdict();
}
