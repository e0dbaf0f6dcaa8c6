// Responds to requests for the files of one site, by its rules.
//
//   GET /path --> find the file --> it is there, and no rule differs: that file, or a variant of it
//                              \--> anything else: access.h says who is let in, routes.h where the rules lead
//
// An existing file costs one look-up in the cache: the rules were applied to it when it was loaded. A request
// that waits for a hash or for a directory does so on a thread of a pool.
//
// Thread: any. Constant once it serves.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "files/file_answers.h"
#include "files/file_cache.h"
#include "http/job_pool.h"
#include "site/access.h"
#include "site/listing.h"
#include "site/routes.h"
#include "site/rules.h"
#include "site/variant_choice.h"

namespace pollux::site {

class StaticSite final : public http::JobHandler {
 public:
  // All must outlive it.
  struct Parts {
    files::FileCache& cache;
    const http::ErrorPages& errors;
    const SiteRules& rules;
    const Access& access;
    compress::Compressor* compressor;  // nullptr: no variants are made.
    std::size_t max_ranges;            // See FileAnswers.
  };

  StaticSite(const Parts& parts, const RouteOptions& options);

  // Pools for requests that wait. Separate, so that a flood of wrong passwords does not delay listings.
  struct Pools {
    http::JobPool* hashing = nullptr;  // For password hashes; nullptr: there is no [auth].
    http::JobPool* listing = nullptr;  // For the disk; nullptr: there are no listings.
  };
  // The pools must end before this object. REQUIRES: nothing is served yet.
  void set_pools(const Pools& pools) { pools_ = pools; }

  [[nodiscard]] http::Response answer(const http::Request& request, const Now& now) override;

 private:
  struct Asked;

  [[nodiscard]] http::JobPool* pool_for(const http::Request& request) const override;
  [[nodiscard]] bool must_hash(const Asked& asked) const;
  [[nodiscard]] http::Response answer_for_origins(const http::Request& request, const Now& now);
  [[nodiscard]] http::Response answer_request(const http::Request& request, const Now& now);
  [[nodiscard]] http::Response answer_by_rules(const Asked& asked);
  [[nodiscard]] http::Response answer_route(const Asked& asked, const Rules& rules,
                                            const HeaderEffect& effect);
  [[nodiscard]] http::Response answer_listing(const http::Request& request, const HeaderEffect& effect,
                                              const Now& now);
  [[nodiscard]] http::Response answer_guarded_file(const Asked& asked, const Rules& rules, const Route& route,
                                                   const HeaderEffect& effect) const;
  [[nodiscard]] http::Response answer_file(const Asked& asked, const Route& route,
                                           const HeaderEffect& effect) const;
  [[nodiscard]] http::Response not_acceptable(const Now& now) const;
  [[nodiscard]] http::Response with_page_fields(const http::Request& request, const Now& now,
                                                http::Response response) const;

  const Parts parts_;
  const files::FileAnswers answers_;
  const VariantChoice variants_;
  const Routes routes_;
  DirectoryListing listing_;
  Pools pools_;
};

}  // namespace pollux::site
