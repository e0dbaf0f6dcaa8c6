// _headers: whatever the file and the request, fields have tokens as names and values of one line, and none
// is the server's own.
#include "site/header_rules.h"

#include "fuzz.h"
#include "http/chars.h"
#include "http/lists.h"
#include "http/uri.h"

namespace {

using namespace pollux;

void check_change(const site::FieldChange& change) {
  PROMISE(http::is_token(change.name));
  for (const char* name : {"Content-Length", "Transfer-Encoding", "Connection", "Date", "Basic-Auth"})
    PROMISE(!http::equals_ignoring_case(change.name, name));
  for (const char* name : {"ETag", "Last-Modified"})
    PROMISE(!http::equals_ignoring_case(change.name, name) || change.values.empty());
  PROMISE(change.values.size() <= 1 || http::equals_ignoring_case(change.name, "Set-Cookie"));
  for (const std::string& value : change.values)
    PROMISE(!value.empty() && http::all_of(value, http::is_field_octet));
}

}  // namespace

// Host and path in a line each; the rest is the file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::string host = http::in_lower_case(input.line());
  std::string storage;
  const http::PathResult path = http::normalise_path(input.line(), storage);
  const site::HeaderFile file = site::HeaderRules::parse(input.rest());
  for (const site::RuleError& error : file.errors) PROMISE(error.line >= 0 && !error.message.empty());
  PROMISE(file.rules.size() <= site::kMaxRules && file.errors.size() <= site::RuleErrors::kMaxErrors + 1);
  if (path.error != http::PathError::kOk) return 0;

  const site::RequestUri uri{.host = host, .path = path.path, .query = {}, .secure = true};
  const site::HeaderEffect effect = file.rules.for_request(uri);
  for (const site::FieldChange& change : effect.fields) check_change(change);
  PROMISE(effect.guarded || effect.allowed.empty());
  if (!file.rules.depends_on_host(path.path)) {
    const site::RequestUri elsewhere{.host = "elsewhere", .path = path.path, .query = {}, .secure = true};
    PROMISE(file.rules.for_request(elsewhere).fields.size() == effect.fields.size());
  }
  http::FieldLines lines;
  lines.append("Content-Type: text/html\r\n");
  effect.apply(lines);
  return 0;
}
