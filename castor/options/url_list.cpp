#include "castor/options/url_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "castor/options/option_values.h"
#include "client/url.h"
#include "http/chars.h"

namespace pollux::castor {

namespace {

constexpr std::string_view kBlank = " \t\r";

// The next word of the line; "" at its end.
std::string_view take_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(kBlank), line.size()));
  const std::string_view word = line.substr(0, line.find_first_of(kBlank));
  line.remove_prefix(word.size());
  return word;
}

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  return text.substr(0, text.find_last_not_of(kBlank) + 1);
}

bool is_number(std::string_view word) {
  return word.find_first_not_of("0123456789") == std::string_view::npos;
}
bool is_url(std::string_view word) {
  return word.starts_with('/') || word.find("://") != std::string_view::npos;
}

std::string absolute(std::string_view url, const std::optional<client::Url>& base) {
  if (!url.starts_with('/')) return std::string(url);
  if (!base) throw UsageError("a path wants the URL of a server on the command line");
  const auto resolved = base->resolve(url);
  if (!resolved) throw UsageError(fmt::format("\"{}\" is not a path", url));
  return resolved->to_string();
}

void parse_line(std::string_view line, const std::optional<client::Url>& base, Options& options) {
  Ask ask;
  std::string_view word = take_word(line);
  if (is_number(word)) {
    ask.weight = number<std::uint32_t>("the weight", word, 1, kMaxListed);
    word = take_word(line);
  }
  std::string_view method;
  if (!is_url(word)) {
    method = word;
    word = take_word(line);
  }
  if (!method.empty() && !http::is_token(method)) refuse("the method", method, "a method");
  if (word.empty()) throw UsageError("no URL");
  if (!is_url(word)) refuse("the URL", word, "one, nor a path");
  ask.body = body(std::string(trimmed(line)));
  if (ask.body.empty() && method.empty()) ask.body = options.body;
  ask.method = !method.empty() ? method : ask.body.empty() ? options.method : "POST";
  options.urls.push_back(absolute(word, base));
  options.asks.push_back(std::move(ask));
}

std::string read_all(const std::string& path) {
  if (path == "-") return {std::istreambuf_iterator<char>(std::cin), {}};
  std::ifstream file(path, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (!file.is_open() || file.bad()) throw UsageError("--urls: cannot read " + path);
  return text;
}

}  // namespace

void parse_url_list(std::string_view text, Options& options) {
  if (options.urls.size() > 1) throw UsageError("--urls: one URL at most beside the list, for its paths");
  std::optional<client::Url> base;
  if (!options.urls.empty()) {
    base = client::Url::parse(options.urls.front());
    if (!base) throw UsageError("not an http or https URL: " + options.urls.front());
  }
  options.urls.clear();
  std::uint64_t weights = 0;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (const std::string_view content = trimmed(line); content.empty() || content.front() == '#') continue;
    try {
      parse_line(line, base, options);
    } catch (const UsageError& error) {
      throw UsageError(fmt::format("--urls: line {}: {}", number, error.what()));
    }
    weights += options.asks.back().weight;
    if (weights > kMaxListed) throw UsageError(fmt::format("--urls: more than {} in all", kMaxListed));
  }
  if (options.urls.empty()) throw UsageError("--urls: no URL in " + options.url_file);
}

void read_url_list(Options& options) { parse_url_list(read_all(options.url_file), options); }

}  // namespace pollux::castor
