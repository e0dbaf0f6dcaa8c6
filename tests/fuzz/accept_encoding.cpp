// Accept-Encoding: whatever is chosen is available and not refused, and the order of the elements means
// nothing.
//
// The first octet says which codings are available; the rest is the value.
#include "http/accept_encoding.h"

#include <string>

#include "fuzz.h"
#include "http/lists.h"

namespace {

using namespace pollux;
using compress::Coding;
using compress::Codings;
using http::AcceptEncoding;

std::string reversed(std::string_view list) {
  std::string reversed;
  http::ListReader elements(list);
  while (const auto element = elements.next()) reversed = std::string(*element) + ',' + reversed;
  return reversed;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned bits = input.octet();
  Codings available{Coding::kIdentity};
  for (const Coding coding : compress::kCodings) {
    if ((bits >> index_of(coding) & 1U) != 0) available.add(coding);
  }
  const std::string value(input.rest());
  const AcceptEncoding accept(value);
  const auto chosen = accept.choose(available);
  PROMISE(!chosen || available.has(*chosen));
  if (chosen) PROMISE(accept.choose({*chosen}) == chosen);
  if (!chosen) PROMISE(accept.choose({}) == std::nullopt);
  PROMISE(AcceptEncoding(value + ",").choose(available) == chosen);
  // An unterminated quoted-string swallows what follows it.
  if (value.find('"') != std::string::npos) return 0;
  PROMISE(AcceptEncoding(reversed(value)).choose(available) == chosen);
  for (const Coding coding : compress::kCodings) {
    const std::string refusal = std::string(name_of(coding)) + ";q=0";
    PROMISE(AcceptEncoding(value + ',' + refusal).choose(available) != coding);
    PROMISE(AcceptEncoding(refusal + ',' + value).choose(available) != coding);
  }
  return 0;
}
