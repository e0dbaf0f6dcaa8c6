#include "server/process/inherited_sockets.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace pollux::server {
namespace {

using Names = std::vector<std::string>;

TEST(InheritedSockets, NamesOfDescriptors) {
  struct Case {
    ListenVariables variables;
    Names names;
  };
  for (const Case& one : {
           Case{{"", "", ""}, {}},
           Case{{"7", "", ""}, {}},
           Case{{"", "2", ""}, {}},
           Case{{"8", "2", "http:https"}, {}},  // Meant for another process.
           Case{{"7", "2", ""}, {"", ""}},
           Case{{"7", "2", "http:https"}, {"http", "https"}},
           Case{{"7", "1", "pollux.socket"}, {"pollux.socket"}},
           Case{{"7", "3", "http::x"}, {"http", "", "x"}},
       }) {
    EXPECT_EQ(descriptor_names(one.variables, 7), one.names)
        << one.variables.pid << ' ' << one.variables.count << ' ' << one.variables.names;
  }
}

TEST(InheritedSockets, Contradictions) {
  for (const ListenVariables& variables :
       {ListenVariables{"x", "1", ""}, ListenVariables{"-7", "1", ""}, ListenVariables{"7", "one", ""},
        ListenVariables{"7", "0", ""}, ListenVariables{"7", "-1", ""},
        ListenVariables{"7", "99999999999", ""}, ListenVariables{"7", "1025", ""},
        ListenVariables{"7", "2", "http"}, ListenVariables{"7", "1", "http:https"},
        ListenVariables{"7", "1", "http:"}}) {
    EXPECT_THROW((void)descriptor_names(variables, 7), std::runtime_error)
        << variables.pid << ' ' << variables.count << ' ' << variables.names;
  }
}

}  // namespace
}  // namespace pollux::server
