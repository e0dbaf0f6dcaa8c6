#include "castor/report/json.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace pollux::castor {

namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  Json whole() {
    Json value = read(0);
    skip_space();
    if (!rest_.empty()) fail();
    return value;
  }

 private:
  static constexpr int kDeepest = 32;

  [[noreturn]] static void fail() { throw std::runtime_error("not the JSON of a result"); }

  void skip_space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size())); }

  bool take(std::string_view word) {
    skip_space();
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  void need(std::string_view word) {
    if (!take(word)) fail();
  }

  std::string string() {
    need("\"");
    std::string text;
    while (!rest_.empty() && rest_.front() != '"') {
      if (rest_.front() == '\\') rest_.remove_prefix(1);
      if (rest_.empty()) fail();
      text += rest_.front();
      rest_.remove_prefix(1);
    }
    need("\"");
    return text;
  }

  double number() {
    double value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc()) fail();
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }

  Json read(int depth) {
    if (depth > kDeepest) fail();
    Json value;
    if (take("{")) {
      value.type = Json::Type::kObject;
      while (!take("}")) {
        if (!value.items.empty()) need(",");
        value.names.push_back(string());
        need(":");
        value.items.push_back(read(depth + 1));
      }
    } else if (take("[")) {
      value.type = Json::Type::kList;
      while (!take("]")) {
        if (!value.items.empty()) need(",");
        value.items.push_back(read(depth + 1));
      }
    } else if (take("true")) {
      value.type = Json::Type::kBool;
      value.number = 1;
    } else if (take("false")) {
      value.type = Json::Type::kBool;
    } else if (take("null")) {
      value.type = Json::Type::kNull;
    } else if (rest_.starts_with('"')) {
      value.type = Json::Type::kString;
      value.text = string();
    } else {
      value.type = Json::Type::kNumber;
      value.number = number();
    }
    return value;
  }

  std::string_view rest_;
};

}  // namespace

Json Json::parse(std::string_view text) { return Reader(text).whole(); }

const Json* Json::find(std::string_view name) const {
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? nullptr : &items[static_cast<std::size_t>(found - names.begin())];
}

const Json& Json::at(std::string_view name) const {
  const Json* found = find(name);
  if (found == nullptr) throw std::runtime_error("not the JSON of a result: no " + std::string(name));
  return *found;
}

}  // namespace pollux::castor
