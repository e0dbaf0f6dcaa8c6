#include "site/rules.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/unique_fd.h"
#include "http/resource.h"
#include "log/logger.h"

namespace pollux::site {

namespace {

struct RuleFileText {
  std::string text;
  int error = 0;  // errno.
};

// Not UTF-16, and not with CR alone at the ends of its lines: no rule would be found, nor a guard.
bool has_lines(std::string_view text) {
  for (std::size_t at = text.find('\r'); at != kNpos; at = text.find('\r', at + 1)) {
    if (at + 1 < text.size() && text[at + 1] != '\n') return false;
  }
  return text.find('\0') == kNpos;
}

// One octet more than is allowed, so that the parser can tell.
RuleFileText read_rule_file(const std::string& path) {
  RuleFileText result;
  if (path.empty()) return result;
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) {
    result.error = errno == ENOENT ? 0 : errno;
    return result;
  }
  result.text.resize(kMaxFileOctets + 1);
  std::size_t length = 0;
  while (length < result.text.size()) {
    const ssize_t got = ::read(fd.get(), result.text.data() + length, result.text.size() - length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) result.error = errno;
    if (got <= 0) break;
    length += static_cast<std::size_t>(got);
  }
  result.text.resize(length);
  if (!has_lines(result.text)) result.error = EILSEQ;
  return result;
}

int count_lines(std::string_view text) {
  return static_cast<int>(std::count(text.begin(), text.end(), '\n'));
}

// Parses the configured lines and the file's as one text, and says whose lines are wrong.
// std::nullopt: the file could not be read.
template <class File>
std::optional<File> parse_rules(RuleProblem::Kind kind, const RuleText& source,
                                File (*parse)(std::string_view), std::vector<RuleProblem>& problems) {
  const RuleFileText file = read_rule_file(source.file);
  if (file.error != 0) {
    // An unreadable _headers may have guards in it.
    problems.push_back({kind, source.file, 0, std::system_category().message(file.error),
                        kind == RuleProblem::Kind::kHeaders});
    return std::nullopt;
  }
  File parsed = parse(source.configured + file.text);
  const int before = count_lines(source.configured);
  for (RuleError& error : parsed.errors) {
    const bool in_file = error.line > before || error.line == 0;
    problems.push_back({kind, in_file ? source.file : std::string(),
                        in_file ? std::max(error.line - before, 0) : error.line, std::move(error.message)});
  }
  return parsed;
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
  marks_ = seen_ = marks();
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

bool SiteRules::may_differ(std::string_view path) const {
  const auto rules = current();
  return rules->redirects.any_forced(path) || rules->headers.depends_on_host(path) ||
         rules->headers.may_guard(path) || rules->headers.may_guard(http::plain_path(path));
}

std::uint64_t SiteRules::generation(TimePoint now) {
  TimePoint looked = looked_.load(std::memory_order_relaxed);
  if (now - looked >= kLookEvery && looked_.compare_exchange_strong(looked, now, std::memory_order_acq_rel)) {
    look();
  }
  return generation_.load(std::memory_order_acquire);
}

SiteRules::Mark SiteRules::mark_of(const std::string& file) {
  struct stat status {};
  if (file.empty() || ::stat(file.c_str(), &status) != 0) return {};
  return {static_cast<std::int64_t>(status.st_ino), status.st_size, nanoseconds(status.st_mtim),
          nanoseconds(status.st_ctim)};
}

std::array<SiteRules::Mark, 2> SiteRules::marks() const {
  return {mark_of(sources_.headers.file), mark_of(sources_.redirects.file)};
}

void SiteRules::look() {
  const MutexLock lock(looking_);
  const std::array<Mark, 2> found = marks();
  if (found == marks_ || found != std::exchange(seen_, found)) return;
  marks_ = found;
  load();
}

void SiteRules::load() {
  constexpr std::size_t kMaxSaid = 20;
  LoadedRules loaded = load_rules(sources_);
  const bool again = generation_.load(std::memory_order_relaxed) > 0;
  if (again && marks() != marks_) return;  // One of them was written to while it was read.
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
