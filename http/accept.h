// The media types that a client accepts (RFC 9110 12.5.1).
//
//   Accept: text/html, application/json;q=0.9, */*;q=0.1
//
//  - The most specific range that a type is in decides: "text/html" before "text/*" before "*/*".
//  - Parameters other than the weight are passed over, so "text/html;level=1" is "text/html".
//  - A range that is named several times has the highest of its weights.
//  - An element that does not follow the grammar is passed over, as if it were not there.
//  - Without the field, or when it is empty, every type is welcome.
//
// Reading takes time in proportion to the value, and no memory.
//
// Thread: pure function.
#pragma once

#include <string_view>

namespace pollux::http {

// The weight of `type` in thousandths; 0: not acceptable. `accept`: the field's value, with all lines of that
// name joined to one list. `type`: "text/html", without parameters.
[[nodiscard]] unsigned weight_of_type(std::string_view accept, std::string_view type);

}  // namespace pollux::http
