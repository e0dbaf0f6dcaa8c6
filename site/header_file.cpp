// The parser of _headers (header_rules.h).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "http/chars.h"
#include "http/lists.h"
#include "site/header_rules.h"

namespace pollux::site {

namespace {

constexpr std::array kOfTheServer = std::to_array<std::string_view>(
    {"Connection", "Content-Encoding", "Content-Length", "Content-Range", "Date", "Keep-Alive", "Location",
     "Proxy-Connection", "Server", "TE", "Trailer", "Transfer-Encoding", "Upgrade"});

// The validators that conditions are compared with. A response can omit them, but not change them.
constexpr std::array kValidators = std::to_array<std::string_view>({"ETag", "Last-Modified"});

template <std::size_t size>
bool is_among(const std::array<std::string_view, size>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view other) { return http::equals_ignoring_case(name, other); });
}

// "/path", or "scheme://...": no field's name has a slash behind its colon.
bool is_pattern_line(std::string_view line) {
  if (line.starts_with('/')) return true;
  const std::string_view scheme = line.substr(0, line.find("://"));
  const auto fits = [](char c) { return http::is_tchar(c) && c != '!'; };
  return scheme.size() < line.size() && !scheme.empty() && http::all_of(scheme, fits);
}

bool is_guard_line(std::string_view line) {
  const std::size_t colon = line.find(':');
  return colon != kNpos && http::equals_ignoring_case(http::trim_ows(line.substr(0, colon)), kBasicAuth);
}

std::string name_error(std::string_view name) {
  if (!http::is_token(name)) return fmt::format("{} is not the name of a field", in_quotes(name));
  if (is_among(kOfTheServer, name)) return fmt::format("the field {} is the server's own", name);
  return {};
}

}  // namespace

class HeaderFileParser {
 public:
  HeaderFile parse(std::string_view text);

 private:
  void parse_line(const LineReader::Line& line);
  void begin_rule(const LineReader::Line& line);
  void detach(std::string_view name, int line);
  void add_field(std::string_view name, std::string_view value, int line);
  void guard(std::string_view users, int line);
  void end_rule();

  HeaderFile file_;
  RuleErrors errors_;
  std::optional<HeaderRules::Rule> rule_;
  bool in_bad_rule_ = false;  // Its fields are skipped: one error is enough.
  bool unclear_ = false;      // A line of this rule may have been meant as the path of another.
  bool full_ = false;         // No room for another rule.
};

HeaderFile HeaderFileParser::parse(std::string_view text) {
  if (text.size() > kMaxFileOctets) {
    errors_.add(0, fmt::format("the file is larger than {} octets, and not used", kMaxFileOctets));
    file_.lost_guard = true;  // There may be one.
    text = {};
  }
  LineReader lines(text);
  while (std::optional<LineReader::Line> line = lines.next()) {
    if (is_pattern_line(line->text)) {
      end_rule();
      begin_rule(*line);
    } else if (!in_bad_rule_) {
      parse_line(*line);
    } else if (is_guard_line(line->text)) {
      file_.lost_guard = true;
    }
  }
  end_rule();
  file_.errors = errors_.take();
  return std::move(file_);
}

void HeaderFileParser::begin_rule(const LineReader::Line& line) {
  unclear_ = false;
  if (file_.rules.size() == kMaxRules) {
    in_bad_rule_ = true;
    if (std::exchange(full_, true)) return;
    return errors_.add(line.number,
                       fmt::format("there are more than {} rules; the rest is not used", kMaxRules));
  }
  Parsed<Pattern> pattern = line.error.empty() ? Pattern::parse(line.text, Pattern::PlainHttp::kRefused)
                                               : Parsed<Pattern>{{}, line.error};
  in_bad_rule_ = !pattern.value;
  if (pattern.value) {
    rule_.emplace();
    rule_->pattern = std::move(*pattern.value);
    rule_->line = line.number;
  } else {
    errors_.add(line.number, std::move(pattern.error));
  }
}

void HeaderFileParser::parse_line(const LineReader::Line& line) {
  const std::size_t colon = line.text.find(':');
  const std::string_view name = http::trim_ows(line.text.substr(0, colon));
  const bool guards = is_guard_line(line.text);
  if (guards && (!rule_ || unclear_)) file_.lost_guard = true;
  if (!rule_) return errors_.add(line.number, "there is no path above this line");
  if (guards) rule_->guarded = true;  // Whatever other errors follow.
  if (!line.error.empty()) return errors_.add(line.number, line.error);
  if (colon == kNpos && name.starts_with('!')) return detach(http::trim_ows(name.substr(1)), line.number);
  if (colon == kNpos) {
    unclear_ = true;
    return errors_.add(line.number, fmt::format("{} is not of the form name: value", in_quotes(line.text)));
  }
  add_field(name, http::trim_ows(line.text.substr(colon + 1)), line.number);
}

void HeaderFileParser::detach(std::string_view name, int line) {
  if (std::string error = name_error(name); !error.empty()) return errors_.add(line, std::move(error));
  rule_->detached.emplace_back(name);
}

void HeaderFileParser::add_field(std::string_view name, std::string_view value, int line) {
  if (std::string error = name_error(name); !error.empty()) return errors_.add(line, std::move(error));
  if (is_among(kValidators, name))
    return errors_.add(line, fmt::format("the field {0} is the file's own; ! {0} takes it away", name));
  if (value.empty()) return errors_.add(line, fmt::format("the field {} has no value", name));
  if (http::equals_ignoring_case(name, kBasicAuth)) return guard(value, line);
  Template text(value, rule_->pattern.names());
  if (text.places() > Template::kMaxPlaces)
    return errors_.add(line, fmt::format("there are more than {} placeholders", Template::kMaxPlaces));
  rule_->fields.push_back({std::string(name), std::move(text)});
}

void HeaderFileParser::guard(std::string_view users, int line) {
  while (!users.empty()) {
    const std::string_view user = users.substr(0, users.find_first_of(" \t"));
    users = http::trim_ows(users.substr(user.size()));
    const std::size_t colon = user.find(':');
    if (colon == kNpos || colon == 0) {
      errors_.add(line,
                  "Basic-Auth is not of the form user:password user:password");  // No password in a log.
    } else {
      rule_->allowed.push_back({std::string(user.substr(0, colon)), std::string(user.substr(colon + 1))});
    }
  }
}

void HeaderFileParser::end_rule() {
  if (!rule_) return;
  if (rule_->fields.empty() && rule_->detached.empty() && !rule_->guarded) {
    errors_.add(rule_->line, "there are no fields below this line");
  } else {
    file_.rules.add(std::move(*rule_));
  }
  rule_.reset();
}

HeaderFile HeaderRules::parse(std::string_view text) { return HeaderFileParser().parse(text); }

}  // namespace pollux::site
