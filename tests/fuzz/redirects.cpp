// _redirects: whatever the file and the request, a Location is one line of visible ASCII that keeps to the
// site or to a host the file names, and a rewrite stays below the root.
#include "site/redirects.h"

#include "fuzz.h"
#include "http/chars.h"
#include "http/lists.h"
#include "http/uri.h"

namespace {

using namespace pollux;

void check_location(const std::string& location, std::string_view file) {
  for (const char c : location) PROMISE(c > ' ' && c < 0x7F && c != '\\' && c != '"' && c != '<' && c != '>');
  if (location.starts_with('/')) {
    PROMISE(!location.starts_with("//"));
    return;
  }
  const std::size_t scheme = site::web_scheme_length(location);
  PROMISE(scheme > 0);
  const std::size_t end = location.find('/', scheme);
  PROMISE(end != std::string::npos && http::valid_host(location.substr(scheme, end - scheme)));
  PROMISE(http::in_lower_case(file).find("http") != std::string::npos);
}

void check_rewrite(const site::Redirect& redirect) {
  const std::string encoded = http::encode_path(redirect.path);
  std::string storage;
  const http::PathResult path = http::normalise_path(encoded, storage);
  PROMISE(path.error == http::PathError::kOk && path.path == redirect.path);
  PROMISE(http::all_of(redirect.query, [](char c) { return c > ' ' && c < 0x7F; }));
}

}  // namespace

// Host, path and query in a line each; the rest is the file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::string host = http::in_lower_case(input.line());
  std::string storage;
  const http::PathResult path = http::normalise_path(input.line(), storage);
  const std::string_view query = input.line();
  const site::RedirectFile file = site::Redirects::parse(input.rest());
  for (const site::RuleError& error : file.errors) PROMISE(error.line >= 0 && !error.message.empty());
  PROMISE(file.rules.size() <= site::kMaxRules && file.errors.size() <= site::RuleErrors::kMaxErrors + 1);
  if (path.error != http::PathError::kOk) return 0;

  const auto redirect =
      file.rules.find({.host = host, .path = path.path, .query = query, .secure = size % 2 == 0});
  if (!redirect) return 0;
  PROMISE(redirect->line > 0);
  PROMISE(!redirect->forced || file.rules.any_forced(path.path));
  if (redirect->is_rewrite()) {
    check_rewrite(*redirect);
  } else {
    check_location(redirect->location, input.rest());
  }
  return 0;
}
