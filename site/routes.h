// Decides where a request leads on a site: to a file, to another address, or nowhere.
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
  http::Status status = http::Status::kOk;  // Of kNone: kOk, unless a rule says 404 or 410.

  std::shared_ptr<const files::Resource> file;  // Of kFile; of kNone it says why.
  bool stands_in = false;                       // Of kFile: for something else, which is not there.

  std::string location;  // Of kRedirect.
};

struct RouteOptions {
  bool hidden = false;  // Files and directories whose names begin with '.' are served.
  bool clean_urls = false;
  bool listing = false;       // A directory without an index is answered with what is in it.
  std::string fallback = {};  // A path; empty: none.
  std::vector<std::string> private_paths = {};  // Never served.
  std::vector<std::string> members_only = {};   // Directories that no rewrite or fallback leads into.
};

class Routes {
 public:
  static constexpr int kMaxRewrites = 10;

  // The cache must outlive this.
  Routes(files::FileCache& cache, RouteOptions options);

  // What stands at a path; nothing does if it is not to be seen.
  [[nodiscard]] std::shared_ptr<const files::Resource> look_up(std::string_view path, TimePoint now) const;

  // Whether a file that is there may have another address all the same.
  [[nodiscard]] bool may_move(std::string_view path) const {
    return options_.clean_urls && path.ends_with(".html");
  }

  // Whether what answers depends on Accept, if nothing is there.
  [[nodiscard]] bool may_fall_back(std::string_view path) const;

  // Whether there may be a listing to be made, which waits for the disk.
  [[nodiscard]] bool may_list(std::string_view path, TimePoint now) const;

  // `wants_page`: the client is somebody who would read a page, not a program that wants an asset.
  [[nodiscard]] Route find(const RequestUri& uri, bool wants_page, const Redirects& rules,
                           TimePoint now) const;

 private:
  // A request on its way, at this path by now.
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
