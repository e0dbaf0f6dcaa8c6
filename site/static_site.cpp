#include "site/static_site.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "http/accept.h"
#include "http/fields.h"
#include "http/lists.h"

namespace pollux::site {

namespace {

using files::Resource;
using http::Request;
using http::Response;
using http::Status;

// A browser that opens a page asks for HTML; it asks for a page's resources as */* or by their type.
bool wants_page(const Request& request) {
  constexpr std::string_view kHtml = "text/html";
  std::string storage;
  const auto accepted = request.fields->find_list(http::FieldId::kAccept, storage);
  if (!accepted || !request.is_get_or_head()) return false;
  http::ListReader ranges(*accepted);
  while (const auto range = ranges.next()) {
    const std::string_view type = http::trim_ows(range->substr(0, range->find(';')));
    if (http::equals_ignoring_case(type, kHtml)) return http::weight_of_type(*accepted, kHtml) > 0;
  }
  return false;
}

Response redirect(const Route& route) {
  Response response;
  response.status = route.status;
  response.add_field("Location", route.location);
  response.add_content_length();
  return response;
}

// A file, and header lines that were made for one request.
struct Dressed {
  std::shared_ptr<const void> file;
  files::FileHead head;
};

files::Representation dress(files::Representation what, const Route& route, const HeaderEffect& effect) {
  http::FieldLines lines;
  lines.append(what.file->own_lines);
  if (route.stands_in) {
    effect.apply_to_another_page(lines);
  } else {
    effect.apply(lines);
  }
  const auto dressed =
      std::make_shared<const Dressed>(Dressed{std::move(what.owner), files::FileHead(lines.text())});
  return {dressed, *what.file, dressed->head};
}

// A file that is the same for all requests for its path.
bool is_plain(const Resource& file) { return file.kind == Resource::Kind::kFile && !file.may_differ; }

// The other paths whose guards apply to a file: a rewrite or an index leads to it, but not around its guard,
// and a compressed sibling has the guard of its plain file.
std::vector<std::string_view> guard_paths(const Request& request, const Resource& file) {
  std::vector<std::string_view> paths;
  for (const std::string_view path : {std::string_view(file.path), files::plain_path(file.path)}) {
    if (path != request.path && (paths.empty() || path != paths.front())) paths.push_back(path);
  }
  return paths;
}

bool is_error(const Response& response) { return http::code(response.status) >= 400; }

}  // namespace

// A request on its way through the rules.
struct StaticSite::Asked {
  Asked(const Request& asked, const Now& asked_now)
      : request(asked), now(asked_now), host(http::in_lower_case(asked.host())) {}

  [[nodiscard]] RequestUri uri() const { return uri_of(request.path); }
  [[nodiscard]] RequestUri uri_of(std::string_view path) const {
    return {.host = host, .path = path, .query = request.uri.query, .secure = request.secure};
  }

  const Request& request;
  const Now& now;
  const std::string host;
};

StaticSite::StaticSite(const Parts& parts, const RouteOptions& options)
    : parts_(parts),
      answers_(parts.errors, parts.max_ranges),
      variants_(parts.compressor),
      routes_(parts.cache, options),
      listing_(parts.cache.root(), parts.errors,
               {.hidden = options.hidden, .private_paths = options.private_paths}) {}

// A request that also leads to a listing reads the directory on the thread that hashes.
http::JobPool* StaticSite::pool_for(const Request& request) const {
  if (pools_.hashing == nullptr && pools_.listing == nullptr) return nullptr;
  const Now now{.steady = std::chrono::steady_clock::now(), .wall = {}};
  // Only a request with a password can need a hash.
  const bool may_hash = parts_.access.may_guard() && request.fields->has(http::FieldId::kAuthorization);
  if (may_hash && must_hash({request, now})) return pools_.hashing;
  return pools_.listing != nullptr && routes_.may_list(request.path, now.steady) ? pools_.listing : nullptr;
}

// Checks the guards of the requested path, and of the file that the rules lead to.
bool StaticSite::must_hash(const Asked& asked) const {
  const auto takes_a_hash = [&](std::string_view path) {
    return parts_.access.must_verify(asked.request, asked.uri_of(path), asked.now.steady);
  };
  if (takes_a_hash(asked.request.path)) return true;
  const auto rules = parts_.rules.current();
  const Route route =
      routes_.find(asked.uri(), wants_page(asked.request), rules->redirects, asked.now.steady);
  if (route.kind != Route::Kind::kFile) return false;
  const std::vector<std::string_view> others = guard_paths(asked.request, *route.file);
  return std::any_of(others.begin(), others.end(), takes_a_hash);
}

Response StaticSite::answer(const Request& request, const Now& now) {
  return parts_.access.any_cors() ? answer_for_origins(request, now) : answer_request(request, now);
}

Response StaticSite::answer_for_origins(const Request& request, const Now& now) {
  const Asked asked(request, now);
  const Cors* cors = parts_.access.cors_of(asked.uri());
  if (cors == nullptr) return answer_request(request, now);
  if (Cors::is_preflight(request)) return cors->preflight(request);
  Response response = answer_request(request, now);
  cors->apply(request, response);
  return response;
}

Response StaticSite::answer_request(const Request& request, const Now& now) {
  if (auto response = answers_.without_file(request, now))
    return with_page_fields(request, now, std::move(*response));
  auto file = routes_.look_up(request.path, now.steady);
  if (!is_plain(*file) || routes_.may_move(request.path)) return answer_by_rules({request, now});
  if (request.method == http::Method::kOptions) return files::FileAnswers::options();
  auto what = variants_.choose(request, std::move(file));
  return with_page_fields(request, now,
                          what ? answers_.answer(request, std::move(*what), now) : not_acceptable(now));
}

// An error in place of a file is another page of the site.
Response StaticSite::with_page_fields(const Request& request, const Now& now, Response response) const {
  if (!is_error(response)) return response;
  const Asked asked(request, now);
  parts_.rules.current()->headers.for_request(asked.uri()).apply_to_another_page(response.own_fields());
  return response;
}

Response StaticSite::answer_by_rules(const Asked& asked) {
  const auto rules = parts_.rules.current();
  const HeaderEffect effect = rules->headers.for_request(asked.uri());
  if (auto refusal = parts_.access.refusal(asked.request, asked.uri(), effect, parts_.errors, asked.now)) {
    return std::move(*refusal);
  }
  Response response = answer_route(asked, *rules, effect);
  if (parts_.access.guards(asked.uri(), effect)) keep_private(response);
  return response;
}

Response StaticSite::answer_route(const Asked& asked, const Rules& rules, const HeaderEffect& effect) {
  const auto& [request, now, host] = asked;
  const Route route = routes_.find(asked.uri(), wants_page(request), rules.redirects, now.steady);
  if (route.kind != Route::Kind::kNone && request.method == http::Method::kOptions) {
    return files::FileAnswers::options();
  }
  switch (route.kind) {
    case Route::Kind::kFile: {
      Response response = answer_guarded_file(asked, rules, route, effect);
      if (route.stands_in && routes_.may_fall_back(request.path)) response.add_field("Vary", "Accept");
      return response;
    }
    case Route::Kind::kRedirect: return redirect(route);
    case Route::Kind::kListing: return answer_listing(request, effect, now);
    case Route::Kind::kNone: break;
  }
  Response response = route.status == Status::kOk ? answers_.missing(route.file->kind, now)
                                                  : parts_.errors.make(route.status, now);
  if (routes_.may_fall_back(request.path)) response.add_field("Vary", "Accept");
  effect.apply_to_another_page(response.own_fields());
  return response;
}

// The listing keeps its own policy: it names the style that the page has, and allows nothing else.
Response StaticSite::answer_listing(const Request& request, const HeaderEffect& effect, const Now& now) {
  constexpr std::string_view kPolicy = "Content-Security-Policy";
  Response response = listing_.answer(request, now);
  const std::string policy(response.find_field(kPolicy).value_or(""));
  effect.apply_to_another_page(response.own_fields());
  if (!policy.empty()) response.set_field(kPolicy, policy);
  return response;
}

Response StaticSite::answer_guarded_file(const Asked& asked, const Rules& rules, const Route& route,
                                         const HeaderEffect& effect) const {
  bool guarded = false;
  for (const std::string_view path : guard_paths(asked.request, *route.file)) {
    const RequestUri uri = asked.uri_of(path);
    const HeaderEffect of_file =
        rules.headers.may_guard(path) ? rules.headers.for_request(uri) : HeaderEffect();
    if (auto refusal = parts_.access.refusal(asked.request, uri, of_file, parts_.errors, asked.now)) {
      return std::move(*refusal);
    }
    guarded = guarded || parts_.access.guards(uri, of_file);
  }
  Response response = answer_file(asked, route, effect);
  if (guarded) keep_private(response);
  return response;
}

Response StaticSite::answer_file(const Asked& asked, const Route& route, const HeaderEffect& effect) const {
  const auto& [request, now, host] = asked;
  auto what = variants_.choose(request, route.file);
  if (!what) return with_page_fields(request, now, not_acceptable(now));
  const files::Representation dressed = dress(std::move(*what), route, effect);
  if (route.status == Status::kOk)
    return with_page_fields(request, now, answers_.answer(request, dressed, now));
  Response response = files::FileAnswers::whole(dressed, now);
  response.status = route.status;
  return response;
}

Response StaticSite::not_acceptable(const Now& now) const {
  Response response = parts_.errors.make(Status::kNotAcceptable, now);
  response.add_field("Vary", "Accept-Encoding");
  return response;
}

}  // namespace pollux::site
