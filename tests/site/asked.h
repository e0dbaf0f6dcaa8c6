// A complete request made of text, for tests of what reads its fields.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "base/base64.h"
#include "base/buffer.h"
#include "http/request_parser.h"

namespace pollux::site {

class Asked {
 public:
  // `fields`: lines, each ended by CRLF.
  explicit Asked(const std::string& fields, const std::string& method = "GET", std::string peer = "192.0.2.7",
                 const std::string& target = "/a")
      : peer_(std::move(peer)) {
    in_.append(method + " " + target + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
    EXPECT_EQ(parser_.parse(in_), http::RequestParser::Result::kComplete) << fields;
    request_ = parser_.request();
    request_.peer = peer_;
  }
  Asked(const Asked&) = delete;
  Asked& operator=(const Asked&) = delete;

  [[nodiscard]] const http::Request& request() const { return request_; }

 private:
  const std::string peer_;
  Buffer in_;
  const http::ParserLimits limits_;
  http::RequestParser parser_{limits_};
  http::Request request_;
};

// "Basic dXNlcjpwYXNzd29yZA==" of "user:password".
inline std::string basic(std::string_view credentials) {
  std::string text = base64_encode(credentials, Alphabet::kStandard);
  text.append((4 - text.size() % 4) % 4, '=');
  return "Basic " + text;
}

}  // namespace pollux::site
