#include "server/config/config_file.h"

#include <fmt/core.h>
#include <ini.h>

#include <algorithm>
#include <array>
#include <optional>

#include "server/config/config_value.h"

namespace pollux::server {

namespace {

constexpr std::string_view kBlank = " \t\r";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_comment_start(char c) { return c == ';' || c == '#'; }

// The first octet that cannot be in a text line; std::nullopt: none. Octets from 0x80 on are allowed: file
// names may be in any encoding.
std::optional<unsigned char> foreign_octet(std::string_view line) {
  for (const char c : line) {
    const auto octet = static_cast<unsigned char>(c);
    if ((octet < 0x20 && octet != '\t') || octet == 0x7f) return octet;
  }
  return std::nullopt;
}

// Passes a text to inih line by line, so that every entry and error has its line number. Keeps lines from
// inih that it would misread.
class LineFeed {
 public:
  explicit LineFeed(std::string_view text) : rest_(text) {
    if (rest_.starts_with(kByteOrderMark)) rest_.remove_prefix(kByteOrderMark.size());
  }

  [[nodiscard]] IniFile run() {
    // Debian's inih reads these at run time. Its own limit of 200 octets is too short for a list of
    // addresses or a deep path.
    static std::array<char, 3> comment_starts = {';', '#', '\0'};
    ini_max_line = static_cast<int>(IniFile::kLongestLine) + 3;  // "\r\n" and the final NUL.
    ini_allow_multiline = false;
    ini_inline_comment_prefixes = comment_starts.data();
    if (ini_parse_stream(&LineFeed::next_line, this, &LineFeed::take_entry, this) < 0) {
      fail("out of memory");
    }
    finish_line();
    return std::move(result_);
  }

 private:
  // Behaves like fgets; the return value nullptr ends the parse.
  static char* next_line(char* to, int capacity, void* self) {
    return static_cast<LineFeed*>(self)->next(to, static_cast<std::size_t>(capacity)) ? to : nullptr;
  }

  static int take_entry(void* self, const char* /*section*/, const char* key, const char* value) {
    auto& feed = *static_cast<LineFeed*>(self);
    feed.wants_entry_ = false;
    if (feed.section_known_) feed.result_.entries.push_back({feed.section_, key, value, feed.line_});
    return 1;
  }

  bool next(char* to, std::size_t capacity) {
    finish_line();
    if (rest_.empty() || result_.errors.size() >= IniFile::kMaxErrors) return false;
    ++line_;
    const std::size_t length = std::min(rest_.find('\n'), rest_.size());
    std::string_view line = rest_.substr(0, length);
    rest_.remove_prefix(std::min(length + 1, rest_.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);

    if (const std::optional<unsigned char> octet = foreign_octet(line)) {
      fail(fmt::format("octet 0x{:02x} has no place in a text file; the rest is not read", *octet));
      return false;
    }
    if (line.size() > IniFile::kLongestLine || line.size() + 1 > capacity) {
      fail(fmt::format("the line is longer than {} octets", std::min(IniFile::kLongestLine, capacity - 1)));
      line = {};
    }
    line.remove_prefix(std::min(line.find_first_not_of(kBlank), line.size()));
    if (line.starts_with('[')) {
      enter_section(line);
      line = {};  // inih would cut long names and overlook what follows the bracket.
    } else if (section_ == "redirects" && !line.empty() && !is_comment_start(line.front())) {
      take_redirect(line);
      line = {};  // inih would end the key at the ':' of a placeholder.
    } else {
      wants_entry_ = !line.empty() && !is_comment_start(line.front());
    }
    std::copy(line.begin(), line.end(), to);
    to[line.size()] = '\0';
    return true;
  }

  // inih has seen the whole line. If it found no entry in it, there is none.
  void finish_line() {
    if (wants_entry_) fail("this is neither KEY = VALUE nor [section] nor a comment");
    wants_entry_ = false;
  }

  // The last ']' of the head, which only white space or a comment may follow, since there may be others in a
  // name: [site [::1]].
  static std::size_t end_of_section(std::string_view line) {
    for (std::size_t at = line.find(']'); at != std::string_view::npos; at = line.find(']', at + 1)) {
      if (at + 1 == line.size() || kBlank.find(line[at + 1]) != std::string_view::npos) return at;
    }
    return line.find(']');
  }

  // `line` is "[name]", perhaps with a comment after it.
  void enter_section(std::string_view line) {
    const std::size_t close = end_of_section(line);
    section_known_ = close != std::string_view::npos;
    if (!section_known_) return fail("the [section] has no ]");
    section_ = line.substr(1, close - 1);
    result_.sections.push_back({section_, line_});

    const std::string_view behind = line.substr(close + 1);
    const std::size_t start = behind.find_first_not_of(kBlank);
    if (start == std::string_view::npos || is_comment_start(behind[start])) return;
    fail(fmt::format("{} stands behind the [section]", in_quotes(behind.substr(start))));
  }

  // FROM = TO: paths may contain '=' and ':', so the '=' with spaces around it counts, else the first one.
  void take_redirect(std::string_view line) {
    constexpr std::string_view kSpaced = " = ";
    const bool spaced = line.find(kSpaced) != std::string_view::npos;
    const std::size_t equals = spaced ? line.find(kSpaced) + 1 : line.find('=');
    if (equals == std::string_view::npos) return fail("this is not FROM = TO");
    const auto trimmed = [](std::string_view text) {
      text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
      return std::string(text.substr(0, text.find_last_not_of(kBlank) + 1));
    };
    if (section_known_) {
      result_.entries.push_back(
          {section_, trimmed(line.substr(0, equals)), trimmed(line.substr(equals + 1)), line_});
    }
  }

  void fail(std::string message) { result_.errors.push_back({std::move(message), line_}); }

  std::string_view rest_;
  int line_ = 0;  // The number of the last line passed to inih, from 1.
  std::string section_;
  bool section_known_ = true;  // False after a broken [section] line, whose entries would all be wrong.
  bool wants_entry_ = false;   // The last line passed to inih is neither blank nor a comment.
  IniFile result_;
};

}  // namespace

IniFile parse_ini(std::string_view text) { return LineFeed(text).run(); }

}  // namespace pollux::server
