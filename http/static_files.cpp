#include "http/static_files.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <random>
#include <utility>

#include "http/conditional.h"
#include "http/date.h"
#include "http/range.h"
#include "http/uri.h"

namespace pollux::http {

namespace {

constexpr std::string_view kFileMethods = "GET, HEAD, OPTIONS";

std::chrono::sys_seconds seconds_of(const Now& now) {
  return std::chrono::floor<std::chrono::seconds>(now.wall);
}

Response options_response() {
  Response response;
  response.status = Status::kNoContent;
  response.add_field("Allow", kFileMethods);
  return response;
}

Response redirect_to_directory(const Request& request) {
  Response response;
  response.status = Status::kMovedPermanently;
  // A path without a host: what the Host field says is never sent back.
  std::string location = encode_path(request.path) + "/";
  if (request.uri.has_query) location.append("?").append(request.uri.query);
  response.add_field("Location", location);
  response.add_content_length();
  return response;
}

// RFC 9110 8.8.2.1: a file from the future was modified when the response was made.
void add_date_if_in_future(FieldLines& fields, const Resource& resource, std::chrono::sys_seconds now) {
  if (resource.last_modified > now) fields.add("Last-Modified", cached_date(now));
}

// All fields of the file's own; the body is the whole file.
Response whole_file(std::shared_ptr<const Resource> resource, const Now& now) {
  Response response;
  response.body = FileSlice{resource->file, 0, resource->file->size()};
  response.prepared = resource->whole_fields(seconds_of(now));
  add_date_if_in_future(response.fields, *resource, seconds_of(now));
  response.prepared_owner = std::move(resource);
  return response;
}

// RFC 9110 15.4.5: what a 200 would have told caches, and no other metadata; with an ETag, Last-Modified is
// such.
Response not_modified(const Resource& resource) {
  Response response;
  response.status = Status::kNotModified;
  response.fields.append(resource.cache_fields_without_date());
  return response;
}

// RFC 9110 15.3.7: who sends If-Range has the other fields already. (Of these, Content-Type is repeated
// all the same: browsers that seek in a video look for it.)
FieldLines range_fields(const Resource& resource, bool has_if_range, const Now& now) {
  FieldLines fields;
  if (has_if_range) {
    fields.append(resource.cache_fields_without_date());
  } else {
    fields.append(resource.cache_fields(seconds_of(now)));
    add_date_if_in_future(fields, resource, seconds_of(now));
  }
  return fields;
}

Response one_range(const Resource& resource, ByteRange range, const FieldLines& fields) {
  Response response;
  response.status = Status::kPartialContent;
  response.body = FileSlice{resource.file, range.first, range.length()};
  response.fields.append(resource.type_fields);
  response.fields.append(fields.text());
  response.add_field("Content-Range", content_range(range, resource.file->size()));
  response.add_content_length();
  return response;
}

std::uint64_t random_number() {
  thread_local std::random_device device;
  return std::uint64_t{device()} << 32U | device();
}

// RFC 9110 14.6. Each part holds a place in the file, not octets of it, so a part costs the same however
// large. The boundary must not occur in the file, so each response has a new random number in it.
Response several_ranges(const Resource& resource, const std::vector<ByteRange>& ranges,
                        const FieldLines& fields) {
  Response response;
  response.status = Status::kPartialContent;
  std::vector<BodyPart> parts;
  const std::string boundary = fmt::format("pollux-{:016x}", random_number());
  for (const ByteRange& range : ranges) {
    const std::string_view line_end = parts.empty() ? "" : "\r\n";  // It belongs to the delimiter.
    parts.push_back({fmt::format("{}--{}\r\n{}Content-Range: {}\r\n\r\n", line_end, boundary,
                                 resource.type_fields, content_range(range, resource.file->size())),
                     {resource.file, range.first, range.length()}});
  }
  parts.push_back({fmt::format("\r\n--{}--\r\n", boundary)});
  response.body = std::move(parts);
  response.add_field("Content-Type", "multipart/byteranges; boundary=" + boundary);
  response.fields.append(fields.text());
  response.add_content_length();
  return response;
}

// Field values that live as long as `storage`: repeated lines are joined there. Of the fields that are no
// lists, two lines make one malformed value, and the fields' own rules say what comes of that.
struct Conditions {
  explicit Conditions(const FieldTable& table)
      : fields{.if_match = table.find_list(FieldId::kIfMatch, storage[0]),
               .if_none_match = table.find_list(FieldId::kIfNoneMatch, storage[1]),
               .if_modified_since = table.find_list(FieldId::kIfModifiedSince, storage[2]),
               .if_unmodified_since = table.find_list(FieldId::kIfUnmodifiedSince, storage[3]),
               .if_range = table.find_list(FieldId::kIfRange, storage[4])} {}

  std::array<std::string, 5> storage;
  ConditionalFields fields;
};

}  // namespace

Response StaticFiles::answer(const Request& request, const Now& now) {
  const bool options = request.method == Method::kOptions;
  if (options && request.uri.form == Target::Form::kAsterisk) return options_response();
  if (request.method == Method::kUnknown) return errors_.make(Status::kNotImplemented, now);
  if (!options && !request.is_get_or_head()) return method_not_allowed(now);

  if (has_hidden_segment(request.path)) return errors_.make(Status::kNotFound, now);
  auto resource = cache_.find(request.path, now.steady);
  const bool there = resource->kind == Resource::Kind::kFile || resource->kind == Resource::Kind::kDirectory;
  if (options && there) return options_response();
  switch (resource->kind) {
    case Resource::Kind::kFile: return serve_file(request, std::move(resource), now);
    case Resource::Kind::kDirectory: return redirect_to_directory(request);
    case Resource::Kind::kMissing: return errors_.make(Status::kNotFound, now);
    case Resource::Kind::kForbidden: return errors_.make(Status::kForbidden, now);
    case Resource::Kind::kUnavailable: break;
  }
  Response busy = errors_.make(Status::kServiceUnavailable, now);
  busy.add_field("Retry-After", "1");
  return busy;
}

Response StaticFiles::serve_file(const Request& request, std::shared_ptr<const Resource> resource,
                                 const Now& now) const {
  const Conditions conditions(*request.fields);
  const Validators validators = resource->validators();
  switch (evaluate(conditions.fields, true, &validators, seconds_of(now))) {
    case Precondition::kNotModified: return not_modified(*resource);
    case Precondition::kFailed: return errors_.make(Status::kPreconditionFailed, now);
    case Precondition::kProceed: break;
  }
  // RFC 9110 14.2: Range is defined for GET alone.
  const auto range = request.method == Method::kGet ? request.fields->find(FieldId::kRange) : std::nullopt;
  if (!range || request.fields->repeated(FieldId::kRange) ||
      !range_applies(conditions.fields.if_range, validators, seconds_of(now))) {
    return whole_file(std::move(resource), now);
  }
  const Ranges ranges = parse_ranges(*range, resource->file->size(), max_ranges_);
  switch (ranges.kind) {
    case Ranges::Kind::kNone: break;
    case Ranges::Kind::kSatisfiable: {
      const FieldLines fields = range_fields(*resource, conditions.fields.if_range.has_value(), now);
      if (ranges.parts.size() > 1) return several_ranges(*resource, ranges.parts, fields);
      return one_range(*resource, ranges.parts.front(), fields);
    }
    case Ranges::Kind::kUnsatisfiable: {
      Response response = errors_.make(Status::kRangeNotSatisfiable, now);
      response.add_field("Content-Range", unsatisfied_content_range(resource->file->size()));
      return response;
    }
  }
  return whole_file(std::move(resource), now);
}

Response StaticFiles::method_not_allowed(const Now& now) const {
  Response response = errors_.make(Status::kMethodNotAllowed, now);
  response.add_field("Allow", kFileMethods);
  return response;
}

}  // namespace pollux::http
