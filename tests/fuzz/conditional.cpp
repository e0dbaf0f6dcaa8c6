// Conditional requests: the order of precedence holds whatever the fields say.
//
// The first octet says which fields there are, the second whether it is GET; then a line for the
// entity-tag and one for each field.
#include "files/conditional.h"

#include "fuzz.h"

namespace {

using namespace pollux;
using files::Precondition;

void check_tags(std::string_view a, std::string_view b) {
  PROMISE(files::weak_match(a, b) == files::weak_match(b, a));
  PROMISE(files::strong_match(a, b) == files::strong_match(b, a));
  PROMISE(!files::strong_match(a, b) || files::weak_match(a, b));
  PROMISE(files::entity_tag_length(a) <= a.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned present = input.octet();
  const bool get = input.octet() % 2U == 0;
  const std::chrono::sys_seconds now{std::chrono::seconds(784111777 + input.octet())};
  const std::string_view tag = input.line();
  const bool is_tag = files::entity_tag_length(tag) == tag.size();
  const files::Validators current{is_tag ? tag : "\"a\"",
                                  std::chrono::sys_seconds(std::chrono::seconds(784111777))};
  const auto field = [&](unsigned bit) {
    const std::string_view line = input.line();
    return (present >> bit & 1U) != 0 ? std::optional(line) : std::nullopt;
  };
  files::ConditionalFields fields;
  fields.if_match = field(0);
  fields.if_none_match = field(1);
  fields.if_modified_since = field(2);
  fields.if_unmodified_since = field(3);
  fields.if_range = field(4);

  const Precondition result = files::evaluate(fields, get, &current, now);
  PROMISE(get || result != Precondition::kNotModified);
  if (!fields.if_match && !fields.if_unmodified_since && get) PROMISE(result != Precondition::kFailed);
  files::ConditionalFields other = fields;
  if (fields.if_match) other.if_unmodified_since = "Thu, 01 Jan 1970 00:00:00 GMT";
  if (fields.if_none_match) other.if_modified_since = "Fri, 31 Dec 2099 00:00:00 GMT";
  PROMISE(files::evaluate(other, get, &current, now) == result);  // Void fields are void.
  PROMISE(files::evaluate({}, get, &current, now) == Precondition::kProceed);

  const bool applies = files::range_applies(fields.if_range, current, now);
  if (applies && fields.if_range && fields.if_range->find('"') != std::string_view::npos) {
    PROMISE(!current.etag.starts_with("W/"));
  }
  check_tags(tag, fields.if_match.value_or(""));
  check_tags(current.etag, fields.if_none_match.value_or(""));
  return 0;
}
