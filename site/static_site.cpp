#include "site/static_site.h"

#include <utility>

#include "http/fields.h"
#include "http/lists.h"

namespace pollux::site {

namespace {

using http::Request;
using http::Resource;
using http::Response;
using http::Status;

// A browser that opens a page says so; what a page loads is asked for as */* or by its type.
bool wants_page(const Request& request) {
  std::string storage;
  const auto accepted = request.fields->find_list(http::FieldId::kAccept, storage);
  if (!accepted) return false;
  http::ListReader ranges(*accepted);
  while (const auto range = ranges.next()) {
    const std::string_view type = http::trim_ows(range->substr(0, range->find(';')));
    if (http::equals_ignoring_case(type, "text/html")) return true;
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
  http::FileHead head;
};

http::Representation dress(http::Representation what, const Route& route, const HeaderEffect& effect) {
  http::FieldLines lines;
  lines.append(what.file->own_lines);
  if (route.stands_in) {
    effect.apply_to_another_page(lines);
  } else {
    effect.apply(lines);
  }
  const auto dressed =
      std::make_shared<const Dressed>(Dressed{std::move(what.owner), http::FileHead(lines.text())});
  return {dressed, *what.file, dressed->head};
}

}  // namespace

StaticSite::StaticSite(http::FileCache& cache, const http::ErrorPages& errors, const SiteRules& rules,
                       compress::Compressor* compressor, RouteOptions options, std::size_t max_ranges)
    : errors_(errors),
      rules_(rules),
      answers_(errors, max_ranges),
      variants_(compressor),
      routes_(cache, std::move(options)) {}

Response StaticSite::answer(const Request& request, const Now& now) {
  if (auto response = answers_.without_file(request, now)) return std::move(*response);
  const auto file = routes_.look_up(request.path, now.steady);
  const bool plain = file->kind == Resource::Kind::kFile && !file->may_differ;
  if (!plain || routes_.may_move(request.path)) return answer_by_rules(request, now);
  if (request.method == http::Method::kOptions) return http::FileAnswers::options();
  auto what = variants_.choose(request, file);
  return what ? answers_.answer(request, std::move(*what), now) : not_acceptable(now);
}

Response StaticSite::answer_by_rules(const Request& request, const Now& now) const {
  const auto rules = rules_.current();
  const std::string host = in_lower_case(request.host());
  const RequestUri uri{
      .host = host, .path = request.path, .query = request.uri.query, .secure = request.secure};
  const bool may_fall_back = request.is_get_or_head() && wants_page(request);
  const Route route = routes_.find(uri, may_fall_back, rules->redirects, now.steady);
  if (request.method == http::Method::kOptions && route.kind != Route::Kind::kNone) {
    return http::FileAnswers::options();
  }
  if (route.kind == Route::Kind::kRedirect) return redirect(route);
  const HeaderEffect effect = rules->headers.for_request(uri);
  if (route.kind == Route::Kind::kFile) return answer_file(request, route, effect, now);
  Response response = answers_.missing(route.file->kind, now);
  effect.apply_to_another_page(response.own_fields());
  return response;
}

Response StaticSite::answer_file(const Request& request, const Route& route, const HeaderEffect& effect,
                                 const Now& now) const {
  auto what = variants_.choose(request, route.file);
  if (!what) return not_acceptable(now);
  const http::Representation dressed = dress(std::move(*what), route, effect);
  if (route.status == Status::kOk) return answers_.answer(request, dressed, now);
  Response response = http::FileAnswers::whole(dressed, now);
  response.status = route.status;
  return response;
}

Response StaticSite::not_acceptable(const Now& now) const {
  Response response = errors_.make(Status::kNotAcceptable, now);
  response.add_field("Vary", "Accept-Encoding");
  return response;
}

}  // namespace pollux::site
