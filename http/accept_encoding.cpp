#include "http/accept_encoding.h"

#include <algorithm>
#include <cstddef>

#include "http/lists.h"

namespace pollux::http {

namespace {

using compress::Coding;

constexpr std::uint16_t kRefused = 0;
constexpr std::uint16_t kTolerated = 1;
constexpr std::uint16_t kFull = 1001;

std::optional<Coding> coding_named(std::string_view name) {
  if (equals_ignoring_case(name, "x-gzip")) return Coding::kGzip;
  for (const Coding coding : compress::kCodings) {
    if (equals_ignoring_case(name, name_of(coding))) return coding;
  }
  return std::nullopt;
}

}  // namespace

AcceptEncoding::AcceptEncoding(std::string_view value) {
  ListReader elements(value);
  while (const auto element = elements.next()) {
    const std::size_t end = std::min(element->find(';'), element->size());
    const auto weight = parse_weight(element->substr(end));
    if (weight) name(trim_ows(element->substr(0, end)), *weight);
  }
}

// weight = OWS ";" OWS "q=" qvalue, from its semicolon on; or nothing, which is q=1.
std::optional<AcceptEncoding::Weight> AcceptEncoding::parse_weight(std::string_view text) {
  if (text.empty()) return kFull;
  text = trim_ows(text.substr(1));
  if (!equals_ignoring_case(text.substr(0, 2), "q=")) return std::nullopt;
  const auto value = parse_qvalue(text.substr(2));
  if (!value) return std::nullopt;
  return *value == 0 ? kRefused : static_cast<Weight>(kTolerated + *value);
}

void AcceptEncoding::name(std::string_view coding, Weight weight) {
  const auto known = coding_named(coding);
  if (!known && coding != "*") return;
  auto& entry = known ? named_[index_of(*known)] : any_;
  entry = std::min(weight, entry.value_or(kFull));
}

AcceptEncoding::Weight AcceptEncoding::weight_of(Coding coding) const {
  const Weight otherwise = coding == Coding::kIdentity ? kTolerated : kRefused;
  return named_[index_of(coding)].value_or(any_.value_or(otherwise));
}

std::optional<Coding> AcceptEncoding::choose(compress::Codings available) const {
  available.add(Coding::kIdentity);
  Weight highest = kRefused;
  std::optional<Coding> best;
  for (const Coding coding : compress::kCodings) {
    if (!available.has(coding) || weight_of(coding) <= highest) continue;
    highest = weight_of(coding);
    best = coding;
  }
  return best;
}

}  // namespace pollux::http
