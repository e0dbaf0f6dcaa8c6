// Two sites without files, for handlers that sites share: "other.test" has a page for some errors, and the
// default site has none.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>

#include "http/hosts.h"

namespace pollux::http {

class TwoHosts {
 public:
  static constexpr const char* kPage = "a page";

  // `with_page`: the errors for which other.test has kPage.
  explicit TwoHosts(std::set<Status> with_page) : other_errors_(std::move(with_page)) {
    hosts_.add("other.test", {.router = router_, .errors = other_errors_, .navigation = navigation_});
  }

  [[nodiscard]] const Hosts& hosts() const { return hosts_; }

  [[nodiscard]] static bool is_page(const Response& response) {
    const auto* octets = std::get_if<std::string>(&response.body);
    return octets != nullptr && *octets == kPage;
  }

 private:
  class OwnPages final : public ErrorPages {
   public:
    explicit OwnPages(std::set<Status> known) : known_(std::move(known)) {}

   private:
    [[nodiscard]] std::optional<Response> own_page(Status status, const Now& /*now*/) const override {
      if (known_.count(status) == 0) return std::nullopt;
      Response response;
      response.body = std::string(kPage);
      return response;
    }

    const std::set<Status> known_;
  };

  class Nothing final : public AnsweringHandler {
   public:
    Response answer(const Request& /*request*/, const Now& /*now*/) override { return {}; }
  };

  const ErrorPages errors_{};
  const OwnPages other_errors_;
  const Navigation navigation_{};
  Nothing nothing_;
  const Router router_{nothing_};
  Hosts hosts_{{.router = router_, .errors = errors_, .navigation = navigation_}};
};

}  // namespace pollux::http
