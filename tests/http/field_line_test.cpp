#include "http/field_line.h"

#include <gtest/gtest.h>

namespace pollux::http {
namespace {

TEST(FieldLine, FieldsOfOneConnection) {
  const struct {
    std::string_view name;
    bool of_connection;
  } rows[] = {
      {"Connection", true},
      {"keep-alive", true},
      {"Proxy-Connection", true},
      {"TRANSFER-ENCODING", true},
      {"Upgrade", true},
      {"Content-Encoding", false},
      {"TE", false},
      {"Upgrades", false},
      {"", false},
  };
  for (const auto& row : rows) EXPECT_EQ(is_of_connection(row.name), row.of_connection) << row.name;
}

}  // namespace
}  // namespace pollux::http
