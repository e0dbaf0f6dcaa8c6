// Makes octets from outside fit for one line of a log. They can then neither start a line, nor end a quoted
// field, nor send commands to the terminal that shows the log.
//
// Valid UTF-8 (RFC 3629) stays readable, except for the control characters U+0080 to U+009F. All other octets
// above 0x7F are escaped one by one, so nothing is lost.
//
// Thread: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "log/line.h"

namespace pollux::log {

// For text between quotes, as in the combined access log: control characters, '"' and '\' become \xHH.
void escape(std::string& out, std::string_view text);

// For messages: control characters become \xHH, quotes stay as they are.
void escape_controls(LineBuffer& out, std::string_view text);

// For text between the quotes of a JSON string (RFC 8259, section 7). JSON has no \xHH and must be valid
// UTF-8: other octets become U+FFFD.
void escape_json(std::string& out, std::string_view text);

// A whole JSON string, with its quotes.
[[nodiscard]] std::string json_string(std::string_view text);

// A message for a terminal, escaped by escape_controls().
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace pollux::log
