#include "http/accept.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include "http/lists.h"

namespace pollux::http {

namespace {

constexpr unsigned kFullWeight = 1000;

// The first parameter that is a weight; without one, it is 1. std::nullopt: a malformed weight.
std::optional<unsigned> weight_among(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::size_t end = std::min(parameters.find(';'), parameters.size());
    const std::string_view parameter = trim_ows(parameters.substr(0, end));
    if (equals_ignoring_case(parameter.substr(0, 2), "q=")) return parse_qvalue(parameter.substr(2));
    parameters.remove_prefix(std::min(end + 1, parameters.size()));
  }
  return kFullWeight;
}

}  // namespace

unsigned weight_of_type(std::string_view accept, std::string_view type) {
  if (trim_ows(accept).empty()) return kFullWeight;
  const std::string_view main_type = type.substr(0, type.find('/'));
  std::array<std::optional<unsigned>, 3> weights;  // Of "*/*", "text/*", "text/html".
  ListReader elements(accept);
  while (const auto element = elements.next()) {
    const std::size_t end = std::min(element->find(';'), element->size());
    const std::string_view range = trim_ows(element->substr(0, end));
    const auto weight = weight_among(element->substr(end));
    if (!weight) continue;
    const bool any_subtype = range.ends_with("/*");
    const bool of_main_type =
        any_subtype && equals_ignoring_case(range.substr(0, range.size() - 2), main_type);
    if (range != "*/*" && !of_main_type && !equals_ignoring_case(range, type)) continue;
    auto& known = weights[of_main_type ? 1 : any_subtype ? 0 : 2];
    known = std::max(*weight, known.value_or(0));
  }
  return weights[2].value_or(weights[1].value_or(weights[0].value_or(0)));
}

}  // namespace pollux::http
