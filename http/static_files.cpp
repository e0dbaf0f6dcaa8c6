#include "http/static_files.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "http/conditional.h"
#include "http/range.h"
#include "http/uri.h"

namespace pollux::http {

namespace {

constexpr std::string_view kAllow = "GET, HEAD, OPTIONS";

std::chrono::sys_seconds seconds_of(const Now& now) {
  return std::chrono::floor<std::chrono::seconds>(now.wall);
}

Response options_response() {
  Response response;
  response.status = Status::kNoContent;
  response.add_field("Allow", kAllow);
  return response;
}

Response redirect_to_folder(const Request& request, std::string_view path) {
  Response response;
  response.status = Status::kMovedPermanently;
  // A path without a host: what the Host field says is never sent back.
  std::string location = encode_path(path) + "/";
  if (request.uri.has_query) location.append("?").append(request.uri.query);
  response.add_field("Location", location);
  response.add_content_length();
  return response;
}

// All fields of the file's own; the body is the whole file.
Response whole_file(std::shared_ptr<const Resource> resource) {
  Response response;
  response.file = resource->file;
  response.length = resource->file->size();
  response.prepared = resource->whole_fields;
  response.prepared_owner = std::move(resource);
  return response;
}

// RFC 9110 15.4.5: the validators that a 200 would have had, and no other metadata.
Response not_modified(const Resource& resource) {
  Response response;
  response.status = Status::kNotModified;
  response.add_field("ETag", resource.etag);
  return response;
}

Response one_range(const Resource& resource, ByteRange range, bool has_if_range) {
  Response response;
  response.status = Status::kPartialContent;
  response.file = resource.file;
  response.offset = range.first;
  response.length = range.length();
  response.fields = resource.type_field;
  // RFC 9110 15.3.7: who sends If-Range has the other fields already.
  if (has_if_range) {
    response.add_field("ETag", resource.etag);
  } else {
    response.fields += resource.validator_fields;
  }
  response.add_field("Content-Range", content_range(range, resource.file->size()));
  response.add_content_length();
  return response;
}

// RFC 9110 14.6. The boundary only has to be absent from the parts' heads, which we write
// ourselves, and unlikely in the file: it is made of the file's own entity-tag.
Response several_ranges(const Resource& resource, const std::vector<ByteRange>& ranges) {
  Response response;
  response.status = Status::kPartialContent;
  response.file = resource.file;
  const std::string boundary = "pollux-" + resource.etag.substr(1, resource.etag.size() - 2);
  for (const ByteRange& range : ranges) {
    response.parts.push_back({fmt::format("\r\n--{}\r\n{}Content-Range: {}\r\n\r\n", boundary,
                                          resource.type_field, content_range(range, resource.file->size())),
                              range.first, range.length()});
  }
  response.parts.push_back({fmt::format("\r\n--{}--\r\n", boundary), 0, 0});
  response.add_field("Content-Type", "multipart/byteranges; boundary=" + boundary);
  response.fields += resource.validator_fields;
  response.add_content_length();
  return response;
}

// Field values that live as long as `storage`: repeated lines are joined there.
struct Conditions {
  explicit Conditions(const FieldTable& table)
      : fields{.if_match = table.find_list(FieldId::kIfMatch, storage[0]),
               .if_none_match = table.find_list(FieldId::kIfNoneMatch, storage[1]),
               .if_modified_since = table.find(FieldId::kIfModifiedSince),
               .if_unmodified_since = table.find(FieldId::kIfUnmodifiedSince),
               .if_range = table.find(FieldId::kIfRange)} {}

  std::string storage[2];
  ConditionalFields fields;
};

}  // namespace

Response StaticFiles::handle(const Request& request, const Now& now) {
  if (request.method == Method::kOptions) return options_response();
  if (request.method == Method::kUnknown) return errors_.make(Status::kNotImplemented, now);
  if (!request.is_get_or_head()) return method_not_allowed(now);

  std::string storage;
  const PathResult result = normalise_path(request.uri.path, storage);
  if (result.error == PathError::kEncodedSlash) return errors_.make(Status::kNotFound, now);
  if (result.error != PathError::kOk) return errors_.make(Status::kBadRequest, now);
  if (has_hidden_segment(result.path)) return errors_.make(Status::kNotFound, now);

  auto resource = cache_.find(result.path, now.steady);
  switch (resource->kind) {
    case Resource::Kind::kFile: return serve_file(request, std::move(resource), now);
    case Resource::Kind::kFolder: return redirect_to_folder(request, result.path);
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
    return whole_file(std::move(resource));
  }
  const Ranges ranges = parse_ranges(*range, resource->file->size(), most_ranges_);
  switch (ranges.kind) {
    case Ranges::Kind::kNone: break;
    case Ranges::Kind::kSatisfiable:
      if (ranges.parts.size() > 1) return several_ranges(*resource, ranges.parts);
      return one_range(*resource, ranges.parts.front(), conditions.fields.if_range.has_value());
    case Ranges::Kind::kUnsatisfiable: {
      Response response = errors_.make(Status::kRangeNotSatisfiable, now);
      response.add_field("Content-Range", unsatisfied_content_range(resource->file->size()));
      return response;
    }
  }
  return whole_file(std::move(resource));
}

Response StaticFiles::method_not_allowed(const Now& now) const {
  Response response = errors_.make(Status::kMethodNotAllowed, now);
  response.add_field("Allow", kAllow);
  return response;
}

}  // namespace pollux::http
