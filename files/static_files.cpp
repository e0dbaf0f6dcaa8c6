#include "files/static_files.h"

#include <utility>

#include "http/uri.h"

namespace pollux::files {

http::Response StaticFiles::answer(const http::Request& request, const Now& now) {
  if (auto response = answers_.without_file(request, now)) return std::move(*response);
  if (http::has_hidden_segment(request.path)) return answers_.missing(Resource::Kind::kMissing, now);
  auto resource = cache_.find(request.path, now.steady);
  const bool is_file = resource->kind == Resource::Kind::kFile;
  if (!is_file && resource->kind != Resource::Kind::kDirectory) return answers_.missing(resource->kind, now);
  if (request.method == http::Method::kOptions) return FileAnswers::options();
  if (!is_file) return FileAnswers::to_directory(request);
  return answers_.answer(request, Representation(std::move(resource)), now);
}

}  // namespace pollux::files
