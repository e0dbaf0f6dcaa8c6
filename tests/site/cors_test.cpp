// What scripts of other sites are told (Fetch standard, 3.2).
#include "site/cors.h"

#include <gtest/gtest.h>

#include <string>

#include "site/origin.h"
#include "tests/site/asked.h"

namespace pollux::site {
namespace {

using std::chrono::seconds;

std::string preflight(const CorsOptions& options, const std::string& fields) {
  const Asked asked(fields, "OPTIONS");
  EXPECT_TRUE(Cors::is_preflight(asked.request())) << fields;
  const http::Response response = Cors(options).preflight(asked.request());
  EXPECT_EQ(response.status, http::Status::kNoContent);
  EXPECT_EQ(http::length_of(response.body), 0U);
  return response.fields.text();
}

std::string answer(const CorsOptions& options, const std::string& fields) {
  http::Response response;
  Cors(options).apply(Asked(fields).request(), response);
  return response.fields.text();
}

constexpr const char* kFromA = "Origin: https://a.example\r\nAccess-Control-Request-Method: PUT\r\n";
constexpr const char* kFromX = "Origin: https://x.example\r\nAccess-Control-Request-Method: PUT\r\n";

TEST(Cors, Answers) {
  const CorsOptions any = {.origins = {"*"}};
  const CorsOptions two = {.origins = {"https://A.example:443", "http://b.example:8080"},
                           .methods = {"GET", "PUT"},
                           .headers = {"X-Id", "Content-Type"},
                           .expose = {"ETag", "X-Total"},
                           .max_age = seconds(600),
                           .credentials = true};
  const CorsOptions null = {.origins = {"null"}, .methods = {"*"}, .headers = {"*"}, .expose = {"*"}};
  const struct {
    const CorsOptions& options;
    const char* fields;
    const char* preflight;  // nullptr: it is none.
    const char* answer;
  } rows[] = {
      {any, kFromA, "Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Methods: GET, HEAD\r\n",
       "Access-Control-Allow-Origin: *\r\n"},
      {any, "", nullptr, "Access-Control-Allow-Origin: *\r\n"},
      {any, "Origin: null\r\n", nullptr, "Access-Control-Allow-Origin: *\r\n"},
      {two, kFromA,
       "Access-Control-Allow-Origin: https://a.example\r\nAccess-Control-Allow-Credentials: true\r\n"
       "Access-Control-Allow-Methods: GET, PUT\r\nAccess-Control-Allow-Headers: X-Id, Content-Type\r\n"
       "Access-Control-Max-Age: 600\r\nVary: Origin\r\n",
       "Access-Control-Allow-Origin: https://a.example\r\nAccess-Control-Allow-Credentials: true\r\n"
       "Access-Control-Expose-Headers: ETag, X-Total\r\nVary: Origin\r\n"},
      {two, kFromX, "Vary: Origin\r\n", "Vary: Origin\r\n"},
      {two, "", nullptr, "Vary: Origin\r\n"},
      {two, "Origin: null\r\n", nullptr, "Vary: Origin\r\n"},
      {two, "Origin: https://a.example.evil\r\n", nullptr, "Vary: Origin\r\n"},
      {two, "Origin: https://a.example:444\r\n", nullptr, "Vary: Origin\r\n"},
      {two, "Origin: http://a.example\r\n", nullptr, "Vary: Origin\r\n"},
      {two, "Origin:\r\n", nullptr, "Vary: Origin\r\n"},
      {two, "Origin: https://a.example\r\nOrigin: https://a.example\r\n", nullptr, "Vary: Origin\r\n"},
      {two, "Origin: http://b.example:8080\r\n", nullptr,
       "Access-Control-Allow-Origin: http://b.example:8080\r\nAccess-Control-Allow-Credentials: true\r\n"
       "Access-Control-Expose-Headers: ETag, X-Total\r\nVary: Origin\r\n"},
      {null, "Origin: null\r\nAccess-Control-Request-Method: GET\r\n",
       "Access-Control-Allow-Origin: null\r\nAccess-Control-Allow-Methods: *\r\n"
       "Access-Control-Allow-Headers: *\r\nVary: Origin\r\n",
       "Access-Control-Allow-Origin: null\r\nAccess-Control-Expose-Headers: *\r\nVary: Origin\r\n"},
  };
  for (const auto& row : rows) {
    if (row.preflight != nullptr) {
      EXPECT_EQ(preflight(row.options, row.fields), row.preflight) << row.fields;
    }
    EXPECT_EQ(answer(row.options, row.fields), row.answer) << row.fields;
  }
}

TEST(Cors, PreflightsAreToldFromOtherRequests) {
  const struct {
    const char* method;
    const char* fields;
    bool preflight;
  } rows[] = {
      {"OPTIONS", kFromA, true},
      {"OPTIONS", "Origin: https://a.example\r\n", false},
      {"OPTIONS", "Access-Control-Request-Method: PUT\r\n", false},
      {"OPTIONS", "", false},
      {"GET", kFromA, false},
  };
  for (const auto& row : rows)
    EXPECT_EQ(Cors::is_preflight(Asked(row.fields, row.method).request()), row.preflight) << row.fields;
}

TEST(Cors, ReplacesWhatOthersHaveSet) {
  http::Response response;
  response.prepared = "Access-Control-Allow-Origin: *\r\nVary: Accept-Encoding\r\n";
  response.add_field("Access-Control-Allow-Credentials", "true");
  Cors({.origins = {"https://a.example"}}).apply(Asked("Origin: https://a.example\r\n").request(), response);
  EXPECT_EQ(response.fields.text(),
            "Vary: Accept-Encoding\r\nAccess-Control-Allow-Origin: https://a.example\r\nVary: Origin\r\n");
}

TEST(Cors, BadOptionsAreNamed) {
  const struct {
    CorsOptions options;
    const char* message;
  } rows[] = {
      {{.origins = {}}, "origins: there are none"},
      {{.origins = {"*"}, .credentials = true},
       "origins = * and credentials do not go together: browsers refuse it; list them"},
      {{.origins = {"https://a.example"}, .methods = {"*"}, .credentials = true},
       "methods = * and credentials do not go together: browsers refuse it; list them"},
      {{.origins = {"https://a.example"}, .headers = {"*"}, .credentials = true},
       "headers = * and credentials do not go together: browsers refuse it; list them"},
      {{.origins = {"https://a.example"}, .expose = {"*"}, .credentials = true},
       "expose = * and credentials do not go together: browsers refuse it; list them"},
      {{.origins = {"*", "https://a.example"}}, "origins: * has to stand alone, it is everything"},
      {{.origins = {"a.example"}}, "origins: \"a.example\" is not an origin: it has to begin like https://"},
      {{.origins = {"*"}, .methods = {"GET POST"}}, "methods: \"GET POST\" cannot be a name"},
      {{.origins = {"*"}, .headers = {"X\r\nY: z"}}, "headers: \"X\\x0d\\x0aY: z\" cannot be a name"},
      {{.origins = {"*"}, .expose = {""}}, "expose: \"\" cannot be a name"},
      {{.origins = {"*"}, .max_age = seconds(-1)}, "max_age is negative"},
      {{.origins = std::vector<std::string>(1001, "https://a.example")},
       "origins: there are more than 1000 elements"},
  };
  for (const auto& row : rows) {
    try {
      const Cors cors(row.options);
      ADD_FAILURE() << row.message;
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), row.message);
    }
  }
}

TEST(Origin, IsWrittenAsBrowsersDo) {
  const struct {
    const char* text;
    const char* origin;  // nullptr: it is none.
  } rows[] = {
      {"https://example.org", "https://example.org"},
      {"HTTPS://Example.ORG:443", "https://example.org"},
      {"http://example.org:80", "http://example.org"},
      {"http://example.org:443", "http://example.org:443"},
      {"http://localhost:3000", "http://localhost:3000"},
      {"http://[::1]:3000", "http://[::1]:3000"},
      {"http://[::1]", "http://[::1]"},
      {"chrome-extension://abcdef", "chrome-extension://abcdef"},
      {"null", "null"},
      {"NULL", nullptr},
      {"", nullptr},
      {"*", nullptr},
      {"example.org", nullptr},
      {"//example.org", nullptr},
      {"://example.org", nullptr},
      {"https://", nullptr},
      {"https://example.org/", nullptr},
      {"https://example.org/path", nullptr},
      {"https://*.example.org", nullptr},
      {"https://user@example.org", nullptr},
      {"https://example.org:", nullptr},
      {"https://example.org:0", nullptr},
      {"https://example.org:65536", nullptr},
      {"https://example.org:8o", nullptr},
      {"https://example.org:080", nullptr},
      {"https://[::1", nullptr},
      {"https://[]", nullptr},
      {"https://a b", nullptr},
      {"https://b\u00fccher.example", nullptr},  // Browsers write xn--bcher-kva.
      {"1https://example.org", nullptr},
      {"https://a,https://b", nullptr},
  };
  for (const auto& row : rows) {
    const Parsed<std::string> parsed = parse_origin(row.text);
    EXPECT_EQ(parsed.value.has_value(), row.origin != nullptr) << row.text;
    EXPECT_EQ(parsed.error.empty(), row.origin != nullptr) << row.text;
    if (row.origin != nullptr) {
      EXPECT_EQ(parsed.value, row.origin);
    }
  }
}

}  // namespace
}  // namespace pollux::site
