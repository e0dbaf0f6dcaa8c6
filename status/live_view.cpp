#include "status/live_view.h"

#include <algorithm>
#include <array>

#include "base/html.h"
#include "files/mime.h"
#include "http/uri.h"
#include "status/assets.h"

namespace pollux::status {

namespace {

struct Asset {
  std::string_view name;  // Below /live/.
  std::string_view content;
};

constexpr std::array<Asset, 12> kAssets{{
    {"", assets::kIndex},
    {"style.css", assets::kStyleCss},
    {"live.css", assets::kLiveCss},
    {"live.js", assets::kLiveJs},
    {"charts.js", assets::kChartsJs},
    {"streams.js", assets::kStreamsJs},
    {"trace.js", assets::kTraceJs},
    {"member.js", assets::kMemberJs},
    {"favicon.svg", assets::kFaviconSvg},
    {"uplot/uPlot.min.css", assets::kUPlotMinCss},
    {"uplot/uPlot.iife.min.js", assets::kUPlotIifeMinJs},
    {"uplot/LICENSE.txt", assets::kLICENSETxt},
}};

// Nothing comes from elsewhere.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

http::Response to_directory(const http::Request& request) {
  http::Response response;
  response.status = http::Status::kMovedPermanently;
  std::string location = LiveView::kPath;
  if (request.uri.has_query) location.append("?").append(request.uri.query);
  response.add_field("Location", location);
  response.add_content_length();
  return response;
}

}  // namespace

http::Response LiveView::answer(const http::Request& request, const Now& now) {
  if (!request.is_get_or_head()) return hosts_.of(request).errors.method_not_allowed("GET, HEAD", now);
  const std::string_view prefix = kPath;
  if (!request.path.starts_with(prefix)) return to_directory(request);
  const auto* const asset = std::find_if(kAssets.begin(), kAssets.end(), [&](const Asset& known) {
    return known.name == std::string_view(request.path).substr(prefix.size());
  });
  if (asset == kAssets.end()) return hosts_.of(request).errors.make(http::Status::kNotFound, now);
  const bool is_page = asset->name.empty();
  http::Response response;
  response.body = is_page ? page(request, now) : std::string(asset->content);
  response.add_field("Content-Type", files::content_type(is_page ? "index.html" : asset->name));
  response.add_field("Cache-Control", "no-store");
  response.add_field("Content-Security-Policy", kPolicy);
  response.add_field("X-Content-Type-Options", "nosniff");
  response.add_content_length();
  return response;
}

std::string LiveView::page(const http::Request& request, const Now& now) const {
  const http::Navigation& navigation = hosts_.of(request).navigation;
  return fill_in(assets::kIndex, {{"navigation", navigation.links(request, kPath, now)},
                                  {"log_in", log_in_ ? "<a href=\"/login\">Log in</a>" : ""}});
}

}  // namespace pollux::status
