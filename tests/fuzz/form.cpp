// Form data and cookies: whatever comes, what is found was there, within bounds, and a value survives being
// written and read.
#include "http/form.h"

#include "fuzz.h"
#include "http/cookies.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pollux;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto form = http::Form::parse(text)) {
    PROMISE(form->fields().size() <= http::Form::kMaxFields);
    std::size_t octets = 0;
    for (const auto& [name, value] : form->fields()) {
      octets += name.size() + value.size();
      PROMISE(name.find('\0') == std::string::npos && value.find('\0') == std::string::npos);
      PROMISE(form->find(name).has_value());
      const auto again = http::Form::parse("x=" + http::encode_form_value(value));
      PROMISE(again && again->value_of("x") == value);
    }
    PROMISE(octets <= text.size());
  }
  if (const auto value = http::find_cookie(text, "session")) {
    PROMISE(value->data() >= text.data() && value->data() + value->size() <= text.data() + text.size());
    PROMISE(value->find(';') == std::string_view::npos);
  }
  return 0;
}
