#include "accounts/visit.h"

#include <gtest/gtest.h>

#include "base/buffer.h"
#include "http/request_parser.h"

namespace pollux::accounts {
namespace {

const std::string kToken(43, 'A');  // 32 octets of 0.

// A GET with these field lines, and the visit it is.
class Asked {
 public:
  explicit Asked(const std::string& fields, bool secure = false) {
    in_.append("GET /members/a%20b HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
    EXPECT_EQ(parser_.parse(in_), http::RequestParser::Result::kComplete) << fields;
    request_ = parser_.request();
    request_.secure = secure;
    visit_.emplace(request_);
  }

  const Visit* operator->() const { return &*visit_; }

  // The secret in the cookie that a page sets; empty when it sets none.
  [[nodiscard]] std::string secret() const {
    const std::string fields = visit_->page(http::Status::kOk, "", "").fields.text();
    const std::size_t begin = fields.find("csrf=");
    return begin == std::string::npos ? "" : fields.substr(begin + 5, 43);
  }

 private:
  Buffer in_;
  const http::ParserLimits limits_;
  http::RequestParser parser_{limits_};
  http::Request request_;
  std::optional<Visit> visit_;
};

TEST(Visit, ReadsTheTokenOfASession) {
  struct Case {
    std::string fields;
    bool secure;
    std::string token;
  };
  const Case cases[] = {
      {"", false, ""},
      {"Cookie: session=" + kToken + "\r\n", false, kToken},
      {"Cookie: a=b; session=" + kToken + "; c=d\r\n", false, kToken},
      {"Cookie: session=short\r\n", false, ""},
      {"Cookie: session=" + std::string(42, 'A') + "=\r\n", false, ""},
      {"Cookie: csrf=" + kToken + "\r\n", false, ""},
      {"Cookie: __Host-session=" + kToken + "\r\n", true, kToken},
      // What a neighbouring host, or an answer in plain text, could have set.
      {"Cookie: session=" + kToken + "\r\n", true, ""},
      {"Cookie: __Host-session=" + kToken + "\r\n", false, ""},
  };
  for (const Case& row : cases) EXPECT_EQ(Asked(row.fields, row.secure)->token(), row.token) << row.fields;
}

TEST(Visit, AFormIsGenuineIfItCarriesTheHashOfTheCookie) {
  const Asked first("");
  const std::string secret = first.secret();
  ASSERT_EQ(secret.size(), 43U);
  const Asked second("Cookie: csrf=" + secret + "\r\n");
  EXPECT_EQ(second.secret(), "") << "one is enough";
  EXPECT_EQ(second->csrf(), first->csrf());
  EXPECT_NE(second->csrf(), secret);
  EXPECT_NE(Asked("").secret(), secret) << "everybody has another";

  const std::string good = "csrf=" + second->csrf();
  const auto form = [](const std::string& text) { return *http::Form::parse(text); };
  EXPECT_TRUE(second->is_genuine(form(good)));
  for (const std::string& wrong :
       {std::string(), std::string("csrf="), "csrf=" + secret, good + "A", "a=1&x" + good}) {
    EXPECT_FALSE(second->is_genuine(form(wrong))) << wrong;
  }
  EXPECT_FALSE(first->is_genuine(form(good))) << "there was no cookie";
  EXPECT_FALSE(Asked("Cookie: csrf=" + kToken + "\r\n")->is_genuine(form(good))) << "another one's";
  EXPECT_FALSE(Asked("Cookie: session=" + kToken + "; csrf=" + secret + "\r\n")->is_genuine(form(good)))
      << "from before the log-in";
}

TEST(Visit, TheFormsOfASessionCarryItsHash) {
  const Asked member("Cookie: session=" + kToken + "\r\n");
  EXPECT_EQ(member.secret(), "");
  EXPECT_TRUE(member->is_genuine(*http::Form::parse("csrf=" + member->csrf())));
}

TEST(Visit, SessionsBeginAndEndByACookie) {
  for (const bool secure : {false, true}) {
    const std::string name = secure ? "__Host-session" : "session";
    const std::string attributes =
        std::string("; Path=/; HttpOnly; SameSite=Lax") + (secure ? "; Secure" : "") + "; Max-Age=";
    http::Response response;
    Asked("", secure)->begin_session(response, kToken, std::chrono::hours(1));
    EXPECT_EQ(response.fields.text(), "Set-Cookie: " + name + "=" + kToken + attributes + "3600\r\n");
    response.fields = {};
    Asked("", secure)->end_session(response);
    EXPECT_EQ(response.fields.text(), "Set-Cookie: " + name + "=" + attributes + "0\r\n");
  }
}

TEST(Visit, WhoHasToLogInComesBack) {
  const http::Response response = Asked("")->log_in_first();
  EXPECT_EQ(response.status, http::Status::kSeeOther);
  EXPECT_EQ(response.find_field("Location"), "/login?next=%2Fmembers%2Fa%2520b");
  EXPECT_EQ(response.find_field("Set-Cookie"), std::nullopt);
  // A token that is none, or is none any more, is taken back.
  EXPECT_NE(Asked("Cookie: session=" + kToken + "\r\n")->log_in_first().fields.text().find("Max-Age=0"),
            std::string::npos);
}

TEST(Visit, NobodyKeepsAPage) {
  const http::Response page = Asked("")->page(http::Status::kOk, "<title>", "<p>content</p>");
  EXPECT_EQ(page.find_field("Cache-Control"), "no-store");
  EXPECT_NE(page.fields.text().find("frame-ancestors 'none'"), std::string::npos);
  EXPECT_NE(std::get<std::string>(page.body).find("<title>&lt;title&gt;"), std::string::npos);
  EXPECT_NE(std::get<std::string>(page.body).find("<p>content</p>"), std::string::npos);
}

TEST(LocalPath, LeadsNowhereElse) {
  struct Case {
    std::string_view text;
    std::string_view path;
  };
  const Case cases[] = {
      {"/", "/"},
      {"/members/a%20b?c=d#e", "/members/a%20b?c=d#e"},
      {"", "/welcome"},
      {"members/", "/welcome"},
      {"//evil.test/", "/welcome"},
      {"/\\evil.test/", "/welcome"},
      {"/a\\b", "/welcome"},
      {"https://evil.test/", "/welcome"},
      {"javascript:alert(1)", "/welcome"},
      {"/a\r\nSet-Cookie: a=b", "/welcome"},
      {"/a\tb", "/welcome"},
      {"/a b", "/welcome"},
      {"/\xc3\xbc", "/welcome"},
      {"/\x7f", "/welcome"},
  };
  for (const Case& row : cases) EXPECT_EQ(local_path(row.text), row.path) << row.text;
}

}  // namespace
}  // namespace pollux::accounts
