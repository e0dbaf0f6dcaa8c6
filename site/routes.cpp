#include "site/routes.h"

#include <algorithm>
#include <utility>

#include "http/uri.h"
#include "log/escape.h"
#include "log/throttle.h"

namespace pollux::site {

namespace {

using files::Resource;
using http::Status;

constexpr std::string_view kPage = ".html";

Route file_route(std::shared_ptr<const Resource> file) {
  Route route;
  route.kind = Route::Kind::kFile;
  route.file = std::move(file);
  return route;
}

Route redirect_route(Status status, std::string location) {
  Route route;
  route.kind = Route::Kind::kRedirect;
  route.status = status;
  route.location = std::move(location);
  return route;
}

// To another path of the site, with the request's query.
Route moved(Status status, std::string_view path, const RequestUri& uri) {
  std::string location = http::encode_path(path);
  if (!uri.query.empty()) location.append("?").append(uri.query);
  return redirect_route(status, std::move(location));
}

Route no_route(std::shared_ptr<const Resource> why) {
  Route route;
  route.file = std::move(why);
  return route;
}

bool is_same_file(const Resource& a, const Resource& b) {
  const struct stat& one = a.file->status();
  const struct stat& other = b.file->status();
  return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

bool has_extension(std::string_view path) {
  return path.substr(path.rfind('/') + 1).find('.') != std::string_view::npos;
}

}  // namespace

Routes::Routes(files::FileCache& cache, RouteOptions options)
    : cache_(cache), options_(std::move(options)), nothing_(std::make_shared<Resource>()) {}

std::shared_ptr<const Resource> Routes::look_up(std::string_view path, TimePoint now) const {
  const std::vector<std::string>& unseen = options_.private_paths;
  const bool is_private = std::find(unseen.begin(), unseen.end(), path) != unseen.end();
  if (is_private || (!options_.hidden && http::has_hidden_segment(path))) return nothing_;
  return cache_.find(path, now);
}

Route Routes::find(const RequestUri& uri, bool wants_page, const Redirects& rules, TimePoint now) const {
  Step step{uri, std::string(uri.path), false, now};
  std::string query(uri.query);
  for (int rewrites = 0; rules.size() > 0; ++rewrites) {
    const auto rule = rules.find({.host = uri.host, .path = step.path, .query = query, .secure = uri.secure});
    if (!rule || (!rule->forced && is_served(step.path, now))) break;
    if (!rule->is_rewrite()) return redirect_route(rule->status, rule->location);
    if (rewrites == kMaxRewrites) {
      static log::Throttle throttle(10);
      throttle.log(log::Level::kWarn, "{} is rewritten without end; the last rule is that of line {}",
                   log::printable(uri.path), rule->line);
      return no_route(nothing_);
    }
    step.path = rule->path;
    step.rewritten = true;
    query = rule->query;
    if (rule->status == Status::kOk) continue;
    Route page = at(step);  // 404 or 410, and what it shows.
    if (page.kind != Route::Kind::kRedirect) page.status = rule->status;
    page.stands_in = true;
    return page;
  }
  Route route = at(step);
  const bool missing = route.kind == Route::Kind::kNone && route.file->kind == Resource::Kind::kMissing;
  if (!missing || !wants_page) return route;
  return fall_back(step).value_or(std::move(route));
}

std::shared_ptr<const Resource> Routes::find_file(const std::string& path, TimePoint now) const {
  auto resource = look_up(path, now);
  return resource->kind == Resource::Kind::kFile ? std::move(resource) : nullptr;
}

// Whether the rule's path has a file, so that the rule is not followed.
bool Routes::is_served(const std::string& path, TimePoint now) const {
  const auto resource = look_up(path, now);
  if (resource->kind == Resource::Kind::kFile) return true;
  if (options_.clean_urls && !path.ends_with('/') && find_file(path + std::string(kPage), now)) return true;
  return resource->kind == Resource::Kind::kDirectory && find_file(path + '/', now);
}

bool Routes::is_for_members(std::string_view path) const {
  return std::any_of(options_.members_only.begin(), options_.members_only.end(),
                     [path](const std::string& directory) { return http::is_within(path, directory); });
}

// A request from outside a members' area that leads into it must be repeated there, where the login is
// checked.
std::optional<Route> Routes::at_members(const Step& step) const {
  if (!is_for_members(step.path) || is_for_members(step.uri.path)) return std::nullopt;
  return moved(Status::kFound, step.path, step.uri);
}

Route Routes::at(const Step& step) const {
  if (auto route = at_members(step)) return std::move(*route);
  auto resource = look_up(step.path, step.now);
  if (resource->kind == Resource::Kind::kDirectory) return at_directory(step);
  if (resource->kind == Resource::Kind::kFile) {
    if (const auto clean = clean_url_of(step, *resource)) {
      return moved(Status::kPermanentRedirect, *clean, step.uri);
    }
    return file_route(std::move(resource));
  }
  if (resource->kind == Resource::Kind::kMissing) {
    if (auto route = at_clean_url(step)) return std::move(*route);
    if (!step.rewritten && options_.listing && is_directory(step.path, step.now)) {
      Route route;
      route.kind = Route::Kind::kListing;
      return route;
    }
  }
  return no_route(std::move(resource));
}

bool Routes::may_list(std::string_view path, TimePoint now) const {
  return options_.listing && path.ends_with('/') && look_up(path, now)->kind == Resource::Kind::kMissing;
}

// `path` ends with a slash if it is a directory's.
bool Routes::is_directory(std::string_view path, TimePoint now) const {
  if (!path.ends_with('/')) return false;
  path.remove_suffix(1);
  return path.empty() || look_up(path, now)->kind == Resource::Kind::kDirectory;
}

// A directory, without its slash.
Route Routes::at_directory(const Step& step) const {
  if (auto route = at_clean_url(step)) return std::move(*route);
  if (!step.rewritten) return moved(Status::kMovedPermanently, step.path + '/', step.uri);
  if (auto index = find_file(step.path + '/', step.now)) return file_route(std::move(index));
  return no_route(nothing_);
}

// The page for a path without its ".html".
std::optional<Route> Routes::at_clean_url(const Step& step) const {
  if (!options_.clean_urls || step.path == "/") return std::nullopt;
  std::string_view bare = step.path;
  const bool slash = bare.ends_with('/');
  if (slash) bare.remove_suffix(1);
  const std::string path = std::string(bare) + std::string(kPage);
  auto page = find_file(path, step.now);
  if (!page) return std::nullopt;
  if (slash && !step.rewritten) return moved(Status::kPermanentRedirect, bare, step.uri);
  return file_route(std::move(page));
}

// std::nullopt: the requested address is the right one.
std::optional<std::string> Routes::clean_url_of(const Step& step, const Resource& file) const {
  if (step.rewritten || !may_move(step.path)) return std::nullopt;
  const std::string directory = step.path.substr(0, step.path.rfind('/') + 1);
  const auto index = find_file(directory, step.now);
  if (index && is_same_file(*index, file)) return directory;
  return step.path.substr(0, step.path.size() - kPage.size());
}

bool Routes::may_fall_back(std::string_view path) const {
  return !options_.fallback.empty() && !has_extension(path);
}

std::optional<Route> Routes::fall_back(const Step& step) const {
  if (!may_fall_back(step.path)) return std::nullopt;
  auto page = find_file(options_.fallback, step.now);
  if (!page) return std::nullopt;
  if (auto route = at_members({step.uri, options_.fallback, true, step.now})) return std::move(*route);
  Route route = file_route(std::move(page));
  route.stands_in = true;
  return route;
}

}  // namespace pollux::site
