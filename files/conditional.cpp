#include "files/conditional.h"

#include <algorithm>

#include "http/chars.h"
#include "http/date.h"
#include "http/lists.h"

namespace pollux::files {

namespace {

using std::chrono::sys_seconds;

constexpr std::string_view kWeakPrefix = "W/";  // Case-sensitive (8.8.3).

using Comparison = bool (*)(std::string_view, std::string_view);

// Whether a list of entity-tags has one that equals `etag`; a list with a malformed element has none.
// ListReader does not fit: a backslash has a meaning in a quoted-string, and none in an entity-tag.
bool lists_tag(std::string_view list, std::string_view etag, Comparison same) {
  bool found = false;
  std::string_view rest = http::trim_ows(list);
  while (!rest.empty()) {
    if (rest.front() != ',') {
      const std::size_t length = entity_tag_length(rest);
      if (length == 0) return false;
      found = found || same(rest.substr(0, length), etag);
      rest = http::trim_ows(rest.substr(length));
      if (!rest.empty() && rest.front() != ',') return false;
    }
    rest = http::trim_ows(rest.substr(std::min<std::size_t>(1, rest.size())));
  }
  return found;
}

// Whether the field lists the current representation: 13.1.1 and 13.1.2.
bool names_current(std::string_view field, const Validators* current, Comparison same) {
  if (current == nullptr) return false;
  return http::trim_ows(field) == "*" || lists_tag(field, current->etag, same);
}

// Whether the representation is unchanged since the date. std::nullopt: ignore the field.
std::optional<bool> unchanged_since(std::optional<std::string_view> field, const Validators* current,
                                    sys_seconds now) {
  if (!field || current == nullptr) return std::nullopt;
  const std::optional<sys_seconds> date = http::parse_date(http::trim_ows(*field), now);
  if (!date) return std::nullopt;
  return current->last_modified <= *date;
}

}  // namespace

Precondition evaluate(const ConditionalFields& fields, bool is_get_or_head, const Validators* current,
                      sys_seconds now) {
  if (fields.if_match) {
    if (!names_current(*fields.if_match, current, strong_match)) return Precondition::kFailed;
  } else if (unchanged_since(fields.if_unmodified_since, current, now) == false) {
    return Precondition::kFailed;
  }

  if (fields.if_none_match) {
    if (!names_current(*fields.if_none_match, current, weak_match)) return Precondition::kProceed;
    return is_get_or_head ? Precondition::kNotModified : Precondition::kFailed;
  }
  if (is_get_or_head && current != nullptr && current->has_date(now) &&
      unchanged_since(fields.if_modified_since, current, now) == true) {
    return Precondition::kNotModified;
  }
  return Precondition::kProceed;
}

bool range_applies(std::optional<std::string_view> if_range, const Validators& current, sys_seconds now) {
  if (!if_range) return true;
  const std::string_view value = http::trim_ows(*if_range);
  if (value.starts_with('"') || value.starts_with(kWeakPrefix)) return strong_match(value, current.etag);
  return http::parse_date(value, now) == current.last_modified && current.has_date(now);
}

bool weak_match(std::string_view a, std::string_view b) {
  if (a.starts_with(kWeakPrefix)) a.remove_prefix(kWeakPrefix.size());
  if (b.starts_with(kWeakPrefix)) b.remove_prefix(kWeakPrefix.size());
  return !a.empty() && a == b;
}

bool strong_match(std::string_view a, std::string_view b) {
  return !a.empty() && a == b && !a.starts_with(kWeakPrefix);
}

std::size_t entity_tag_length(std::string_view text) {
  const std::size_t open = text.starts_with(kWeakPrefix) ? kWeakPrefix.size() : 0;
  if (open >= text.size() || text[open] != '"') return 0;
  std::size_t close = open + 1;
  while (close < text.size() && http::is_etagc(text[close])) ++close;
  if (close >= text.size() || text[close] != '"') return 0;
  return close + 1;
}

}  // namespace pollux::files
