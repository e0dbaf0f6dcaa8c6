#include "site/basic_credentials.h"

#include <string.h>

#include "base/base64.h"
#include "http/chars.h"
#include "http/lists.h"
#include "site/crypt_hash.h"
#include "site/htpasswd.h"

namespace pollux::site {

namespace {

constexpr std::size_t kMaxDecoded = Htpasswd::kMaxUserOctets + 1 + kMaxPasswordOctets;
constexpr std::size_t kMaxEncoded = (kMaxDecoded + 2) / 3 * 4;

// The token68 after the scheme; empty if that is not `Basic`.
std::string_view encoded_part(std::string_view authorization) {
  constexpr std::string_view kScheme = "Basic ";
  if (!http::equals_ignoring_case(authorization.substr(0, kScheme.size()), kScheme)) return {};
  const std::size_t begin = authorization.find_first_not_of(' ', kScheme.size());
  return begin == std::string_view::npos ? std::string_view() : authorization.substr(begin);
}

// Padded to a multiple of four, as RFC 4648 section 4 requires by default. Empty: it is not.
std::string decode(std::string_view text) {
  if (text.size() % 4 != 0 || text.size() > kMaxEncoded) return {};
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  return base64_decode(text, Alphabet::kStandard).value_or("");
}

bool is_text(char c) { return static_cast<unsigned char>(c) >= ' ' && c != '\x7F'; }

std::string_view only_authorization(const http::Request& request) {
  if (request.fields->repeated(http::FieldId::kAuthorization)) return {};
  return request.fields->find(http::FieldId::kAuthorization).value_or("");
}

}  // namespace

BasicCredentials::BasicCredentials(std::string_view authorization)
    : octets_(decode(encoded_part(authorization))), colon_(octets_.find(':')) {
  const bool usable = colon_ <= Htpasswd::kMaxUserOctets &&
                      octets_.size() - colon_ - 1 <= kMaxPasswordOctets && http::all_of(octets_, is_text);
  if (!usable) wipe();
}

BasicCredentials::BasicCredentials(const http::Request& request)
    : BasicCredentials(only_authorization(request)) {}

BasicCredentials::~BasicCredentials() { wipe(); }

void BasicCredentials::wipe() {
  ::explicit_bzero(octets_.data(), octets_.size());
  octets_.clear();
}

}  // namespace pollux::site
