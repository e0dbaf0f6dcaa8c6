// Targets, hosts and paths: whatever a path is made of, what comes out stays below the root and can be
// written into a field.
#include "http/uri.h"

#include "fuzz.h"
#include "http/chars.h"

namespace {

using namespace pollux;

bool within(std::string_view outer, std::string_view inner) {
  return inner.empty() ||
         (inner.data() >= outer.data() && inner.data() + inner.size() <= outer.data() + outer.size());
}

void check_path(std::string_view raw) {
  std::string storage;
  const http::PathResult result = http::normalise_path(raw, storage);
  if (result.error != http::PathError::kOk) return;
  const std::string path(result.path);
  PROMISE(path.starts_with('/'));
  PROMISE(path.find('\0') == std::string::npos);
  for (const char* part : {"//", "/./", "/../"}) PROMISE(path.find(part) == std::string::npos);
  PROMISE(!path.ends_with("/.") && !path.ends_with("/.."));
  PROMISE(path.size() <= raw.size() + 1);

  const std::string encoded = http::encode_path(path);
  PROMISE(encoded.starts_with('/') && !encoded.starts_with("//"));
  for (const char c : encoded)
    PROMISE(c > ' ' && c < 0x7F && c != '"' && c != '<' && c != '\\' && c != '?' && c != '#');
  std::string again;
  const http::PathResult back = http::normalise_path(encoded, again);
  PROMISE(back.error == http::PathError::kOk && back.path == path);
  PROMISE(http::parse_target(encoded).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto target = http::parse_target(text)) {
    using Form = http::Target::Form;
    const bool has_path = target->form == Form::kOrigin || target->form == Form::kAbsolute;
    PROMISE(has_path == target->path.starts_with('/'));
    PROMISE(target->path == "/" || within(text, target->path));
    PROMISE(within(text, target->query) && within(text, target->authority));
    PROMISE(target->has_query || target->query.empty());
    PROMISE(target->form != Form::kAbsolute || http::valid_host(target->authority));
    for (const char c : text) PROMISE(c > ' ' && c < 0x7F && c != '#');
    if (has_path) check_path(target->path);
  }
  if (http::valid_host(text)) {
    for (const char c : text)
      PROMISE(http::is_reg_name_octet(c) || c == ':' || c == '[' || c == ']' || c == '%');
  }
  check_path(text);
  return 0;
}
