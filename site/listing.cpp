#include "site/listing.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <utility>

#include "http/accept.h"
#include "http/one_time_body.h"
#include "site/listing_views.h"

namespace pollux::site {

namespace {

using Octet = unsigned char;
using ListingFormat = ListingQuery::Format;

// The page's style and the site's icon, and nothing else (CSP Level 3, 2.3.1). Other sites must not frame it.
std::string security_policy(std::string_view style) {
  std::array<Octet, SHA256_DIGEST_LENGTH> hash{};
  ::SHA256(reinterpret_cast<const Octet*>(style.data()), style.size(), hash.data());
  std::array<Octet, (SHA256_DIGEST_LENGTH + 2) / 3 * 4 + 1> base64{};  // With a NUL.
  ::EVP_EncodeBlock(base64.data(), hash.data(), static_cast<int>(hash.size()));
  return fmt::format(
      "default-src 'none'; style-src 'sha256-{}'; img-src 'self'; base-uri 'none'; form-action 'none'; "
      "frame-ancestors 'self'",
      reinterpret_cast<const char*>(base64.data()));
}

// Browsers accept any type, so JSON must be preferred explicitly to HTML.
ListingFormat preferred_format(const http::Request& request) {
  std::string storage;
  const auto accept = request.fields->find_list(http::FieldId::kAccept, storage).value_or("");
  const bool json =
      http::weight_of_type(accept, "application/json") > http::weight_of_type(accept, "text/html");
  return json ? ListingFormat::kJson : ListingFormat::kHtml;
}

}  // namespace

DirectoryListing::DirectoryListing(const files::DocumentRoot& root, const http::ErrorPages& errors,
                                   ListingOptions options)
    : root_(root), errors_(errors), options_(std::move(options)), policy_(security_policy(listing_style())) {}

http::Response DirectoryListing::answer(const http::Request& request, const Now& now) {
  assert(request.is_get_or_head() && request.path.ends_with('/'));
  ListingQuery query = ListingQuery::parse(request.uri.query);
  if (!query.format) query.format = preferred_format(request);
  const auto page = read_listing_page(root_, request.path, query, options_);
  if (!page) return failure(errno, now);

  const bool json = query.format == ListingFormat::kJson;
  http::Response response;
  response.add_field("Content-Type", json ? "application/json" : "text/html; charset=utf-8");
  response.add_field("Cache-Control", "no-cache");
  response.add_field("Content-Security-Policy", policy_);
  response.add_field("X-Content-Type-Options", "nosniff");
  response.add_field("Vary", "Accept");
  set_one_time_body(
      response, request,
      json ? listing_json(request.path, query, *page) : listing_html(request.path, query, *page));
  return response;
}

http::Response DirectoryListing::failure(int error, const Now& now) const {
  switch (error) {
    case EACCES:
    case EPERM:
    case EXDEV: return errors_.make(http::Status::kForbidden, now);
    case ENOENT:  // It has been removed meanwhile.
    case ENOTDIR:
    case ENAMETOOLONG:
    case ELOOP: return errors_.make(http::Status::kNotFound, now);
    default: break;  // Such as EMFILE.
  }
  return errors_.unavailable(now);
}

}  // namespace pollux::site
