// Writes JSON (RFC 8259), member by member. What comes out is valid if every begin has its end.
//
// Thread: one at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pollux::status {

class JsonWriter {
 public:
  // Within an object, with the name of the member; within an array, without.
  void begin_object(std::string_view name = {}) { begin(name, '{'); }
  void end_object() { end('}'); }
  void begin_array(std::string_view name = {}) { begin(name, '['); }
  void end_array() { end(']'); }

  void member(std::string_view name, std::string_view text);
  void member(std::string_view name, const char* text) { member(name, std::string_view(text)); }
  void member(std::string_view name, std::uint64_t number);
  void member(std::string_view name, std::int64_t number);
  void member(std::string_view name, double number);
  void member(std::string_view name, bool value);

  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void begin(std::string_view name, char bracket);
  void end(char bracket);
  void prefix(std::string_view name);

  std::string text_;
  bool first_ = true;  // Of its object or array.
};

}  // namespace pollux::status
