#include "accounts/visit.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>

#include "accounts/templates.h"
#include "accounts/token.h"
#include "base/base64.h"
#include "base/html.h"
#include "http/cookies.h"

namespace pollux::accounts {

namespace {

// Our pages have no script and load nothing but the site's style and icon.
constexpr std::string_view kPolicy =
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'";

// Where the site's start page has no navigation.
constexpr std::string_view kOwnLinks =
    "<li><a href=\"/welcome\">Members</a></li>\n<li><a href=\"/account\">Account</a></li>\n";

std::string csrf_of(std::string_view secret) {
  const std::string text = "csrf" + std::string(secret);
  std::string hash(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         reinterpret_cast<unsigned char*>(hash.data()));
  return base64_encode(hash, Alphabet::kUrl);
}

std::string_view session_cookie(const http::Request& request) {
  return request.secure ? "__Host-session" : "session";
}

std::string_view csrf_cookie(const http::Request& request) { return request.secure ? "__Host-csrf" : "csrf"; }

// What may be a token in the cookie of that name; empty when there is none.
std::string_view token_in(const http::Request& request, std::string_view cookie) {
  const std::string_view cookies = request.fields->find(http::FieldId::kCookie).value_or("");
  const std::string_view value = http::find_cookie(cookies, cookie).value_or("");
  return Accounts::is_token(value) ? value : std::string_view();
}

}  // namespace

std::string_view session_token(const http::Request& request) {
  return token_in(request, session_cookie(request));
}

Visit::Visit(const http::Request& request) : request_(request), token_(session_token(request)) {
  std::string_view secret = token_.empty() ? token_in(request, csrf_cookie(request)) : token_;
  if (secret.empty()) secret = new_secret_ = new_token();
  csrf_ = csrf_of(secret);
}

void Visit::identify(Accounts& accounts) { session_ = accounts.find_session(token_); }

bool Visit::is_genuine(const http::Form& form) const {
  const std::string_view shown = form.value_of("csrf");
  return new_secret_.empty() && shown.size() == csrf_.size() &&
         CRYPTO_memcmp(shown.data(), csrf_.data(), csrf_.size()) == 0;
}

http::Response Visit::page(http::Status status, std::string_view title, const std::string& content) const {
  http::Response response;
  response.status = status;
  response.body = fill_in(templates::kLayout, {{"title", title},
                                               {"content", content},
                                               {"navigation", navigation_.empty() ? kOwnLinks : navigation_},
                                               {"member_page", session_.ok() ? "/account" : "/login"},
                                               {"member", session_.ok() ? session_.user.name : "Log in"}});
  response.add_field("Content-Type", "text/html; charset=utf-8");
  response.add_field("Cache-Control", "no-store");
  response.add_field("Content-Security-Policy", kPolicy);
  response.add_field("Referrer-Policy", "same-origin");
  if (!new_secret_.empty()) {
    response.add_field(
        "Set-Cookie",
        http::set_cookie({.name = csrf_cookie(request_), .value = new_secret_, .secure = request_.secure}));
  }
  response.add_content_length();
  return response;
}

http::Response Visit::redirect(std::string_view to) const {
  http::Response response;
  response.status = http::Status::kSeeOther;
  response.add_field("Location", to);
  response.add_field("Cache-Control", "no-store");
  response.add_content_length();
  return response;
}

http::Response Visit::log_in_first() const {
  http::Response response = redirect("/login?next=" + http::encode_form_value(request_.uri.path));
  if (!token_.empty()) end_session(response);  // It was none, or is none any more.
  return response;
}

http::Response Visit::refuse() const {
  http::Response response =
      page(http::Status::kUnauthorized, "For members alone",
           fill_in(templates::kRefusal,
                   {{"problem", "Please log in first."}, {"link", "/login"}, {"label", "Log in"}}));
  response.add_field("WWW-Authenticate", kChallenge);
  return response;
}

http::Response Visit::unavailable(std::chrono::seconds retry_after) const {
  http::Response response =
      page(http::Status::kServiceUnavailable, "Please try again in a moment",
           fill_in(templates::kRefusal, {{"problem", "The accounts cannot be reached right now."},
                                         {"link", "/"},
                                         {"label", "Back to the start"}}));
  response.add_field("Retry-After", std::to_string(std::max<std::int64_t>(retry_after.count(), 1)));
  return response;
}

void Visit::begin_session(http::Response& response, std::string_view token,
                          std::chrono::seconds lifetime) const {
  response.add_field("Set-Cookie", http::set_cookie({.name = session_cookie(request_),
                                                     .value = token,
                                                     .max_age = lifetime,
                                                     .secure = request_.secure}));
}

void Visit::end_session(http::Response& response) const {
  begin_session(response, "", std::chrono::seconds(0));
}

// "//host" and "/\\host" are other hosts to a browser; a control would end the field.
std::string local_path(std::string_view text) {
  const bool local =
      text.starts_with('/') && !text.starts_with("//") &&
      std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F && c != '\\'; });
  return local ? std::string(text) : "/welcome";
}

}  // namespace pollux::accounts
