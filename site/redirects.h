// _redirects: the redirects and rewrites of a site, in the format of Cloudflare Pages and Netlify.
//
//   SOURCE [NAME=VALUE...] DESTINATION [STATUS[!]]
//
//   /home              /                       301    302 if there is no status
//   /blog/*            /news/:splat                   pattern.h
//   /store id=:id      /blog/:id                      exactly these query parameters; Netlify's
//   /*                 /index.html             200    a rewrite: this page, at the address that was asked for
//   /en/*              /en/404.html            404    the same with this status; 410 as well
//   /app/*             /login                  302!   even if there is such a file
//
// The first matching line of the file decides, whatever its kind. (Cloudflare recommends lines without '*'
// and placeholders first. It looks these up in a table, but the result is the same.) A line that leads to the
// request's own URL is skipped, as at Netlify.
//
// Where the two services differ:
//                      Cloudflare             Netlify                 here
//   no status          302                    301                     302
//   a file is there    the rule applies       the file, without '!'   the file, without '!'
//   "/blog/" and "/blog"  two paths           one                     two
//   "/blog/*"          not "/blog"            "/blog", too            not "/blog"
//   "?" in a source    ignored                never matches           an error that says how
//   source's host      an error               https://, http://       as at Netlify, but https:// is for both
//   query goes along   unless there is one    with one, too           unless there is one
//   status 404, NAME=VALUE  an error          works                   works
// Neither proxies of other hosts nor conditions (Country=, Language=, Role=, Cookie=, ...) are supported:
// such a line is an error, and is not applied without its condition.
//
// Callers: the site parses the file when it starts and when the file changes, and reports the errors. The
// file cache asks any_forced() when it loads a file, and keeps the answer with it; with "no", a request for
// the file skips the rules. Otherwise find() is called once for each request, before the look-up of the file:
// a forced result applies at once, another only if the file does not exist. After a rewrite the caller looks
// up the new path in the same way, ten times at most.
//
// Thread: any. Constant after construction.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "site/pattern_index.h"
#include "site/redirect_rule.h"
#include "site/rule_file.h"

namespace pollux::site {

struct RedirectFile;

class Redirects {
 public:
  [[nodiscard]] static RedirectFile parse(std::string_view text);

  void append(Redirects more);  // They stand below these.

  [[nodiscard]] std::optional<Redirect> find(const RequestUri& uri) const;

  // Whether a rule with '!' may apply to this path, whatever host and query come with it.
  [[nodiscard]] bool any_forced(std::string_view path) const;

  [[nodiscard]] std::size_t size() const { return rules_.size(); }

 private:
  void add(RedirectRule rule);

  std::vector<RedirectRule> rules_;
  PatternIndex index_;
};

struct RedirectFile {
  Redirects rules;
  std::vector<RuleError> errors;

  // The rules of another text, which stand below these.
  void append(RedirectFile more) { rules.append(std::move(more.rules)); }
};

}  // namespace pollux::site
