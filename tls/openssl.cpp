#include "tls/openssl.h"

#include <openssl/err.h>

namespace pollux::tls {

std::string_view take_reason() {
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  if (error == 0) return "unknown error";
  if (ERR_SYSTEM_ERROR(error)) return "system error";
  const char* reason = ERR_reason_error_string(error);  // Static text.
  return reason != nullptr ? reason : "unknown error";
}

}  // namespace pollux::tls
