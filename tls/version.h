// The versions of TLS there are to choose from (RFC 8996 has put an end to the earlier ones).
#pragma once

namespace pollux::tls {

enum class Version { k12, k13 };

}  // namespace pollux::tls
