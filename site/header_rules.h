// _headers: the header fields of a site, in the format of Cloudflare Pages and Netlify.
//
//   /*                                              pattern.h
//     Content-Security-Policy: default-src 'self'   in place of ours, if we have one
//   /static/:file
//     X-File: :file                                 what the pattern captured, percent-encoded
//   https://:project.pages.dev/*                    of these hosts only
//     X-Robots-Tag: noindex
//   /*.jpg
//     ! Content-Security-Policy                     not here: neither ours nor that of a rule above
//   /team/*
//     Basic-Auth: ada:secret bob:secret2            Netlify's: never sent; who may see it
//
// All matching rules apply, in the order of the file. A field that is set several times has all values,
// joined by ", ", as at Cloudflare; only Set-Cookie cannot be joined and is sent several times. (Netlify: a
// rule's value replaces that of the rules above it.) Fields that belong to the server or to the message's
// framing are errors: Connection, Content-Encoding, Content-Length, Content-Range, Date, Keep-Alive,
// Location, Proxy-Connection, Server, TE, Trailer, Transfer-Encoding, Upgrade. So are values of ETag and
// Last-Modified, which can only be removed: conditions are compared with the file's own values, and a tag
// shared by several variants would name several contents.
//
// A Basic-Auth line with an error lets nobody in, rather than everybody. An error in the pattern above it, or
// a file too large to be read, cannot be handled that way: such a file must not be used
// (HeaderFile::lost_guard).
//
// Callers: the site parses the file when it starts and when the file changes, and reports the errors. The
// file cache asks for_request() when it loads a file, and makes the file's ready lines by apply(); only if
// depends_on_host() does it do so for each request. Error pages and redirects have no cache entry, so the
// rules are applied when they are made. Rules apply to the path of the request. Basic-Auth is also checked
// with the path of the file, since a rewrite, an index or a clean URL can lead to it from another path.
//
// Thread: any. Constant after construction.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/field_lines.h"
#include "site/pattern_index.h"
#include "site/rule_file.h"
#include "site/template.h"

namespace pollux::site {

inline constexpr std::string_view kBasicAuth = "Basic-Auth";

struct Credentials {
  std::string user;
  std::string password;
};

struct FieldChange {
  std::string name;                 // As it was first written.
  std::vector<std::string> values;  // Replace ours; empty: ours is removed. Only Set-Cookie has several.
};

struct HeaderEffect {
  std::vector<FieldChange> fields;
  bool guarded = false;  // Only for `allowed`, which may be empty.
  std::vector<Credentials> allowed;

  // Replaces, adds and removes lines. Vary is only added to, because caches must still see our value.
  void apply(http::FieldLines& lines) const;
  // The same for a response with the content of another page: rules about content and caching are left out.
  void apply_to_another_page(http::FieldLines& lines) const;
};

struct HeaderFile;

class HeaderRules {
 public:
  [[nodiscard]] static HeaderFile parse(std::string_view text);

  void append(HeaderRules more);  // Adds `more` after these.

  [[nodiscard]] HeaderEffect for_request(const RequestUri& uri) const;

  // Whether the result of for_request() depends on the host for this path.
  [[nodiscard]] bool depends_on_host(std::string_view path) const;

  // Whether for_request() may find that a request for this path is guarded.
  [[nodiscard]] bool may_guard(std::string_view path) const;

  // The paths that a Basic-Auth guards.
  struct Guard {
    int line;
    Pattern pattern;
  };
  [[nodiscard]] std::vector<Guard> guards() const;

  [[nodiscard]] std::size_t size() const { return rules_.size(); }

 private:
  friend class HeaderFileParser;

  struct Field {
    std::string name;
    Template value;
  };
  struct Rule {
    Pattern pattern;
    int line = 0;
    std::vector<std::string> detached;
    std::vector<Field> fields;
    bool guarded = false;
    std::vector<Credentials> allowed;

    void add_to(HeaderEffect& effect, const Captures& captures) const;
  };

  void add(Rule rule);
  template <class Predicate>
  [[nodiscard]] bool any_rule_of(std::string_view path, const Predicate& predicate) const;

  std::vector<Rule> rules_;
  PatternIndex index_;
};

struct HeaderFile {
  HeaderRules rules;
  std::vector<RuleError> errors;
  bool lost_guard = false;  // The paths of a Basic-Auth are unknown: its pattern could not be read.

  // Adds the rules of another text after these.
  void append(HeaderFile more) {
    rules.append(std::move(more.rules));
    lost_guard = lost_guard || more.lost_guard;
  }
};

}  // namespace pollux::site
