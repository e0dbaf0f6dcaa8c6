#include "site/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/text_file.h"
#include "files/variants.h"
#include "log/logger.h"

namespace pollux::site {

namespace {

// false for UTF-16, and for lines that end in CR alone: no rule would be found there, nor a guard.
bool has_lines(std::string_view text) {
  for (std::size_t at = text.find('\r'); at != kNpos; at = text.find('\r', at + 1)) {
    if (at + 1 < text.size() && text[at + 1] != '\n') return false;
  }
  return text.find('\0') == kNpos;
}

// A missing file has no rules.
FileText read_rule_file(const std::string& path) {
  if (path.empty()) return {};
  FileText file = read_text_file(path, kMaxFileOctets, FileKind::kRegular);
  if (file.error == ENOENT) return {};
  if (file.error == 0 && !has_lines(file.text)) file.error = EILSEQ;
  return file;
}

// The rules of one kind: the configured ones, and those of the file.
template <class File>
struct Texts {
  File configured;
  File own;

  // The file's rules come after the configured ones.
  [[nodiscard]] File take_all() {
    configured.append(std::move(own));
    return std::move(configured);
  }
};

// std::nullopt: the file could not be read.
template <class File>
std::optional<Texts<File>> parse_rules(RuleProblem::Kind kind, const RuleText& source,
                                       File (*parse)(std::string_view), std::vector<RuleProblem>& problems) {
  const FileText file = read_rule_file(source.file);
  if (file.error != 0) {
    // An unreadable _headers may have guards in it.
    problems.push_back({kind, source.file, 0, std::system_category().message(file.error),
                        kind == RuleProblem::Kind::kHeaders});
    return std::nullopt;
  }
  const auto note = [&](std::vector<RuleError>& errors, const std::string& where) {
    for (RuleError& error : errors) problems.push_back({kind, where, error.line, std::move(error.message)});
  };
  Texts<File> texts{parse(source.configured), parse(file.text)};
  note(texts.configured.errors, {});
  note(texts.own.errors, source.file);
  return texts;
}

// std::nullopt: the current content must not be used.
std::optional<Texts<HeaderFile>> load_headers(const RuleText& source, std::vector<RuleProblem>& problems) {
  constexpr auto kKind = RuleProblem::Kind::kHeaders;
  auto texts = parse_rules(kKind, source, &HeaderRules::parse, problems);
  if (!texts || !(texts->configured.lost_guard || texts->own.lost_guard)) return texts;
  problems.push_back({kKind, source.file, 0,
                      "it is not clear what a Basic-Auth is to guard, so nothing of the file is used", true});
  return std::nullopt;
}

std::optional<Redirects> load_redirects(const RuleText& source, std::vector<RuleProblem>& problems) {
  auto texts = parse_rules(RuleProblem::Kind::kRedirects, source, &Redirects::parse, problems);
  if (!texts) return std::nullopt;
  return texts->take_all().rules;
}

std::vector<HostGuard> host_guards(const Texts<HeaderFile>& texts, const std::string& file) {
  std::vector<HostGuard> guards;
  const auto add = [&guards](const HeaderRules& rules, const std::string& where) {
    for (const auto& [line, pattern] : rules.guards()) {
      if (pattern.host()) guards.push_back({where, line, pattern});
    }
  };
  add(texts.configured.rules, {});
  add(texts.own.rules, file);
  return guards;
}

void say(const std::vector<RuleProblem>& problems) {
  constexpr std::size_t kMaxSaid = 20;
  for (std::size_t i = 0; i < std::min(problems.size(), kMaxSaid); ++i) log::warn("{}", problems[i].text());
  if (problems.size() > kMaxSaid) {
    log::warn("{} more lines have mistakes; pollux --check names them", problems.size() - kMaxSaid);
  }
}

}  // namespace

std::string RuleProblem::text() const {
  if (file.empty()) return "the configuration: " + message;
  if (line == 0) return fmt::format("{}: {}", file, message);
  return fmt::format("{}:{}: {}", file, line, message);
}

RuleCheck check_rules(const RuleSources& sources) {
  RuleCheck check;
  if (auto headers = load_headers(sources.headers, check.problems)) {
    check.host_guards = host_guards(*headers, sources.headers.file);
    check.headers = headers->take_all().rules;
  }
  (void)load_redirects(sources.redirects, check.problems);
  return check;
}

SiteRules::SiteRules(RuleSources sources, const Access& access, const Clock& clock)
    : sources_(std::move(sources)),
      access_(access),
      clock_(clock),
      headers_(sources_.headers.file),
      redirects_(sources_.redirects.file),
      rules_(std::make_shared<Rules>()) {
  load({});
}

std::shared_ptr<const Rules> SiteRules::current() const {
  const MutexLock lock(mutex_);
  return rules_;
}

void SiteRules::apply(std::string_view path, http::FieldLines& lines) const {
  const auto rules = current();
  if (rules->headers.size() == 0 || rules->headers.depends_on_host(path)) return;
  rules->headers.for_request({.path = path}).apply(lines);
}

bool SiteRules::may_differ(std::string_view path) const {
  const auto rules = current();
  const auto may_guard = [&](std::string_view guarded) {
    return rules->headers.may_guard(guarded) || access_.may_guard(guarded);
  };
  return rules->redirects.any_forced(path) || rules->headers.depends_on_host(path) || may_guard(path) ||
         may_guard(files::plain_path(path));
}

void SiteRules::look() {
  const WallTime now = clock_.read().wall;
  const Files changed{.headers = headers_.look(now), .redirects = redirects_.look(now)};
  if (changed.headers || changed.redirects) load(changed);
}

bool SiteRules::read_anew() {
  const WallTime now = clock_.read().wall;
  (void)headers_.look(now);  // Whatever the result: the other site is complete.
  (void)redirects_.look(now);
  return load({});
}

bool SiteRules::load(const Files& files) {
  std::vector<RuleProblem> problems;
  auto headers = files.headers ? load_headers(sources_.headers, problems) : std::nullopt;
  auto redirects = files.redirects ? load_redirects(sources_.redirects, problems) : std::nullopt;
  const bool again = generation() > 0;
  const bool whole =
      (!files.headers || headers_.is_as_seen()) && (!files.redirects || redirects_.is_as_seen());
  if (again && !whole) return false;
  say(problems);
  auto rules = std::make_shared<Rules>(*current());
  if (headers) rules->headers = headers->take_all().rules;
  if (redirects) rules->redirects = std::move(*redirects);
  {
    const MutexLock lock(mutex_);
    rules_ = std::move(rules);
    generation_.fetch_add(1, std::memory_order_release);
  }
  if (files.headers) headers_.use();
  if (files.redirects) redirects_.use();
  const auto note = [again](bool read, const std::string& file) {
    if (again && read && !file.empty()) log::info("the rules of {} were read again", file);
  };
  note(files.headers, sources_.headers.file);
  note(files.redirects, sources_.redirects.file);
  return true;
}

}  // namespace pollux::site
