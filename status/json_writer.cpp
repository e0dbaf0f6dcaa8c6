#include "status/json_writer.h"

#include <fmt/format.h>

#include <iterator>

#include "log/escape.h"

namespace pollux::status {

void JsonWriter::begin(std::string_view name, char bracket) {
  prefix(name);
  text_ += bracket;
  first_ = true;
}

void JsonWriter::end(char bracket) {
  text_ += bracket;
  first_ = false;
}

void JsonWriter::prefix(std::string_view name) {
  if (!first_) text_ += ',';
  first_ = false;
  if (name.empty()) return;
  text_ += '"';
  log::escape_json(text_, name);
  text_ += "\":";
}

void JsonWriter::member(std::string_view name, std::string_view text) {
  prefix(name);
  text_ += '"';
  log::escape_json(text_, text);
  text_ += '"';
}

void JsonWriter::member(std::string_view name, std::uint64_t number) {
  prefix(name);
  fmt::format_to(std::back_inserter(text_), "{}", number);
}

void JsonWriter::member(std::string_view name, std::int64_t number) {
  prefix(name);
  fmt::format_to(std::back_inserter(text_), "{}", number);
}

void JsonWriter::member(std::string_view name, double number) {
  prefix(name);
  fmt::format_to(std::back_inserter(text_), "{:.3f}", number);
}

void JsonWriter::member(std::string_view name, bool value) {
  prefix(name);
  text_ += value ? "true" : "false";
}

}  // namespace pollux::status
