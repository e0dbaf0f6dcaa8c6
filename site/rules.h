// The rules of a site: _headers and _redirects, and what the configuration says in their place.
//
// The files are looked at when the site's directory is (DocumentRoot), and read again when they have changed
// and been left alone for a second (watched_file.h); with another directory, at once. What is wrong with one
// is said in the log, line by line, and the rest of it works. A file that cannot be read any more, or whose
// mistake would open what a Basic-Auth line guards, does not take the place of what was there before.
//
// Thread: any, but for look() and read_anew(): see FileRules.
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

// A Basic-Auth that asks for a password on some hosts only.
struct HostGuard {
  std::string file;  // Empty: it stands in the configured lines.
  int line;
  Pattern pattern;
};

struct RuleCheck {
  std::vector<RuleProblem> problems;  // All that is wrong now.
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
  // Reads the files, and says in the log what is wrong with them. `access` and `clock` must outlive it.
  SiteRules(RuleSources sources, const Access& access, const Clock& clock = Clock::system());

  [[nodiscard]] std::shared_ptr<const Rules> current() const EXCLUDES(mutex_);

  void apply(std::string_view path, http::FieldLines& lines) const override;
  // Also where [auth] asks for a password.
  [[nodiscard]] bool may_differ(std::string_view path) const override;
  [[nodiscard]] std::uint64_t generation() const override {
    return generation_.load(std::memory_order_acquire);
  }
  void look() override;
  [[nodiscard]] bool read_anew() override;

 private:
  // Of the two files, those to be read.
  struct Files {
    bool headers = true;
    bool redirects = true;
  };

  // false: one of them was written to while it was read, so nothing of them is used.
  bool load(const Files& files) EXCLUDES(mutex_);

  const RuleSources sources_;
  const Access& access_;
  const Clock& clock_;
  std::atomic<std::uint64_t> generation_{0};  // Released when rules_ is set, acquired before it is used.
  WatchedFile headers_;
  WatchedFile redirects_;
  mutable Mutex mutex_;
  std::shared_ptr<const Rules> rules_ GUARDED_BY(mutex_);  // Shared with the requests that go by them.
};

}  // namespace pollux::site
