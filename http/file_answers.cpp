#include "http/file_answers.h"

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

// RFC 9110 8.8.2.1: a file from the future was modified when the response was made.
void add_date_if_in_future(FieldLines& fields, const Resource& resource, std::chrono::sys_seconds now) {
  if (resource.last_modified > now) fields.add("Last-Modified", cached_date(now));
}

// RFC 9110 15.4.5: what a 200 would have told caches, and no other metadata; with an ETag, Last-Modified is
// such.
Response not_modified(const FileHead& head) {
  Response response;
  response.status = Status::kNotModified;
  response.fields.append(head.cache(false));
  return response;
}

// RFC 9110 15.3.7: who sends If-Range has the other fields already. (Of these, Content-Type is repeated
// all the same: browsers that seek in a video look for it.)
FieldLines range_fields(const Representation& what, bool has_if_range, const Now& now) {
  FieldLines fields;
  const bool dated = !has_if_range && what.file->validators().has_date(seconds_of(now));
  fields.append(what.head->cache(dated));
  if (!has_if_range) add_date_if_in_future(fields, *what.file, seconds_of(now));
  return fields;
}

Response one_range(const Representation& what, ByteRange range, const FieldLines& fields) {
  Response response;
  response.status = Status::kPartialContent;
  const std::shared_ptr<const FileVersion>& file = what.file->file;
  response.body = FileSlice{file, range.first, range.length()};
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

// RFC 9110 14.6. Each part holds a place in the file, not octets of it, so a part costs the same however
// large. The boundary must not occur in the file, so each response has a new random number in it.
Response several_ranges(const Representation& what, const std::vector<ByteRange>& ranges,
                        const FieldLines& fields) {
  Response response;
  response.status = Status::kPartialContent;
  const std::shared_ptr<const FileVersion>& file = what.file->file;
  std::vector<BodyPart> parts;
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

std::optional<Response> FileAnswers::without_file(const Request& request, const Now& now) const {
  const bool is_options = request.method == Method::kOptions;
  if (is_options && request.uri.form == Target::Form::kAsterisk) return options();
  if (request.method == Method::kUnknown) return errors_.make(Status::kNotImplemented, now);
  if (is_options || request.is_get_or_head()) return std::nullopt;
  Response response = errors_.make(Status::kMethodNotAllowed, now);
  response.add_field("Allow", kFileMethods);
  return response;
}

Response FileAnswers::answer(const Request& request, Representation what, const Now& now) const {
  const Conditions conditions(*request.fields);
  const Validators validators = what.file->validators();
  switch (evaluate(conditions.fields, true, &validators, seconds_of(now))) {
    case Precondition::kNotModified: return not_modified(*what.head);
    case Precondition::kFailed: return errors_.make(Status::kPreconditionFailed, now);
    case Precondition::kProceed: break;
  }
  // RFC 9110 14.2: Range is defined for GET alone.
  const auto range = request.method == Method::kGet ? request.fields->find(FieldId::kRange) : std::nullopt;
  if (!range || request.fields->repeated(FieldId::kRange) ||
      !range_applies(conditions.fields.if_range, validators, seconds_of(now))) {
    return whole(std::move(what), now);
  }
  const std::uint64_t size = what.file->file->size();
  const Ranges wanted = parse_ranges(*range, size, max_ranges_);
  switch (wanted.kind) {
    case Ranges::Kind::kNone: break;
    case Ranges::Kind::kSatisfiable: {
      const FieldLines fields = range_fields(what, conditions.fields.if_range.has_value(), now);
      if (wanted.parts.size() > 1) return several_ranges(what, wanted.parts, fields);
      return one_range(what, wanted.parts.front(), fields);
    }
    case Ranges::Kind::kUnsatisfiable: {
      Response response = errors_.make(Status::kRangeNotSatisfiable, now);
      response.add_field("Content-Range", unsatisfied_content_range(size));
      return response;
    }
  }
  return whole(std::move(what), now);
}

Response FileAnswers::whole(Representation what, const Now& now) {
  const Resource& resource = *what.file;
  Response response;
  response.body = FileSlice{resource.file, 0, resource.file->size()};
  response.prepared = what.head->whole(resource.validators().has_date(seconds_of(now)));
  add_date_if_in_future(response.fields, resource, seconds_of(now));
  response.prepared_owner = std::move(what.owner);
  return response;
}

Response FileAnswers::missing(Resource::Kind kind, const Now& now) const {
  if (kind == Resource::Kind::kMissing) return errors_.make(Status::kNotFound, now);
  if (kind == Resource::Kind::kForbidden) return errors_.make(Status::kForbidden, now);
  Response busy = errors_.make(Status::kServiceUnavailable, now);
  busy.add_field("Retry-After", "1");
  return busy;
}

Response FileAnswers::options() {
  Response response;
  response.status = Status::kNoContent;
  response.add_field("Allow", kFileMethods);
  return response;
}

Response FileAnswers::to_directory(const Request& request) {
  Response response;
  response.status = Status::kMovedPermanently;
  // A path without a host: what the Host field says is never sent back.
  std::string location = encode_path(request.path) + "/";
  if (request.uri.has_query) location.append("?").append(request.uri.query);
  response.add_field("Location", location);
  response.add_content_length();
  return response;
}

}  // namespace pollux::http
