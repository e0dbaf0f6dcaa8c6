#include "files/file_head.h"

#include <algorithm>
#include <array>

#include "http/field_lines.h"
#include "http/lists.h"

namespace pollux::files {

namespace {

enum class Group : std::uint8_t { kType, kLength, kCache, kDate };

Group group_of(std::string_view name) {
  struct Member {
    std::string_view name;
    Group group;
  };
  constexpr std::array kMembers = std::to_array<Member>({
      {"Content-Type", Group::kType},
      {"Content-Encoding", Group::kType},
      {"Content-Disposition", Group::kType},
      {"Content-Language", Group::kType},
      {"Accept-Ranges", Group::kLength},
      {"Content-Length", Group::kLength},
      {"Last-Modified", Group::kDate},
  });
  const auto* const member = std::find_if(kMembers.begin(), kMembers.end(), [name](const Member& known) {
    return http::equals_ignoring_case(known.name, name);
  });
  return member == kMembers.end() ? Group::kCache : member->group;
}

}  // namespace

FileHead::FileHead(std::string_view lines) {
  std::array<std::string, 4> groups;
  while (!lines.empty()) {
    const std::string_view before = lines;
    const std::string_view name = http::FieldLines::take_line(lines).first;
    groups.at(static_cast<std::size_t>(group_of(name))) += before.substr(0, before.size() - lines.size());
  }
  const auto& [type, length, cache, date] = groups;
  length_at_ = type.size();
  cache_at_ = length_at_ + length.size();
  date_at_ = cache_at_ + cache.size();
  lines_ = type + length + cache + date;
}

}  // namespace pollux::files
