#include "site/cors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "http/chars.h"
#include "site/origin.h"

namespace pollux::site {

namespace {

constexpr std::string_view kAllowOrigin = "Access-Control-Allow-Origin";
constexpr std::string_view kAllowCredentials = "Access-Control-Allow-Credentials";
constexpr std::string_view kExposeHeaders = "Access-Control-Expose-Headers";
constexpr std::string_view kAllowMethods = "Access-Control-Allow-Methods";
constexpr std::string_view kAllowHeaders = "Access-Control-Allow-Headers";
constexpr std::string_view kMaxAge = "Access-Control-Max-Age";

constexpr std::size_t kMaxElements = 1000;

bool has_any(const std::vector<std::string>& list) {
  return std::find(list.begin(), list.end(), "*") != list.end();
}

struct NamedList {
  std::string_view name;
  const std::vector<std::string>& list;
};

// If credentials are sent, a browser takes "*" for a name, or refuses it.
void check(const NamedList& what, const CorsOptions& options) {
  if (what.list.size() > kMaxElements)
    throw std::runtime_error(fmt::format("{}: there are more than {} elements", what.name, kMaxElements));
  if (!has_any(what.list)) return;
  if (options.credentials)
    throw std::runtime_error(
        fmt::format("{} = * and credentials do not go together: browsers refuse it; list them", what.name));
  if (what.list.size() > 1)
    throw std::runtime_error(fmt::format("{}: * has to stand alone, it is everything", what.name));
}

void check_tokens(const NamedList& what, const CorsOptions& options) {
  check(what, options);
  for (const std::string& element : what.list) {
    if (!http::is_token(element))
      throw std::runtime_error(fmt::format("{}: {} cannot be a name", what.name, in_quotes(element)));
  }
}

void add_list(http::FieldLines& lines, std::string_view name, const std::vector<std::string>& list) {
  if (!list.empty()) lines.add(name, fmt::format("{}", fmt::join(list, ", ")));
}

}  // namespace

Cors::Cors(const CorsOptions& options) : any_origin_(has_any(options.origins)) {
  check({"origins", options.origins}, options);
  check_tokens({"methods", options.methods}, options);
  check_tokens({"headers", options.headers}, options);
  check_tokens({"expose", options.expose}, options);
  if (options.origins.empty()) throw std::runtime_error("origins: there are none");
  if (options.max_age && *options.max_age < std::chrono::seconds(0))
    throw std::runtime_error("max_age is negative");
  for (const std::string& text : options.origins) {
    if (any_origin_) break;
    Parsed<std::string> origin = parse_origin(text);
    if (!origin.value) throw std::runtime_error("origins: " + origin.error);
    origins_.push_back(std::move(*origin.value));
  }
  http::FieldLines lines;
  if (options.credentials) lines.add(kAllowCredentials, "true");
  http::FieldLines preflight_lines = lines;
  add_list(lines, kExposeHeaders, options.expose);
  add_list(preflight_lines, kAllowMethods, options.methods);
  add_list(preflight_lines, kAllowHeaders, options.headers);
  if (options.max_age) preflight_lines.add(kMaxAge, std::to_string(options.max_age->count()));
  lines_ = lines.text();
  preflight_lines_ = preflight_lines.text();
}

bool Cors::is_preflight(const http::Request& request) {
  return request.method == http::Method::kOptions && request.fields->has(http::FieldId::kOrigin) &&
         request.fields->has(http::FieldId::kAccessControlRequestMethod);
}

http::Response Cors::preflight(const http::Request& request) const {
  http::Response response;
  response.status = http::Status::kNoContent;
  allow(request, preflight_lines_, response);
  return response;
}

void Cors::apply(const http::Request& request, http::Response& response) const {
  for (const std::string_view name : {kAllowOrigin, kAllowCredentials, kExposeHeaders}) {
    if (response.find_field(name)) response.remove_field(name);
  }
  allow(request, lines_, response);
}

void Cors::allow(const http::Request& request, std::string_view lines, http::Response& response) const {
  if (const std::string_view origin = allowed_origin(request); !origin.empty()) {
    response.add_field(kAllowOrigin, origin);
    response.fields.append(lines);
  }
  if (!any_origin_) response.add_field("Vary", "Origin");
}

std::string_view Cors::allowed_origin(const http::Request& request) const {
  if (any_origin_) return "*";
  if (request.fields->repeated(http::FieldId::kOrigin)) return {};
  const std::string_view origin = request.fields->find(http::FieldId::kOrigin).value_or("");
  const bool known = std::find(origins_.begin(), origins_.end(), origin) != origins_.end();
  return known ? origin : std::string_view();
}

}  // namespace pollux::site
