// Finds the destination of a request on a site: a file, another address, or nothing.
//
// In this order:
//   1. _redirects: a rule that is forced, or whose path has no file. A rewrite goes on with its new path.
//   2. The file itself, or the index of a directory.
//   3. clean_urls: /about serves about.html; /about.html and /index.html are redirected to /about and /.
//   4. listing: a directory without an index.
//   5. fallback: a page for the paths that a single-page application makes up itself.
//
// Thread: any. Constant after construction.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "files/file_cache.h"
#include "http/message.h"
#include "site/redirects.h"

namespace pollux::site {

struct Route {
  enum class Kind : std::uint8_t { kFile, kRedirect, kListing, kNone };
  Kind kind = Kind::kNone;
  http::Status status = http::Status::kOk;  // With kNone: kOk, unless a rule says 404 or 410.

  std::shared_ptr<const files::Resource> file;  // With kFile; with kNone it has the reason.
  bool stands_in = false;                       // With kFile: it replaces a file that does not exist.

  std::string location;  // With kRedirect.
};

struct RouteOptions {
  bool hidden = false;  // Serve files and directories whose names begin with '.'.
  bool clean_urls = false;
  bool listing = false;                         // List the entries of a directory without an index.
  std::string fallback = {};                    // A path; empty: none.
  std::vector<std::string> private_paths = {};  // Never served.
  std::vector<std::string> members_only = {};   // Directories that no rewrite or fallback leads into.
};

class Routes {
 public:
  static constexpr int kMaxRewrites = 10;

  // The cache must outlive the object.
  Routes(files::FileCache& cache, RouteOptions options);

  // The resource at a path; none if it must not be seen.
  [[nodiscard]] std::shared_ptr<const files::Resource> look_up(std::string_view path, TimePoint now) const;

  // Whether an existing file may have another address all the same.
  [[nodiscard]] bool may_move(std::string_view path) const {
    return options_.clean_urls && path.ends_with(".html");
  }

  // Whether the response depends on Accept, if nothing exists at the path.
  [[nodiscard]] bool may_fall_back(std::string_view path) const;

  // Whether a listing may have to be made, which waits for the disk.
  [[nodiscard]] bool may_list(std::string_view path, TimePoint now) const;

  // `wants_page`: the client wants a page to read, and not an asset for a program.
  [[nodiscard]] Route find(const RequestUri& uri, bool wants_page, const Redirects& rules,
                           TimePoint now) const;

 private:
  // A request on its way, with its current path.
  struct Step {
    const RequestUri& uri;
    std::string path;
    bool rewritten = false;
    TimePoint now;
  };

  [[nodiscard]] bool is_for_members(std::string_view path) const;
  [[nodiscard]] std::optional<Route> at_members(const Step& step) const;
  [[nodiscard]] std::shared_ptr<const files::Resource> find_file(const std::string& path,
                                                                 TimePoint now) const;
  [[nodiscard]] bool is_directory(std::string_view path, TimePoint now) const;
  [[nodiscard]] bool is_served(const std::string& path, TimePoint now) const;
  [[nodiscard]] Route at(const Step& step) const;
  [[nodiscard]] Route at_directory(const Step& step) const;
  [[nodiscard]] std::optional<Route> at_clean_url(const Step& step) const;
  [[nodiscard]] std::optional<std::string> clean_url_of(const Step& step, const files::Resource& file) const;
  [[nodiscard]] std::optional<Route> fall_back(const Step& step) const;

  files::FileCache& cache_;
  const RouteOptions options_;
  const std::shared_ptr<const files::Resource> nothing_;
};

}  // namespace pollux::site
