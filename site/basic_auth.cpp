#include "site/basic_auth.h"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "base/ip_network.h"
#include "http/chars.h"
#include "http/lists.h"
#include "site/basic_credentials.h"

namespace pollux::site {

namespace {

using std::chrono::seconds;

// REQUIRES: `shown` is not empty.
Login login_of(const http::Request& request, const BasicCredentials& shown, std::uint64_t generation) {
  return {client_key(request.peer), shown.user(), shown.password(), generation};
}

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool is_one_of(const std::vector<Credentials>& allowed, const Login& login) {
  bool found = false;
  for (const Credentials& credentials : allowed) {
    const bool user = same(credentials.user, login.user);
    const bool password = same(credentials.password, login.password);
    found |= user && password;
  }
  return found;
}

http::Status status_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kThrottled: return http::Status::kTooManyRequests;
    case Verdict::kUnavailable: return http::Status::kServiceUnavailable;
    default: return http::Status::kUnauthorized;
  }
}

// RFC 9213: a cache that knows one of these does not look at Cache-Control.
constexpr std::array kOnlyForSharedCaches = std::to_array<std::string_view>(
    {"CDN-Cache-Control", "Cloudflare-CDN-Cache-Control", "Netlify-CDN-Cache-Control", "Surrogate-Control"});

bool is_for_shared_caches(std::string_view directive) {
  constexpr std::string_view kSharedMaxAge = "s-maxage=";
  return http::equals_ignoring_case(directive, "public") ||
         http::equals_ignoring_case(directive.substr(0, kSharedMaxAge.size()), kSharedMaxAge);
}

struct NoEntry {
  Verdict verdict;
  const Realm& realm;
  milliseconds wait;  // For a client that comes too early.
};

http::Response make(const NoEntry& no, const http::ErrorPages& errors, const Now& now) {
  http::Response response = errors.make(status_of(no.verdict), now);
  if (no.verdict == Verdict::kChallenge) {
    response.add_field("WWW-Authenticate", no.realm.challenge());
  } else {
    const seconds wait = std::max(seconds(1), std::chrono::ceil<seconds>(no.wait));
    response.add_field("Retry-After", std::to_string(wait.count()));
  }
  response.set_field("Cache-Control", "no-store");
  return response;
}

milliseconds wait_of(const LoginGate& gate, const http::Request& request, TimePoint now) {
  const BasicCredentials shown(request);
  return shown ? gate.wait(login_of(request, shown, 0), now) : milliseconds(0);
}

}  // namespace

Realm::Realm(std::string_view name) {
  if (name.size() > kMaxOctets)
    throw std::runtime_error(fmt::format("the realm is longer than {} octets", kMaxOctets));
  if (!http::all_of(name, http::is_field_octet))
    throw std::runtime_error("there is a control character in the realm");
  std::string quoted;
  for (const char c : name) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  challenge_ = fmt::format("Basic realm=\"{}\", charset=\"UTF-8\"", quoted);
}

void keep_private(http::Response& response) {
  for (const std::string_view name : kOnlyForSharedCaches) {
    if (response.find_field(name)) response.remove_field(name);
  }
  const std::string given(response.find_field("Cache-Control").value_or(""));
  if (http::has_token(given, "private") || http::has_token(given, "no-store")) return;
  std::string value = "private";
  http::ListReader directives(given);
  while (const auto directive = directives.next()) {
    if (!is_for_shared_caches(*directive)) value.append(", ").append(*directive);
  }
  response.set_field("Cache-Control", value);
}

BasicAuth::BasicAuth(const Options& options, Attempts& attempts)
    : realm_(options.realm), file_(options.file), gate_(attempts) {}

Verdict BasicAuth::look(const http::Request& request, TimePoint now) {
  const BasicCredentials shown(request);
  if (!shown) return Verdict::kChallenge;
  return gate_.look(login_of(request, shown, file_.current(now)->generation), now);
}

// Checks again first: when a browser sends six requests at once, one of them has been verified while the rest
// waited.
Verdict BasicAuth::verify(const http::Request& request, TimePoint now) {
  const BasicCredentials shown(request);
  if (!shown) return Verdict::kChallenge;
  const auto file = file_.current(now);
  const Login login = login_of(request, shown, file->generation);
  if (const Verdict verdict = gate_.look(login, now); verdict != Verdict::kMustVerify) return verdict;
  const std::optional<bool> right = file->users.verify(login.user, shown.password_for_crypt());
  if (!right) {
    complaints_.log(log::Level::kWarn, "cannot verify a password of {}: no memory, or a damaged hash",
                    file_.path());
    return Verdict::kUnavailable;
  }
  return gate_.settle(login, *right, now);
}

http::Response BasicAuth::refuse(Verdict verdict, const http::Request& request,
                                 const http::ErrorPages& errors, const Now& now) const {
  return make({verdict, realm_, wait_of(gate_, request, now.steady)}, errors, now);
}

Verdict PlainAuth::look(const http::Request& request, const std::vector<Credentials>& allowed,
                        TimePoint now) {
  const BasicCredentials shown(request);
  if (!shown) return Verdict::kChallenge;
  const Login login = login_of(request, shown, 0);
  const Verdict verdict = gate_.look(login, now);
  if (verdict == Verdict::kThrottled) return verdict;
  const bool right = is_one_of(allowed, login);
  if (right && verdict == Verdict::kAllowed) return verdict;  // And no news.
  return gate_.settle(login, right, now);
}

http::Response PlainAuth::refuse(Verdict verdict, const http::Request& request,
                                 const http::ErrorPages& errors, const Now& now) const {
  return make({verdict, realm_, wait_of(gate_, request, now.steady)}, errors, now);
}

}  // namespace pollux::site
