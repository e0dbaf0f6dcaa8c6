// Answers requests for the files of one site, by its rules.
//
//   GET /path --> find the file --> it is there, and no rule differs: that file, or a variant of it
//                                \-> anything else: where do the rules lead (routes.h)?
//
// A file that is there costs one look into the cache: what the rules say about it was found out when it was
// loaded.
//
// Thread: any. Constant after construction.
#pragma once

#include <cstddef>

#include "http/file_answers.h"
#include "http/file_cache.h"
#include "http/handler.h"
#include "site/routes.h"
#include "site/rules.h"
#include "site/variant_choice.h"

namespace pollux::site {

class StaticSite final : public http::AnsweringHandler {
 public:
  // `max_ranges`: see FileAnswers. `compressor`: nullptr: no variants are made. All must outlive this.
  StaticSite(http::FileCache& cache, const http::ErrorPages& errors, const SiteRules& rules,
             compress::Compressor* compressor, RouteOptions options, std::size_t max_ranges);

  [[nodiscard]] http::Response answer(const http::Request& request, const Now& now) override;

 private:
  [[nodiscard]] http::Response answer_by_rules(const http::Request& request, const Now& now) const;
  [[nodiscard]] http::Response answer_file(const http::Request& request, const Route& route,
                                           const HeaderEffect& effect, const Now& now) const;
  [[nodiscard]] http::Response not_acceptable(const Now& now) const;

  const http::ErrorPages& errors_;
  const SiteRules& rules_;
  const http::FileAnswers answers_;
  const VariantChoice variants_;
  const Routes routes_;
};

}  // namespace pollux::site
