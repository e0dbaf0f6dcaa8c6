// Authorization: what is taken for a user and a password says the same in base64 when it is written again.
#include "base/base64.h"
#include "fuzz.h"
#include "http/chars.h"
#include "site/basic_credentials.h"
#include "site/crypt_hash.h"
#include "site/htpasswd.h"

namespace {

using namespace pollux;

std::string written(const site::BasicCredentials& shown) {
  std::string text = base64_encode(shown.user() + ":" + std::string(shown.password()), Alphabet::kStandard);
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string field(fuzz::Input(data, size).rest());
  const site::BasicCredentials shown(field);
  if (shown) {
    PROMISE(shown.user().size() <= site::Htpasswd::kMaxUserOctets);
    PROMISE(shown.user().find(':') == std::string::npos);
    PROMISE(shown.password().size() <= site::kMaxPasswordOctets);
    PROMISE(shown.password() == shown.password_for_crypt());
    PROMISE(field.ends_with(" " + written(shown)));
  }
  // Any octets are a user and a password, if they are text of a fair length with a colon in it.
  std::string text = base64_encode(field, Alphabet::kStandard);
  text.append((4 - text.size() % 4) % 4, '=');
  const site::BasicCredentials as_octets("Basic " + text);
  const std::size_t colon = field.find(':');
  const bool fair = colon <= site::Htpasswd::kMaxUserOctets &&
                    field.size() - colon - 1 <= site::kMaxPasswordOctets &&
                    http::all_of(field, [](char c) { return c != '\x7F' && (c < 0 || c >= ' '); });
  PROMISE(static_cast<bool>(as_octets) == fair);
  if (fair) PROMISE(as_octets.user() == field.substr(0, colon));
  return 0;
}
