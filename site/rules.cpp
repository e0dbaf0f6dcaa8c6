#include "site/rules.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/file_version.h"
#include "base/text_file.h"
#include "http/resource.h"
#include "log/logger.h"

namespace pollux::site {

namespace {

// Not UTF-16, and not with CR alone at the ends of its lines: no rule would be found, nor a guard.
bool has_lines(std::string_view text) {
  for (std::size_t at = text.find('\r'); at != kNpos; at = text.find('\r', at + 1)) {
    if (at + 1 < text.size() && text[at + 1] != '\n') return false;
  }
  return text.find('\0') == kNpos;
}

// A file that is not there has no rules.
FileText read_rule_file(const std::string& path) {
  if (path.empty()) return {};
  FileText file = read_text_file(path, kMaxFileOctets, FileKind::kRegular);
  if (file.error == ENOENT) return {};
  if (file.error == 0 && !has_lines(file.text)) file.error = EILSEQ;
  return file;
}

// The configured rules, and those of the file below them. std::nullopt: the file could not be read.
template <class File>
std::optional<File> parse_rules(RuleProblem::Kind kind, const RuleText& source,
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
  File all = parse(source.configured);
  note(all.errors, {});
  File own = parse(file.text);
  note(own.errors, source.file);
  all.append(std::move(own));
  return all;
}

// What the sources say now, and what is wrong with them. A part that is not to be used is not there.
struct LoadedRules {
  std::optional<HeaderFile> headers;
  std::optional<RedirectFile> redirects;
  std::vector<RuleProblem> problems;
};

LoadedRules load_rules(const RuleSources& sources) {
  using Kind = RuleProblem::Kind;
  LoadedRules loaded;
  loaded.headers = parse_rules(Kind::kHeaders, sources.headers, &HeaderRules::parse, loaded.problems);
  if (loaded.headers && loaded.headers->lost_guard) {
    loaded.problems.push_back(
        {Kind::kHeaders, sources.headers.file, 0,
         "it is not clear what a Basic-Auth is to guard, so nothing of the file is used", true});
    loaded.headers.reset();
  }
  loaded.redirects = parse_rules(Kind::kRedirects, sources.redirects, &Redirects::parse, loaded.problems);
  return loaded;
}

}  // namespace

std::string RuleProblem::text() const {
  if (file.empty()) return "the configuration: " + message;
  if (line == 0) return fmt::format("{}: {}", file, message);
  return fmt::format("{}:{}: {}", file, line, message);
}

std::vector<RuleProblem> check_rules(const RuleSources& sources) { return load_rules(sources).problems; }

SiteRules::SiteRules(RuleSources sources) : sources_(std::move(sources)), rules_(std::make_shared<Rules>()) {
  const MutexLock lock(looking_);
  used_ = seen_ = look_at_files();
  load();
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

SiteRules::Look SiteRules::look_at(const std::string& file) {
  Look look;
  if (!file.empty() && ::stat(file.c_str(), &look.status.emplace()) != 0) look.status.reset();
  return look;
}

bool SiteRules::Look::operator==(const Look& other) const {
  if (!status || !other.status) return status.has_value() == other.status.has_value();
  return same_file_and_version(*status, *other.status);
}

bool SiteRules::may_differ(std::string_view path) const {
  const auto rules = current();
  return rules->redirects.any_forced(path) || rules->headers.depends_on_host(path) ||
         rules->headers.may_guard(path) || rules->headers.may_guard(http::plain_path(path));
}

std::uint64_t SiteRules::generation(TimePoint now) {
  TimePoint looked = looked_.load(std::memory_order_relaxed);
  if (now - looked >= kLookEvery && looked_.compare_exchange_strong(looked, now, std::memory_order_relaxed)) {
    look();
  }
  return generation_.load(std::memory_order_acquire);
}

std::array<SiteRules::Look, 2> SiteRules::look_at_files() const {
  return {look_at(sources_.headers.file), look_at(sources_.redirects.file)};
}

void SiteRules::look() {
  const MutexLock lock(looking_);
  const std::array<Look, 2> found = look_at_files();
  if (found == used_ || found != std::exchange(seen_, found)) return;
  used_ = found;
  load();
}

void SiteRules::load() {
  constexpr std::size_t kMaxSaid = 20;
  LoadedRules loaded = load_rules(sources_);
  const bool again = generation_.load(std::memory_order_relaxed) > 0;
  if (again && look_at_files() != used_) return;  // One of them was written to while it was read.
  for (std::size_t i = 0; i < std::min(loaded.problems.size(), kMaxSaid); ++i) {
    log::warn("{}", loaded.problems[i].text());
  }
  if (loaded.problems.size() > kMaxSaid) {
    log::warn("{} more lines have mistakes; pollux --check names them", loaded.problems.size() - kMaxSaid);
  }
  auto rules = std::make_shared<Rules>(*current());
  if (loaded.headers) rules->headers = std::move(loaded.headers->rules);
  if (loaded.redirects) rules->redirects = std::move(loaded.redirects->rules);
  {
    const MutexLock lock(mutex_);
    rules_ = std::move(rules);
    generation_.fetch_add(1, std::memory_order_release);
  }
  if (again) {
    log::info("the rules of {} and {} were read again", sources_.headers.file, sources_.redirects.file);
  }
}

}  // namespace pollux::site
