// Conditional requests (RFC 9110 section 13).
//
// evaluate() looks at the fields in the order of 13.2.2:
//
//   If-Match ------------ false -> 412        If-Match makes If-Unmodified-Since void,
//   If-Unmodified-Since - false -> 412        whatever it says;
//   If-None-Match ------- false -> 304 / 412  If-None-Match makes If-Modified-Since void.
//   If-Modified-Since --- false -> 304        304 for GET and HEAD, 412 for other methods.
//
// If-Modified-Since is ignored while the representation has no date (Validators::has_date(), and 13.1.3:
// "MUST ignore … if the resource does not have a modification date available"). If-Unmodified-Since is not
// ignored: a guard with an older date still guards.
//
// Malformed values. A date that is no HTTP-date MUST be ignored (13.1.3, 13.1.4). For entity-tags the steps
// of 13.1.1 and 13.1.2 decide: a value that is neither "*" nor a list of entity-tags falls through to the
// last step, "Otherwise". So a malformed If-Match is false (412: the client asked for a guard and does not
// get its way without one), and a malformed If-None-Match is true (the whole representation is always a right
// answer). One bad element spoils a whole list, because it leaves doubt about where the others begin. Both
// still void their date field, since they are present.
//
// The caller observes 13.2.1: preconditions count only if the response without them would be a 2xx or 412,
// and never for CONNECT, OPTIONS and TRACE.
//
// Pure functions of values; any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

namespace pollux::files {

// The validators of the current representation, exactly as in its ETag and Last-Modified.
struct Validators {
  std::string_view etag;  // With its quotes, and W/ if it is weak. Empty: none, which matches nothing.
  std::chrono::sys_seconds last_modified;

  // Whether the second named by last_modified is over. Until then the representation may change again and
  // keep its date. So the date proves nothing: it is neither sent as Last-Modified nor accepted as one. The
  // same holds for a date in the future, which must not be sent (8.8.2.1).
  [[nodiscard]] bool has_date(std::chrono::sys_seconds now) const { return last_modified < now; }
};

// Field values as received; those of repeated lines are joined by ", ".
struct ConditionalFields {
  std::optional<std::string_view> if_match;
  std::optional<std::string_view> if_none_match;
  std::optional<std::string_view> if_modified_since;
  std::optional<std::string_view> if_unmodified_since;
  std::optional<std::string_view> if_range;
};

enum class Precondition {
  kProceed,
  kNotModified,  // 304
  kFailed,       // 412
};

// `current`: nullptr when the target has no representation now. `now`: for reading RFC 850 dates.
[[nodiscard]] Precondition evaluate(const ConditionalFields& fields, bool is_get_or_head,
                                    const Validators* current, std::chrono::sys_seconds now);

// Whether the Range field counts (13.1.5, 14.2): true without If-Range, or when it names exactly the
// representation that would be sent. Tags are compared strongly. A date must be the exact Last-Modified, and
// a strong one (8.8.2.2): see Validators::has_date().
[[nodiscard]] bool range_applies(std::optional<std::string_view> if_range, const Validators& current,
                                 std::chrono::sys_seconds now);

// 8.8.3.2, on whole entity-tags: weak comparison ignores W/, and strong comparison fails for a tag with it.
[[nodiscard]] bool weak_match(std::string_view a, std::string_view b);
[[nodiscard]] bool strong_match(std::string_view a, std::string_view b);

// The length in octets of the entity-tag that `text` begins with, 0 when it begins with none (8.8.3).
[[nodiscard]] std::size_t entity_tag_length(std::string_view text);

}  // namespace pollux::files
