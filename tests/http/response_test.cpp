// Fields of responses as tables, prepared and own, and the body's kinds.
#include "http/response.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace pollux::http {
namespace {

struct Row {
  const char* what;
  std::string prepared;
  std::string own;
  std::function<void(Response&)> change;
  std::string after;  // Prepared and own lines.
};

TEST(Response, FieldsAreLookedAtReplacedAndRemoved) {
  const std::vector<Row> rows = {
      {"add", "A: 1\r\n", "", [](Response& r) { r.add_field("B", "2"); }, "A: 1\r\nB: 2\r\n"},
      {"add one that is there", "A: 1\r\n", "", [](Response& r) { r.add_field("A", "2"); },
       "A: 1\r\nA: 2\r\n"},
      {"replace a prepared one", "A: 1\r\nB: 2\r\n", "C: 3\r\n", [](Response& r) { r.set_field("a", "x"); },
       "B: 2\r\nC: 3\r\na: x\r\n"},
      {"replace all of a name", "A: 1\r\n", "A: 2\r\n", [](Response& r) { r.set_field("A", "3"); },
       "A: 3\r\n"},
      {"set a new one", "", "", [](Response& r) { r.set_field("A", "1"); }, "A: 1\r\n"},
      {"remove a prepared one", "A: 1\r\nB: 2\r\n", "", [](Response& r) { r.remove_field("A"); }, "B: 2\r\n"},
      {"remove an own one", "A: 1\r\n", "B: 2\r\nC: 3\r\n", [](Response& r) { r.remove_field("b"); },
       "A: 1\r\nC: 3\r\n"},
      {"remove none", "A: 1\r\n", "B: 2\r\n", [](Response& r) { r.remove_field("AB"); }, "A: 1\r\nB: 2\r\n"},
      {"an empty value", "A: \r\n", "", [](Response& r) { r.set_field("B", ""); }, "A: \r\nB: \r\n"},
  };
  for (const Row& row : rows) {
    Response response;
    response.prepared = row.prepared;
    response.fields.append(row.own);
    row.change(response);
    EXPECT_EQ(std::string(response.prepared) + response.fields.text(), row.after) << row.what;
  }
}

TEST(Response, AFieldIsFoundWhereverItIs) {
  Response response;
  response.prepared = "ETag: \"1\"\r\nContent-Type: a: b\r\n";
  response.add_field("Vary", "Origin");
  EXPECT_EQ(response.find_field("etag"), "\"1\"");
  EXPECT_EQ(response.find_field("Content-Type"), "a: b");
  EXPECT_EQ(response.find_field("VARY"), "Origin");
  EXPECT_EQ(response.find_field("Var"), std::nullopt);
  EXPECT_EQ(response.find_field(""), std::nullopt);
}

TEST(Response, ABodyKnowsItsLengthUnlessItIsMadeWhileItIsSent) {
  class Endless final : public BodySource {
    Result produce(std::string& to, std::size_t /*room*/) override {
      to += 'x';
      return Result::kMore;
    }
  };
  EXPECT_EQ(length_of(std::string("abc")), 3U);
  EXPECT_EQ(length_of(std::make_shared<const std::string>("shared")), 6U);
  EXPECT_EQ(length_of(FileSlice{nullptr, 5, 7}), 7U);
  EXPECT_EQ(length_of(std::vector<BodyPart>{{"ab", {nullptr, 0, 10}}, {"c"}}), 13U);
  EXPECT_EQ(length_of(std::make_unique<Endless>()), std::nullopt);
}

}  // namespace
}  // namespace pollux::http
