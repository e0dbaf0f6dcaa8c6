#include "bench/limit_answers.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace pollux::bench {

namespace {

constexpr std::string_view kServer = "Server: pollux\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
constexpr std::string_view kForCaches =
    "Cache-Control: public, max-age=0, must-revalidate\r\nETag: \"0123456789abcdef-0123456789\"\r\n";

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

Answers::Answers(const std::string& directory) {
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    const std::string body = read_file(entry.path());
    const std::string fields = fmt::format(
        "HTTP/1.1 200 OK\r\n{}Content-Type: text/html; charset=utf-8\r\n{}"
        "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nAccept-Ranges: bytes\r\n"
        "Content-Length: {}\r\n",
        kServer, kForCaches, body.size());
    pages_.push_back(
        {.start = fmt::format("GET /{} ", entry.path().filename().string()),
         .ok = {fmt::format("{}\r\n{}", fields, body)},
         .closing = {fmt::format("{}Connection: close\r\n\r\n{}", fields, body), true},
         .not_modified = {fmt::format("HTTP/1.1 304 Not Modified\r\n{}{}\r\n", kServer, kForCaches)}});
  }
  if (pages_.empty()) throw std::runtime_error("no files in " + directory);
}

const Answer* Answers::find(std::string_view request) const {
  const auto says = [&](std::string_view words) { return request.find(words) != std::string_view::npos; };
  for (const Page& page : pages_) {
    if (!request.starts_with(page.start)) continue;
    if (says("\r\nConnection: close\r\n")) return &page.closing;
    return says("\r\nIf-None-Match:") ? &page.not_modified : &page.ok;
  }
  return nullptr;
}

}  // namespace pollux::bench
