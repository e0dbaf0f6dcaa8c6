// One complete request, as views into the octets that were received.
//
// Valid until the parser that made it is reset, or its input buffer is written to.
#pragma once

#include <string_view>

#include "http/fields.h"
#include "http/message.h"
#include "http/uri.h"

namespace pollux::http {

struct Request {
  Method method = Method::kGet;
  Version version = Version::k11;
  std::string_view method_name;
  std::string_view target;  // As received.
  Target uri;               // Its parts.
  std::string_view path;    // Decoded and normalised: what routes and files are looked up by. "*" has none.
  PathError path_error = PathError::kOk;  // The reason for a missing path.
  const FieldTable* fields = nullptr;
  std::string_view peer = {};      // The client's address: "192.0.2.7", "2001:db8::1".
  bool forwarded = false;          // By a trusted proxy, which may have said who `peer` is.
  std::string_view id = {};        // From a trusted proxy; empty: none.
  bool secure = false;             // The client's connection uses TLS, as far as is known.
  std::string_view protocol = {};  // That a CONNECT asks for (RFC 8441), such as "websocket"; else empty.
  std::string_view body = {};      // Empty if it was discarded, see RequestParser::discard_body().

  // The host without a port: that of the target if it names one (RFC 9112 3.2.2), else that of Host.
  [[nodiscard]] std::string_view host() const {
    return host_of(uri.authority.empty() ? fields->find(FieldId::kHost).value_or("") : uri.authority);
  }

  [[nodiscard]] bool is_get_or_head() const { return method == Method::kGet || method == Method::kHead; }
};

}  // namespace pollux::http
