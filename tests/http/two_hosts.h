// Two sites without files, for handlers that sites share: "other.test" has pages for some errors, and the
// default site has none.
#pragma once

#include <map>
#include <string>

#include "http/hosts.h"
#include "http/static_files.h"
#include "tests/http/temporary_site.h"

namespace pollux::http {

class TwoHosts {
 public:
  using Pages = std::map<int, std::string>;  // Status code to path.

  // `pages`: of other.test.
  explicit TwoHosts(const Pages& pages) : other_errors_(cache_, pages) {
    for (const auto& [status, path] : pages) site_.write(path.substr(1), "a page");
    hosts_.add("other.test", {.router = router_, .errors = other_errors_, .navigation = navigation_});
  }

  [[nodiscard]] const Hosts& hosts() const { return hosts_; }

 private:
  TemporarySite site_;
  FileCache cache_{ResourceLoader(site_.directory().string(), {}), {}};
  const ErrorPages errors_{cache_, {}};
  const ErrorPages other_errors_;
  const Navigation navigation_{cache_, [](const Request&, std::string_view) { return true; }};
  StaticFiles files_{cache_, errors_, 1};
  const Router router_{files_};
  Hosts hosts_{{.router = router_, .errors = errors_, .navigation = navigation_}};
};

}  // namespace pollux::http
