// The rules of a site: _headers and _redirects, and what the configuration says in their place.
//
// The files are looked at once a second. One that has changed is read when two looks in turn find it the
// same: half a file, or none while it is replaced, could open what it is to guard. What is wrong with one is
// said in the log, line by line, and the rest of it works. A file that cannot be read any more, or whose
// mistake would open what a Basic-Auth line guards, does not take the place of what was there before.
//
// Thread: any.
#pragma once

#include <sys/stat.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "http/file_rules.h"
#include "site/header_rules.h"
#include "site/redirects.h"

namespace pollux::site {

// One kind of rules, as text: lines of the configuration, and a file whose lines follow.
struct RuleText {
  std::string configured;  // As the file would say it.
  std::string file;        // A path; empty: none. It need not be there.
};

struct RuleSources {
  RuleText headers;
  RuleText redirects;
};

// What is wrong with a file, or with the configured lines (whose `file` is empty).
struct RuleProblem {
  enum class Kind : std::uint8_t { kHeaders, kRedirects };
  Kind kind;
  std::string file;
  int line;  // 0: the file as a whole.
  std::string message;
  bool opens = false;  // It may open what should be guarded, so nothing of the file is used.

  [[nodiscard]] std::string text() const;  // "/srv/www/_headers:3: …"
};

// All that is wrong now.
[[nodiscard]] std::vector<RuleProblem> check_rules(const RuleSources& sources);

struct Rules {
  HeaderRules headers;
  Redirects redirects;
};

class SiteRules final : public http::FileRules {
 public:
  static constexpr milliseconds kLookEvery{1000};

  // Reads the files, and says in the log what is wrong with them.
  explicit SiteRules(RuleSources sources);

  [[nodiscard]] std::shared_ptr<const Rules> current() const EXCLUDES(mutex_);

  void apply(std::string_view path, http::FieldLines& lines) const override;
  [[nodiscard]] bool may_differ(std::string_view path) const override;
  [[nodiscard]] std::uint64_t generation(TimePoint now) override;

 private:
  // How a file looks.
  struct Look {
    std::optional<struct stat> status;  // std::nullopt: it is not there.

    bool operator==(const Look& other) const;
  };

  [[nodiscard]] static Look look_at(const std::string& file);
  [[nodiscard]] std::array<Look, 2> look_at_files() const;
  void look() EXCLUDES(looking_);
  void load() REQUIRES_LOCK(looking_);

  const RuleSources sources_;
  std::atomic<TimePoint> looked_{TimePoint()};  // Relaxed: who changes it looks.
  std::atomic<std::uint64_t> generation_{0};    // Released when rules_ is set, acquired before it is used.
  Mutex looking_;
  std::array<Look, 2> used_ GUARDED_BY(looking_);  // Of what is used,
  std::array<Look, 2> seen_ GUARDED_BY(looking_);  // and of what the last look found.
  mutable Mutex mutex_;
  std::shared_ptr<const Rules> rules_ GUARDED_BY(mutex_);  // Shared with the requests that go by them.
};

}  // namespace pollux::site
