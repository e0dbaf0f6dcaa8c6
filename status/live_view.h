// The live view, /live/: a page that shows what the feed says (live_feed.h), with its scripts and styles. It
// is compiled in, so that any site has it; the files are in live/.
//
// Thread: any, several at once. Constant after construction.
#pragma once

#include "http/handler.h"
#include "http/hosts.h"

namespace pollux::status {

class LiveView final : public http::AnsweringHandler {
 public:
  static constexpr const char* kPath = "/live/";  // And everything below.

  // `hosts`: whose navigation and error pages it uses; must outlive this. `log_in`: the sites have accounts,
  // so the page leads to them as their others do.
  LiveView(const http::Hosts& hosts, bool log_in) : hosts_(hosts), log_in_(log_in) {}

  [[nodiscard]] http::Response answer(const http::Request& request, const Now& now) override;

 private:
  [[nodiscard]] std::string page(const http::Request& request, const Now& now) const;

  const http::Hosts& hosts_;
  const bool log_in_;
};

}  // namespace pollux::status
