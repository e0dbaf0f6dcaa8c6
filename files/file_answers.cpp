#include "files/file_answers.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <random>
#include <utility>

#include "files/conditional.h"
#include "files/range.h"
#include "http/date.h"
#include "http/uri.h"

namespace pollux::files {

namespace {

constexpr std::string_view kFileMethods = "GET, HEAD, OPTIONS";

std::chrono::sys_seconds seconds_of(const Now& now) {
  return std::chrono::floor<std::chrono::seconds>(now.wall);
}

// RFC 9110 8.8.2.1: a file from the future was modified when the response was made.
void add_date_if_in_future(http::FieldLines& fields, const Resource& resource, std::chrono::sys_seconds now) {
  if (resource.last_modified > now) fields.add("Last-Modified", http::cached_date(now));
}

// RFC 9110 15.4.5: the fields of a 200 that concern caches, and no other metadata; with an ETag,
// Last-Modified is such.
http::Response not_modified(const FileHead& head) {
  http::Response response;
  response.status = http::Status::kNotModified;
  response.fields.append(head.cache(false));
  return response;
}

// RFC 9110 15.3.7: a client that sends If-Range has the other fields already. (Content-Type is repeated all
// the same: browsers that seek in a video look for it.)
http::FieldLines range_fields(const Representation& what, bool has_if_range, const Now& now) {
  http::FieldLines fields;
  const bool dated = !has_if_range && what.file->validators().has_date(seconds_of(now));
  fields.append(what.head->cache(dated));
  if (!has_if_range) add_date_if_in_future(fields, *what.file, seconds_of(now));
  return fields;
}

http::Response one_range(const Representation& what, ByteRange range, const http::FieldLines& fields) {
  http::Response response;
  response.status = http::Status::kPartialContent;
  const std::shared_ptr<const FileVersion>& file = what.file->file;
  response.body = http::FileSlice{file, range.first, range.length()};
  response.fields.append(what.head->type());
  response.fields.append(fields.text());
  response.add_field("Content-Range", content_range(range, file->size()));
  response.add_content_length();
  return response;
}

std::uint64_t random_number() {
  thread_local std::random_device device;
  return std::uint64_t{device()} << 32U | device();
}

// RFC 9110 14.6. Each part holds a position in the file, not octets of it, so every part costs the same. The
// boundary must not occur in the file, so each response has a new random number in it.
http::Response several_ranges(const Representation& what, const std::vector<ByteRange>& ranges,
                              const http::FieldLines& fields) {
  http::Response response;
  response.status = http::Status::kPartialContent;
  const std::shared_ptr<const FileVersion>& file = what.file->file;
  std::vector<http::BodyPart> parts;
  const std::string boundary = fmt::format("pollux-{:016x}", random_number());
  for (const ByteRange& range : ranges) {
    const std::string_view line_end = parts.empty() ? "" : "\r\n";  // It belongs to the delimiter.
    parts.push_back({fmt::format("{}--{}\r\n{}Content-Range: {}\r\n\r\n", line_end, boundary,
                                 what.head->type(), content_range(range, file->size())),
                     {file, range.first, range.length()}});
  }
  parts.push_back({fmt::format("\r\n--{}--\r\n", boundary)});
  response.body = std::move(parts);
  response.add_field("Content-Type", "multipart/byteranges; boundary=" + boundary);
  response.fields.append(fields.text());
  response.add_content_length();
  return response;
}

// Field values that live as long as `storage`, where repeated lines are joined. For a field that is not a
// list, two lines make one malformed value, which the field's own rules handle.
struct Conditions {
  explicit Conditions(const http::FieldTable& table)
      : fields{.if_match = table.find_list(http::FieldId::kIfMatch, storage[0]),
               .if_none_match = table.find_list(http::FieldId::kIfNoneMatch, storage[1]),
               .if_modified_since = table.find_list(http::FieldId::kIfModifiedSince, storage[2]),
               .if_unmodified_since = table.find_list(http::FieldId::kIfUnmodifiedSince, storage[3]),
               .if_range = table.find_list(http::FieldId::kIfRange, storage[4])} {}

  std::array<std::string, 5> storage;
  ConditionalFields fields;
};

}  // namespace

std::optional<http::Response> FileAnswers::without_file(const http::Request& request, const Now& now) const {
  const bool is_options = request.method == http::Method::kOptions;
  if (is_options && request.uri.form == http::Target::Form::kAsterisk) return options();
  if (request.method == http::Method::kUnknown) return errors_.make(http::Status::kNotImplemented, now);
  if (is_options || request.is_get_or_head()) return std::nullopt;
  return errors_.method_not_allowed(kFileMethods, now);
}

http::Response FileAnswers::answer(const http::Request& request, Representation what, const Now& now) const {
  const Conditions conditions(*request.fields);
  const Validators validators = what.file->validators();
  switch (evaluate(conditions.fields, true, &validators, seconds_of(now))) {
    case Precondition::kNotModified: return not_modified(*what.head);
    case Precondition::kFailed: return errors_.make(http::Status::kPreconditionFailed, now);
    case Precondition::kProceed: break;
  }
  // RFC 9110 14.2: Range is defined for GET only.
  const auto range =
      request.method == http::Method::kGet ? request.fields->find(http::FieldId::kRange) : std::nullopt;
  if (!range || request.fields->repeated(http::FieldId::kRange) ||
      !range_applies(conditions.fields.if_range, validators, seconds_of(now))) {
    return whole(std::move(what), now);
  }
  const std::uint64_t size = what.file->file->size();
  const Ranges wanted = parse_ranges(*range, size, max_ranges_);
  switch (wanted.kind) {
    case Ranges::Kind::kNone: break;
    case Ranges::Kind::kSatisfiable: {
      const http::FieldLines fields = range_fields(what, conditions.fields.if_range.has_value(), now);
      if (wanted.parts.size() > 1) return several_ranges(what, wanted.parts, fields);
      return one_range(what, wanted.parts.front(), fields);
    }
    case Ranges::Kind::kUnsatisfiable: {
      http::Response response = errors_.make(http::Status::kRangeNotSatisfiable, now);
      response.add_field("Content-Range", unsatisfied_content_range(size));
      return response;
    }
  }
  return whole(std::move(what), now);
}

http::Response FileAnswers::whole(Representation what, const Now& now) {
  const Resource& resource = *what.file;
  http::Response response;
  response.body = http::FileSlice{resource.file, 0, resource.file->size()};
  response.prepared = what.head->whole(resource.validators().has_date(seconds_of(now)));
  add_date_if_in_future(response.fields, resource, seconds_of(now));
  response.prepared_owner = std::move(what.owner);
  return response;
}

http::Response FileAnswers::missing(Resource::Kind kind, const Now& now) const {
  if (kind == Resource::Kind::kMissing) return errors_.make(http::Status::kNotFound, now);
  if (kind == Resource::Kind::kForbidden) return errors_.make(http::Status::kForbidden, now);
  return errors_.unavailable(now);
}

http::Response FileAnswers::options() {
  http::Response response;
  response.status = http::Status::kNoContent;
  response.add_field("Allow", kFileMethods);
  return response;
}

http::Response FileAnswers::to_directory(const http::Request& request) {
  http::Response response;
  response.status = http::Status::kMovedPermanently;
  // A path without a host: the Host field is never sent back.
  std::string location = http::encode_path(request.path) + "/";
  if (request.uri.has_query) location.append("?").append(request.uri.query);
  response.add_field("Location", location);
  response.add_content_length();
  return response;
}

}  // namespace pollux::files
