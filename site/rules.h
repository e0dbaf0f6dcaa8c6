// The rules of a site: _headers and _redirects, and the configuration's sections for them.
//
// The files are checked together with the site's directory (DocumentRoot). They are read again when they have
// changed and been left alone for a second (watched_file.h); with another directory, at once. Errors are
// logged line by line, and the rest of a file works. A file that cannot be read any more, or whose error
// would open what a Basic-Auth line guards, does not replace the rules in force.
//
// Thread: any; for look() and read_anew() see FileRules.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "files/file_rules.h"
#include "site/access.h"
#include "site/header_rules.h"
#include "site/redirects.h"
#include "site/watched_file.h"

namespace pollux::site {

// One kind of rules as text: lines of the configuration, then those of a file.
struct RuleText {
  std::string configured;  // In the format of the file.
  std::string file;        // A path; empty: none. It need not exist.
};

struct RuleSources {
  RuleText headers;
  RuleText redirects;
};

// An error in a file, or in the configured lines (then `file` is empty).
struct RuleProblem {
  enum class Kind : std::uint8_t { kHeaders, kRedirects };
  Kind kind;
  std::string file;
  int line;  // 0: the file as a whole.
  std::string message;
  bool opens = false;  // It may open what should be guarded, so the whole file is ignored.

  [[nodiscard]] std::string text() const;  // "/srv/www/_headers:3: …"
};

// A Basic-Auth that asks for a password on some hosts only.
struct HostGuard {
  std::string file;  // Empty: from the configured lines.
  int line;
  Pattern pattern;
};

struct RuleCheck {
  std::vector<RuleProblem> problems;  // All current errors.
  std::vector<HostGuard> host_guards;
  HeaderRules headers;
};
[[nodiscard]] RuleCheck check_rules(const RuleSources& sources);

struct Rules {
  HeaderRules headers;
  Redirects redirects;
};

class SiteRules final : public files::FileRules {
 public:
  // Reads the files, and logs their errors. `access` and `clock` must outlive the object.
  SiteRules(RuleSources sources, const Access& access, const Clock& clock = Clock::system());

  [[nodiscard]] std::shared_ptr<const Rules> current() const EXCLUDES(mutex_);

  void apply(std::string_view path, http::FieldLines& lines) const override;
  // Also true where [auth] asks for a password.
  [[nodiscard]] bool may_differ(std::string_view path) const override;
  [[nodiscard]] std::uint64_t generation() const override {
    return generation_.load(std::memory_order_acquire);
  }
  void look() override;
  [[nodiscard]] bool read_anew() override;

 private:
  // The files to read.
  struct Files {
    bool headers = true;
    bool redirects = true;
  };

  // false: one of the files was written to while it was read, so both are ignored.
  bool load(const Files& files) EXCLUDES(mutex_);

  const RuleSources sources_;
  const Access& access_;
  const Clock& clock_;
  std::atomic<std::uint64_t> generation_{0};  // Released when rules_ is set, acquired before it is used.
  WatchedFile headers_;
  WatchedFile redirects_;
  mutable Mutex mutex_;
  std::shared_ptr<const Rules> rules_ GUARDED_BY(mutex_);  // Shared with requests that use them.
};

}  // namespace pollux::site
