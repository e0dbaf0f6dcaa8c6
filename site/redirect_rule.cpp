#include "site/redirect_rule.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "http/lists.h"
#include "http/uri.h"

namespace pollux::site {

namespace {

constexpr std::string_view kNoDestination = "there is no destination";

constexpr std::array kStatuses = std::to_array<http::Status>(
    {http::Status::kOk, http::Status::kMovedPermanently, http::Status::kFound, http::Status::kSeeOther,
     http::Status::kTemporaryRedirect, http::Status::kPermanentRedirect, http::Status::kNotFound,
     http::Status::kGone});

using Words = std::vector<std::string_view>;

Words words_of(std::string_view text) {
  constexpr std::string_view kSpaces = " \t";
  Words words;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(kSpaces), text.size()));
    if (text.empty() || (!words.empty() && text.starts_with('#'))) return words;
    words.push_back(text.substr(0, text.find_first_of(kSpaces)));
    text.remove_prefix(words.back().size());
  }
}

bool is_pair(std::string_view word) {
  return word.find('=') != kNpos && !word.starts_with('/') && web_scheme_length(word) == 0;
}

std::optional<http::Status> parse_redirect_status(std::string_view digits) {
  for (const http::Status status : kStatuses) {
    if (digits == std::to_string(code(status))) return status;
  }
  return std::nullopt;
}

std::string condition_error(std::string_view word) {
  const std::string_view name = word.substr(0, word.find('='));
  for (const std::string_view known : {"Country", "Language", "Role", "Cookie", "Agent", "Sign", "Signed"}) {
    if (http::equals_ignoring_case(name, known))
      return fmt::format("the condition {} is not supported, so the line is not applied", in_quotes(word));
  }
  return fmt::format("{} stands behind the status, where nothing else is known", in_quotes(word));
}

bool is_redirection(http::Status status) { return code(status) / 100 == 3; }

bool is_where_the_request_is(const Url& url, const RequestUri& uri) {
  const std::string_view scheme = uri.secure ? "https://" : "http://";
  if (!url.origin.empty() && http::in_lower_case(url.origin) != std::string(scheme).append(uri.host))
    return false;
  std::string storage;
  return url.query == uri.query && http::normalise_path(url.path, storage).path == uri.path;
}

}  // namespace

const http::Form* QueryParameters::form() {
  if (!parsed_) {
    if (auto form = http::Form::parse(query_)) form_.emplace(std::move(*form));
    parsed_ = true;
  }
  return form_ ? &*form_ : nullptr;
}

Parsed<RedirectRule> RedirectRule::parse(std::string_view text) {
  const Words words = words_of(text);
  const std::string_view from =
      words.front().substr(0, words.front().find('#'));  // No client sends a fragment.
  if (from.find('?') != kNpos)
    return {{}, "the source has a ?; write query parameters as in: /from name=:value /to/:value"};
  Parsed<Pattern> source = Pattern::parse(from, Pattern::PlainHttp::kAllowed);
  if (!source.value) return {{}, std::move(source.error)};

  RedirectRule rule;
  rule.source = std::move(*source.value);
  std::vector<std::string> names = rule.source.path().names();
  std::size_t at = 1;
  for (; at < words.size() && is_pair(words[at]); ++at) {
    if (std::string error = rule.parse_parameter(words[at], names); !error.empty())
      return {{}, std::move(error)};
  }
  if (at == words.size()) return {{}, std::string(kNoDestination)};
  Parsed<Destination> to = Destination::parse(words[at], rule.source, names);
  if (!to.value) return {{}, std::move(to.error)};
  rule.to = std::move(*to.value);
  if (std::string error = rule.parse_end({words.begin() + static_cast<std::ptrdiff_t>(at) + 1, words.end()});
      !error.empty())
    return {{}, std::move(error)};
  return {std::move(rule)};
}

// "name=value" is decoded as a query would be.
std::string RedirectRule::parse_parameter(std::string_view word, std::vector<std::string>& names) {
  const std::optional<http::Form> form = http::Form::parse(word);
  if (!form || form->fields().size() != 1) return fmt::format("{} is not a query parameter", in_quotes(word));
  const auto& [name, value] = form->fields().front();
  const bool captured =
      value.starts_with(':') && value.size() > 1 && placeholder_length(value.substr(1)) + 1 == value.size();
  parameters.push_back({std::string(name), std::string(captured ? value.substr(1) : value), captured});
  if (!captured) return {};
  std::vector<std::string> taken = source.names();
  taken.insert(taken.end(), names.begin(), names.end());
  if (std::find(taken.begin(), taken.end(), parameters.back().value) != taken.end())
    return fmt::format("the name :{} stands for two things", parameters.back().value);
  names.push_back(parameters.back().value);
  return {};
}

std::string RedirectRule::parse_end(const std::vector<std::string_view>& words) {
  std::size_t at = 0;
  if (!words.empty() && !is_pair(words.front())) {
    const std::string_view word = words[at++];
    forced = word.ends_with('!');
    const std::optional<http::Status> known =
        parse_redirect_status(word.substr(0, word.size() - (forced ? 1 : 0)));
    if (!known)
      return fmt::format("the status {} is none of 200, 301, 302, 303, 307, 308, 404 and 410",
                         in_quotes(word));
    status = *known;
  }
  if (at < words.size()) return condition_error(words[at]);
  if (to.is_absolute() && status == http::Status::kOk)
    return "another host cannot be shown here: proxying is not supported";
  if (to.is_absolute() && !is_redirection(status)) return "the page of this status must be one of this site";
  return {};
}

bool RedirectRule::match_parameters(const http::Form& form, Captures& captures) const {
  if (form.fields().size() != parameters.size()) return false;
  for (const Parameter& parameter : parameters) {
    const std::optional<std::string_view> value = form.find(parameter.name);
    if (!value || (parameter.captured ? value->empty() : *value != parameter.value)) return false;
    if (parameter.captured) captures.push_back({parameter.value, *value});
  }
  return true;
}

std::optional<Redirect> RedirectRule::apply(const RequestUri& uri, QueryParameters& query) const {
  Captures captures;
  if (!source.match(uri, captures)) return std::nullopt;
  const http::Form* form = parameters.empty() ? nullptr : query.form();
  if (!parameters.empty() && (form == nullptr || !match_parameters(*form, captures))) return std::nullopt;
  const std::optional<Url> url = to.expand(captures, uri.query);
  if (!url || is_where_the_request_is(*url, uri)) return std::nullopt;

  Redirect redirect;
  redirect.status = status;
  redirect.forced = forced;
  redirect.line = line;
  if (is_redirection(status)) {
    redirect.location = url->text();
    return redirect;
  }
  std::string storage;
  const http::PathResult path = http::normalise_path(url->path, storage);
  if (path.error != http::PathError::kOk) return std::nullopt;
  redirect.path = path.path;
  redirect.query = url->query;
  return redirect;
}

}  // namespace pollux::site
