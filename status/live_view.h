// The live view, /live/: a page that shows what the feed says (live_feed.h), with its scripts and styles. It
// is compiled in, so that any site has it; the files are in live/.
//
// Thread: any, several at once. Constant after construction.
#pragma once

#include "http/error_pages.h"
#include "http/handler.h"
#include "http/navigation.h"

namespace pollux::status {

class LiveView final : public http::AnsweringHandler {
 public:
  static constexpr const char* kPath = "/live/";  // And everything below.

  // All must outlive this. `log_in`: the site has accounts, so the page leads to them as its others do.
  LiveView(const http::Navigation& navigation, bool log_in, const http::ErrorPages& errors)
      : navigation_(navigation), log_in_(log_in), errors_(errors) {}

  [[nodiscard]] http::Response answer(const http::Request& request, const Now& now) override;

 private:
  [[nodiscard]] std::string page(const Now& now) const;

  const http::Navigation& navigation_;
  const bool log_in_;
  const http::ErrorPages& errors_;
};

}  // namespace pollux::status
