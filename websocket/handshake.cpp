#include "websocket/handshake.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>

#include "http/chars.h"
#include "http/lists.h"

namespace pollux::websocket {

namespace {

using http::FieldId;
using http::Status;

constexpr std::string_view kVersion = "13";
constexpr std::size_t kKeyCharacters = 24;  // 16 octets in base64.

// RFC 6455 4.2.1: base64 of 16 octets; the last character has four bits that mean nothing.
bool is_key(std::string_view text) {
  const auto alphabet = [](char c) {
    const char lower = http::to_lower(c);
    return http::is_digit(c) || (lower >= 'a' && lower <= 'z') || c == '+' || c == '/';
  };
  return text.size() == kKeyCharacters && text.ends_with("==") &&
         std::all_of(text.begin(), text.end() - 2, alphabet);
}

bool has_list_token(const http::FieldTable& fields, FieldId id, std::string_view token) {
  std::string storage;
  const auto list = fields.find_list(id, storage);
  return list && http::has_token(*list, token);
}

// Scheme, host and port are the same (RFC 6454 5), and are ours. A browser leaves out the usual port.
bool is_the_site_itself(std::string_view origin, const http::Request& request, const OriginPolicy& policy) {
  std::string_view host = request.fields->find(FieldId::kHost).value_or("");
  if (!policy.is_ours(http::host_of(host))) return false;
  const std::string_view usual_port = request.secure ? ":443" : ":80";
  if (host.ends_with(usual_port)) host.remove_suffix(usual_port.size());
  const std::string_view scheme = request.secure ? "https://" : "http://";
  return http::equals_ignoring_case(origin.substr(0, scheme.size()), scheme) &&
         http::equals_ignoring_case(origin.substr(std::min(scheme.size(), origin.size())), host);
}

bool origin_is_welcome(const http::Request& request, const OriginPolicy& policy) {
  const auto origin = request.fields->find(FieldId::kOrigin);
  if (!origin || policy.any) return true;
  const auto same = [&](std::string_view allowed) { return http::equals_ignoring_case(allowed, *origin); };
  return std::any_of(policy.origins.begin(), policy.origins.end(), same) ||
         is_the_site_itself(*origin, request, policy);
}

Handshake refuse(Status status, std::string fields = {}) { return {status, std::move(fields), std::nullopt}; }

constexpr std::string_view kUpgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n";

std::optional<Handshake> check_upgrade(const http::Request& request) {
  const http::FieldTable& fields = *request.fields;
  if (request.method != http::Method::kGet) return refuse(Status::kMethodNotAllowed, "Allow: GET\r\n");
  const bool asks = request.version == http::Version::k11 &&
                    has_list_token(fields, FieldId::kConnection, "upgrade") &&
                    has_list_token(fields, FieldId::kUpgrade, "websocket");
  if (asks) return std::nullopt;
  return refuse(Status::kUpgradeRequired, std::string(kUpgrade));
}

// Without the key: that it is no cache which answers, HTTP/2 sees to (RFC 8441 5).
std::optional<Handshake> check_connect(const http::Request& request) {
  if (request.method != http::Method::kConnect)
    return refuse(Status::kMethodNotAllowed, "Allow: CONNECT\r\n");
  if (request.protocol == "websocket") return std::nullopt;
  return refuse(Status::kNotImplemented);
}

}  // namespace

std::string accept_key(std::string_view key) {
  const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, SHA_DIGEST_LENGTH> hash{};
  ::SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash.data());
  std::array<unsigned char, 4 * ((SHA_DIGEST_LENGTH + 2) / 3) + 1> encoded{};
  const int length = ::EVP_EncodeBlock(encoded.data(), hash.data(), hash.size());
  return {reinterpret_cast<const char*>(encoded.data()), static_cast<std::size_t>(length)};
}

Handshake shake_hands(const http::Request& request, const OriginPolicy& policy, bool deflate) {
  const http::FieldTable& fields = *request.fields;
  const bool by_connect = request.version == http::Version::k20;
  if (const auto refusal = by_connect ? check_connect(request) : check_upgrade(request)) return *refusal;
  // 4.4: which versions there are, is said in any case.
  if (fields.find(FieldId::kWebSocketVersion) != kVersion || fields.repeated(FieldId::kWebSocketVersion)) {
    return refuse(by_connect ? Status::kBadRequest : Status::kUpgradeRequired,
                  std::string(kUpgrade) + "Sec-WebSocket-Version: 13\r\n");
  }
  const auto key = fields.find(FieldId::kWebSocketKey);
  if (!by_connect && (!key || fields.repeated(FieldId::kWebSocketKey) || !is_key(*key)))
    return refuse(Status::kBadRequest);
  if (!origin_is_welcome(request, policy)) return refuse(Status::kForbidden);

  Handshake done;
  done.status = by_connect ? Status::kOk : Status::kSwitchingProtocols;
  if (!by_connect) done.fields = std::string(kUpgrade) + "Sec-WebSocket-Accept: " + accept_key(*key) + "\r\n";
  if (!deflate) return done;
  std::string storage;
  const auto offers = fields.find_list(FieldId::kWebSocketExtensions, storage);
  if (const auto agreement = offers ? negotiate_deflate(*offers) : std::nullopt) {
    done.deflate = agreement->parameters;
    done.fields += "Sec-WebSocket-Extensions: " + agreement->field + "\r\n";
  }
  return done;
}

}  // namespace pollux::websocket
