// The responses that a file can have (RFC 9110 sections 9, 13 and 14): whole, ranges of it, 304, 412, 416;
// and those without a file. The caller decides which file a request gets.
//
// Thread: any. Constant after construction.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "files/resource.h"
#include "http/error_pages.h"
#include "http/request.h"
#include "http/response.h"

namespace pollux::files {

// The file or variant to send, and its header lines. `owner` keeps both alive.
struct Representation {
  std::shared_ptr<const void> owner;
  const Resource* file;
  const FileHead* head;

  explicit Representation(std::shared_ptr<const Resource> resource)
      : owner(std::move(resource)), file(static_cast<const Resource*>(owner.get())), head(&file->head) {}
  Representation(std::shared_ptr<const void> keeper, const Resource& of, const FileHead& with)
      : owner(std::move(keeper)), file(&of), head(&with) {}
};

class FileAnswers {
 public:
  // `max_ranges`: a request with more ranges has its Range field ignored.
  FileAnswers(const http::ErrorPages& errors, std::size_t max_ranges)
      : errors_(errors), max_ranges_(max_ranges) {}

  // The response to a request whose method or target needs no file. std::nullopt: GET, HEAD or OPTIONS of a
  // path.
  [[nodiscard]] std::optional<http::Response> without_file(const http::Request& request,
                                                           const Now& now) const;

  // The response to GET or HEAD.
  [[nodiscard]] http::Response answer(const http::Request& request, Representation what,
                                      const Now& now) const;

  // The whole file, whatever the request's conditions say: the content of another response, such as a 404.
  [[nodiscard]] static http::Response whole(Representation what, const Now& now);

  // 404, 403 or 503. REQUIRES: neither a file nor a directory.
  [[nodiscard]] http::Response missing(Resource::Kind kind, const Now& now) const;

  [[nodiscard]] static http::Response options();
  // 301 to the path with a slash at its end.
  [[nodiscard]] static http::Response to_directory(const http::Request& request);

 private:
  const http::ErrorPages& errors_;
  const std::size_t max_ranges_;
};

}  // namespace pollux::files
