// Listings of real directories.
#include "site/listing.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "http/request_parser.h"
#include "site/listing_views.h"
#include "tests/temporary_directory.h"

namespace pollux::site {
namespace {

namespace fs = std::filesystem;

// What this thread may do with files is what somebody else may, even if root runs the test.
class AsSomebodyElse {
 public:
  AsSomebodyElse() : before_(static_cast<uid_t>(::setfsuid(kNobody))) {}
  ~AsSomebodyElse() { ::setfsuid(before_); }
  AsSomebodyElse(const AsSomebodyElse&) = delete;
  AsSomebodyElse& operator=(const AsSomebodyElse&) = delete;

 private:
  static constexpr uid_t kNobody = 65534;
  const uid_t before_;
};

ListingPage page_of(const test::TemporaryDirectory& directory, std::string_view path,
                    const ListingQuery& query, const ListingOptions& options) {
  const files::DocumentRoot root(directory.path());
  auto page = read_listing_page(root, path, query, options);
  EXPECT_TRUE(page) << path;
  return page.value_or(ListingPage());
}

// "dir/ file:3 " of the first page.
std::string listed(const test::TemporaryDirectory& directory, std::string_view path,
                   std::string_view query = "", const ListingOptions& options = {}) {
  std::string text;
  for (const ListingEntry& entry : page_of(directory, path, ListingQuery::parse(query), options).entries)
    text += entry.directory ? entry.name + "/ " : fmt::format("{}:{} ", entry.name, entry.size);
  return text;
}

TEST(ListingPage, WhatIsListed) {
  const test::TemporaryDirectory directory;
  for (const char* name :
       {"a.txt", "_headers", "_redirects", ".hidden", ".well-known/security.txt", ".git/config",
        "sub/_headers", "sub/_redirects", "sub/.hidden", "sub/.well-known/x"})
    (void)directory.write(name, "abc");
  struct Case {
    std::string_view path;
    bool hidden;
    std::string_view names;
  };
  const Case cases[] = {
      {"/", false, ".well-known/ sub/ a.txt:3 "},
      {"/", true, ".git/ .well-known/ sub/ .hidden:3 a.txt:3 "},
      {"/sub/", false, "_headers:3 _redirects:3 "},
      {"/sub/", true, ".well-known/ .hidden:3 _headers:3 _redirects:3 "},
      {"/.well-known/", false, "security.txt:3 "},
  };
  for (const Case& row : cases)
    EXPECT_EQ(listed(directory, row.path, "", {.hidden = row.hidden}), row.names) << row.path;
}

TEST(ListingPage, PrivatePathsAreListedNowhere) {
  const test::TemporaryDirectory directory;
  for (const char* name : {"_headers", "sub/_headers", "sub/a.txt", "sub/deep/rules.txt", "other/_headers"})
    (void)directory.write(name, "abc");
  const ListingOptions options{.private_paths = {"/sub/_headers", "/sub/deep/rules.txt"}};
  EXPECT_EQ(listed(directory, "/", "", options), "other/ sub/ _headers:3 ");
  EXPECT_EQ(listed(directory, "/sub/", "", options), "deep/ a.txt:3 ");
  EXPECT_EQ(listed(directory, "/sub/deep/", "", options), "");
  EXPECT_EQ(listed(directory, "/other/", "", options), "_headers:3 ");
}

TEST(ListingPage, LinksAreWhatTheyLeadTo) {
  const test::TemporaryDirectory outside;
  const test::TemporaryDirectory directory;
  (void)directory.write("sub/b.txt", "four");
  const std::pair<std::string, std::string> links[] = {
      {"to-file", "sub/b.txt"},
      {"to-directory", "sub"},
      {"to-itself", "."},
      {"to-link", "to-file"},
      {"dangling", "nowhere"},
      {"loop", "loop"},
      {"parent", ".."},
      {"out", "../" + outside.path().filename().string()},
      {"absolute", outside.path().string()},
      {"absolute-inside", directory / "sub"},
      {"sub/up", "../sub/b.txt"},
  };
  for (const auto& [link, target] : links) fs::create_symlink(target, directory / link);
  EXPECT_EQ(listed(directory, "/"), "sub/ to-directory/ to-itself/ to-file:4 to-link:4 ");
  EXPECT_EQ(listed(directory, "/sub/"), "b.txt:4 up:4 ");
  EXPECT_EQ(listed(directory, "/to-directory/"), "b.txt:4 up:4 ");
  EXPECT_EQ(listed(directory, "/to-itself/sub/"), "b.txt:4 up:4 ");
}

TEST(ListingPage, OnlyFilesAndDirectories) {
  const test::TemporaryDirectory directory;
  (void)directory.write("file", "");
  ASSERT_EQ(::mkfifo((directory / "fifo").c_str(), 0666), 0);
  fs::create_symlink("fifo", directory / "to-fifo");
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  struct sockaddr_un address {};
  address.sun_family = AF_UNIX;
  (directory / "socket").copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::close(socket);
  EXPECT_EQ(listed(directory, "/"), "file:0 ");
  EXPECT_EQ(listed(directory, "/", "sort=size"), "file:0 ");
}

TEST(ListingPage, WhatCannotBeReadIsNotListed) {
  const test::TemporaryDirectory directory;
  fs::permissions(directory.path(), fs::perms(0755));
  const std::pair<const char*, unsigned> modes[] = {
      {"open", 0444}, {"closed", 0600}, {"entered/x", 0444}, {"read-only/x", 0444}, {"closed-dir/x", 0444}};
  for (const auto& [name, mode] : modes) {
    (void)directory.write(name, "abc");
    fs::permissions(directory / name, fs::perms(mode));
  }
  fs::permissions(directory / "entered", fs::perms(0711));
  fs::permissions(directory / "read-only", fs::perms(0744));
  fs::permissions(directory / "closed-dir", fs::perms(0700));
  for (const char* name : {"open", "closed", "entered", "closed-dir"})
    fs::create_symlink(name, directory / (std::string("to-") + name));
  const files::DocumentRoot root(directory.path());
  const AsSomebodyElse me;
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  EXPECT_EQ(listed(directory, "/"), "entered/ to-entered/ open:3 to-open:3 ");
  EXPECT_EQ(listed(directory, "/read-only/"), "");  // Nobody can get what is in it.
  EXPECT_FALSE(read_listing_page(root, "/entered/", {}, {}));
  EXPECT_EQ(errno, EACCES);
}

// Follows the cursor from page to page; `between_pages` runs after each.
std::vector<std::string> walk(const test::TemporaryDirectory& directory, std::string_view first,
                              std::size_t page_size, const std::function<void()>& between_pages) {
  std::vector<std::string> names;
  ListingQuery query = ListingQuery::parse(first);
  for (bool more = true; more;) {
    const ListingPage page = page_of(directory, "/", query, {.page_size = page_size});
    EXPECT_LE(page.entries.size(), page_size);
    for (const ListingEntry& entry : page.entries) names.push_back(entry.name);
    more = page.more && !page.entries.empty();
    if (more) query.after = page.entries.back();
    query = ListingQuery::parse(query.text().substr(1));  // As a client sends it back.
    between_pages();
  }
  return names;
}

void fill(const test::TemporaryDirectory& directory, int files) {
  for (int i = 0; i < files; ++i) {
    const std::string name = fmt::format("f{:02} \xff&", (i * 7) % files);
    (void)directory.write(name, std::string(static_cast<std::size_t>(i % 4), 'x'));
    const timespec time{i % 3, 0};
    const timespec times[2] = {time, time};
    ASSERT_EQ(::utimensat(AT_FDCWD, (directory / name).c_str(), times, 0), 0);
  }
  fs::create_directory(directory / "d1");
  fs::create_directory(directory / "d2");
}

TEST(ListingPage, ThePagesTogetherAreTheDirectory) {
  const test::TemporaryDirectory directory;
  fill(directory, 23);
  for (const char* query :
       {"", "order=desc", "sort=size", "sort=size&order=desc", "sort=time", "sort=time&order=desc"}) {
    const auto whole = walk(directory, query, 25, [] {});
    EXPECT_EQ(whole.size(), 25U);
    EXPECT_EQ(std::set<std::string>(whole.begin(), whole.end()).size(), 25U) << query;
    for (const std::size_t page_size : {1U, 4U, 5U, 24U})
      EXPECT_EQ(walk(directory, query, page_size, [] {}), whole) << query << ' ' << page_size;
  }
}

TEST(ListingPage, ACursorOutlivesItsEntry) {
  const test::TemporaryDirectory directory;
  fill(directory, 20);
  std::set<std::string> seen;
  const auto names = walk(directory, "sort=size", 3, [&directory] {
    for (const auto& entry : fs::directory_iterator(directory.path())) {
      if (entry.is_regular_file() && entry.file_size() == 0) fs::remove(entry.path());
    }
    (void)directory.write("late", "xxx");
  });
  for (const std::string& name : names) EXPECT_TRUE(seen.insert(name).second) << name;
  EXPECT_TRUE(seen.contains("late"));
}

TEST(ListingPage, ADirectoryThatChangesWhileItIsRead) {
  const test::TemporaryDirectory directory;
  fill(directory, 20);
  std::atomic<bool> done{false};
  std::thread changes([&] {
    for (int i = 0; !done; ++i) {
      const std::string name = fmt::format("new{}", i % 50);
      (void)directory.write(name, "x");
      fs::rename(directory / name, directory / fmt::format("renamed{}", (i * 7) % 50));
    }
  });
  for (int i = 0; i < 50; ++i) {
    const ListingPage page =
        page_of(directory, "/", ListingQuery::parse(i % 2 == 0 ? "" : "sort=time"), {.page_size = 200});
    std::size_t old = 0;
    for (const ListingEntry& entry : page.entries) old += entry.name.starts_with('f') ? 1 : 0;
    EXPECT_EQ(old, 20U);  // What was there all the time.
  }
  done = true;
  changes.join();
}

TEST(ListingPage, TheEntriesLookedAtAreBounded) {
  const test::TemporaryDirectory directory;
  fill(directory, 8);  // With two directories and "." and "..", 12.
  for (const std::size_t max_looks : {1U, 5U, 11U}) {
    const ListingPage page = page_of(directory, "/", {}, {.max_looks = max_looks});
    EXPECT_TRUE(page.incomplete);
    EXPECT_LE(page.entries.size(), max_looks);
  }
  const ListingPage page = page_of(directory, "/", {}, {.max_looks = 12});
  EXPECT_FALSE(page.incomplete);
  EXPECT_EQ(page.entries.size(), 10U);
}

// Asks for a listing as a client does.
class ListingClient {
 public:
  explicit ListingClient(const test::TemporaryDirectory& directory)
      : root_(directory.path()), listing_(root_, errors_, {}) {}

  http::Response ask(std::string_view target, std::string_view fields = "", std::string_view method = "GET") {
    const http::ParserLimits limits;
    http::RequestParser parser(limits);
    Buffer in;
    in.append(fmt::format("{} {} HTTP/1.1\r\nHost: a\r\n{}\r\n", method, target, fields));
    EXPECT_EQ(parser.parse(in), http::RequestParser::Result::kComplete) << target;
    return listing_.answer(parser.request(), Now{});
  }

  static std::string body_of(const http::Response& response) {
    const auto* body = std::get_if<std::string>(&response.body);
    return body != nullptr ? *body : "no octets of its own";
  }

 private:
  files::DocumentRoot root_;
  http::ErrorPages errors_;
  DirectoryListing listing_;
};

TEST(DirectoryListing, Formats) {
  const test::TemporaryDirectory directory;
  ListingClient client(directory);
  struct Case {
    std::string_view target, fields, type;
  };
  constexpr std::string_view kHtmlType = "text/html; charset=utf-8";
  constexpr std::string_view kJsonType = "application/json";
  const Case cases[] = {
      {"/", "", kHtmlType},
      {"/", "Accept: */*\r\n", kHtmlType},
      {"/", "Accept: application/json\r\n", kJsonType},
      {"/", "Accept: image/png\r\n", kHtmlType},
      {"/", "Accept: text/html, application/json\r\n", kHtmlType},
      {"/", "Accept: text/html;q=0.5, application/json;q=0.6\r\n", kJsonType},
      {"/", "Accept: text/html;q=0.5\r\nAccept: application/*\r\n", kJsonType},
      {"/", "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n", kHtmlType},
      {"/?format=json", "", kJsonType},
      {"/?format=html", "Accept: application/json\r\n", kHtmlType},
      {"/?format=xml", "", kHtmlType},
  };
  for (const Case& row : cases) {
    for (const std::string_view method : {"GET", "HEAD"}) {
      const http::Response response = client.ask(row.target, row.fields, method);
      EXPECT_EQ(response.status, http::Status::kOk);
      EXPECT_EQ(response.find_field("Content-Type"), row.type) << row.target << row.fields;
      EXPECT_EQ(response.find_field("Vary"), "Accept");
      EXPECT_EQ(response.find_field("Cache-Control"), "no-cache");
      EXPECT_EQ(response.find_field("ETag"), std::nullopt);
      EXPECT_EQ(response.find_field("Content-Length"),
                std::to_string(ListingClient::body_of(response).size()));
    }
  }
}

TEST(DirectoryListing, OnlyItsOwnStyleIsAllowed) {
  const test::TemporaryDirectory directory;
  ListingClient client(directory);
  const http::Response response = client.ask("/");
  const std::string policy(response.find_field("Content-Security-Policy").value_or(""));
  EXPECT_TRUE(policy.starts_with("default-src 'none'; style-src 'sha256-")) << policy;
  EXPECT_NE(policy.find("='; img-src"), std::string::npos) << policy;  // 43 digits and one "=".
  EXPECT_NE(ListingClient::body_of(response).find(fmt::format("<style>{}</style>", listing_style())),
            std::string::npos);
}

TEST(DirectoryListing, Codings) {
  const test::TemporaryDirectory directory;
  fill(directory, 50);
  ListingClient client(directory);
  struct Case {
    std::string_view fields;
    std::optional<std::string_view> coding;
  };
  const Case cases[] = {
      {"", std::nullopt},
      {"Accept-Encoding: identity\r\n", std::nullopt},
      {"Accept-Encoding: gzip, deflate, br, zstd\r\n", "br"},
      {"Accept-Encoding: gzip\r\n", "gzip"},
      {"Accept-Encoding: gzip;q=0.5\r\nAccept-Encoding: zstd;q=0.7\r\n", "zstd"},
      {"Accept-Encoding: gzip;q=0\r\n", std::nullopt},
      {"Accept-Encoding: *;q=0\r\n", std::nullopt},  // There is nothing better to answer.
  };
  const std::size_t plain = ListingClient::body_of(client.ask("/")).size();
  for (const Case& row : cases) {
    const http::Response response = client.ask("/", row.fields);
    EXPECT_EQ(response.find_field("Content-Encoding"), row.coding) << row.fields;
    EXPECT_NE(response.fields.text().find("Vary: Accept-Encoding\r\n"), std::string::npos);
    const std::size_t size = ListingClient::body_of(response).size();
    EXPECT_EQ(response.find_field("Content-Length"), std::to_string(size));
    EXPECT_EQ(size < plain, row.coding.has_value()) << row.fields;
  }
}

TEST(DirectoryListing, Failures) {
  const test::TemporaryDirectory directory;
  (void)directory.write("file", "abc");
  fs::create_symlink("..", directory / "parent");
  fs::create_symlink("loop", directory / "loop");
  ListingClient client(directory);
  const std::pair<std::string, http::Status> cases[] = {
      {"/missing/", http::Status::kNotFound}, {"/file/", http::Status::kNotFound},
      {"/loop/", http::Status::kNotFound},    {"/" + std::string(256, 'x') + "/", http::Status::kNotFound},
      {"/parent/", http::Status::kForbidden},
  };
  for (const auto& [target, status] : cases) EXPECT_EQ(client.ask(target).status, status) << target;
}

TEST(DirectoryListing, ADirectoryThatCannotBeRead) {
  const test::TemporaryDirectory directory;
  fs::permissions(directory.path(), fs::perms(0755));
  (void)directory.write("entered/x", "abc");
  fs::permissions(directory / "entered", fs::perms(0711));
  ListingClient client(directory);
  const AsSomebodyElse me;
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  EXPECT_EQ(client.ask("/entered/").status, http::Status::kForbidden);
}

}  // namespace
}  // namespace pollux::site
