// The session over a real directory of files and no socket: octets in, octets out.
#include "http/http1_session.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <deque>
#include <filesystem>
#include <regex>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "files/site_error_pages.h"
#include "files/static_files.h"
#include "http/echo.h"
#include "tests/string_sink.h"
#include "tests/take_all.h"
#include "tests/temporary_directory.h"

namespace pollux::http {
namespace {

constexpr Now kNow{TimePoint(std::chrono::hours(1)),
                   WallTime(std::chrono::seconds(784111777))};  // Sun, 06 Nov 1994

class Failing final : public AnsweringHandler {
 public:
  Response answer(const Request& /*request*/, const Now& /*now*/) override {
    throw std::runtime_error("oops");
  }
};

// Keeps its requests until the test answers them.
class Keeping final : public Handler {
 public:
  void handle(Exchange& exchange) override { kept.push_back(exchange.keep()); }
  [[nodiscard]] std::uint64_t max_body(const Request& request) const override {
    return request.method == Method::kPost ? 50 : 0;
  }

  // Answers the first with what it knows of its request.
  void answer() {
    const Request& request = kept.front().request();
    Response response;
    response.body = fmt::format("{}{} {} {} {}", request.secure ? "TLS " : "", request.peer, request.target,
                                request.fields->find(FieldId::kHost).value_or("nobody"), request.body);
    response.add_content_length();
    kept.front().respond(std::move(response));
    kept.pop_front();
  }

  std::deque<Later> kept;
};

// A body of three pieces, made while it is sent.
class Producing final : public AnsweringHandler {
 public:
  explicit Producing(bool breaks = false) : breaks_(breaks) {}
  Response answer(const Request& /*request*/, const Now& /*now*/) override {
    class Source final : public BodySource {
     public:
      explicit Source(bool breaks) : breaks_(breaks) {}
      Result produce(std::string& to, std::size_t /*room*/) override {
        if (breaks_ && pieces_ == 1) return Result::kBroken;
        to += std::string(600'000, static_cast<char>('a' + pieces_));
        return ++pieces_ == 3 ? Result::kEnd : Result::kMore;
      }

     private:
      const bool breaks_;
      int pieces_ = 0;
    };
    Response response;
    response.body = std::make_unique<Source>(breaks_);
    return response;
  }

 private:
  const bool breaks_;
};

class Site {
 public:
  Site() {
    write("index.html", "<p>start</p>");
    write("ten.txt", "0123456789");
    write("new.txt", "changed within this second", kNow.wall);
    write("future.txt", "changed tomorrow", kNow.wall + std::chrono::hours(24));
    write("sub/index.html", "<p>sub</p>");
    write("errors/404.html", "nothing here");
    std::filesystem::create_directory(directory_ / "empty");
  }
  [[nodiscard]] std::string directory() const { return directory_.path(); }

 private:
  static constexpr WallTime kLongAgo{std::chrono::seconds(784111000)};  // Sun, 06 Nov 1994 08:36:40 GMT

  void write(const std::string& name, const std::string& octets, WallTime changed = kLongAgo) const {
    const std::string file = directory_.write(name, octets);
    const struct timespec time = {std::chrono::system_clock::to_time_t(changed), 0};
    const struct timespec times[2] = {time, time};
    ASSERT_EQ(::utimensat(AT_FDCWD, file.c_str(), times, 0), 0);
  }

  test::TemporaryDirectory directory_;
};

class Http1SessionTest : public ::testing::Test {
 protected:
  struct Answer {
    std::string octets;
    net::Protocol::Step step;
  };

  // Feeds a new session `step` octets at a time and takes what it queues, as a connection would.
  Answer talk(std::string_view octets, std::size_t step, bool then_end = false,
              const std::string& peer = "127.0.0.1") {
    Http1Session session(service_, peer);
    Buffer in;
    OutputQueue out;
    Answer answer;
    for (std::size_t at = 0; at < octets.size(); at += step) {
      in.append(octets.substr(at, step));
      const bool end = then_end && at + step >= octets.size();
      do {
        answer.octets += test::take_all(out);
        answer.step = session.on_input({in, out, end, kNow});
        while (answer.step.next == net::Protocol::Next::kWait) {
          answer.octets += test::take_all(out);
          keeping_.answer();
          answer.step = session.on_input({in, out, end, kNow});
        }
      } while (!out.empty() && answer.step.next == net::Protocol::Next::kContinue);
      answer.octets += test::take_all(out);
      if (answer.step.next != net::Protocol::Next::kContinue) break;
    }
    session.on_close(out.consumed());
    return answer;
  }

  Site site_;
  files::FileCache cache_{files::ResourceLoader(site_.directory(), {.index = {"index.html"}}), {}};
  files::SiteErrorPages errors_{cache_, {{404, "/errors/404.html"}}};
  files::StaticFiles files_{cache_, errors_, 16};
  Failing failing_;
  Keeping keeping_;
  Producing producing_;
  Producing breaking_{true};
  Echo echo_{hosts_};
  Router router_ = [this] {
    Router router(files_);
    router.add(Echo::kPath, echo_);
    router.add("/wait", keeping_);
    router.add("/produced", producing_);
    router.add("/breaks", breaking_);
    return router;
  }();
  const TrustedProxies proxies_{{IpNetwork::parse("10.0.0.0/8").value()}};
  std::string log_;
  AccessLog access_log_{std::make_unique<test::StringSink>(log_), AccessLog::Format::kCombined};
  std::atomic<bool> draining_{false};
  const Navigation navigation_{};
  const Hosts hosts_{
      {.router = router_, .errors = errors_, .navigation = navigation_, .access_log = &access_log_}};
  Service service_{.hosts = hosts_,
                   .limits = {.request_line = 100, .headers = 500, .header_fields = 20, .body = 100},
                   .body_pace = {.grace = std::chrono::seconds(30), .octets_per_second = 512},
                   .keepalive_requests = 5,
                   .proxies = proxies_,
                   .secure_fields = {},
                   .draining = draining_};
};

// The status codes of a stream of answers, and whether the last one ends the connection.
std::string codes(const std::string& octets, net::Protocol::Step step) {
  std::string text;
  const std::regex line("HTTP/1\\.1 (\\d{3}) ");
  for (auto at = std::sregex_iterator(octets.begin(), octets.end(), line); at != std::sregex_iterator();
       ++at) {
    text += (*at)[1].str() + " ";
  }
  switch (step.next) {
    case net::Protocol::Next::kContinue: return text + "open";
    case net::Protocol::Next::kClose: return text + "close";
    case net::Protocol::Next::kWait: return text + "wait";
    case net::Protocol::Next::kSwitch: return text + "switch";
    case net::Protocol::Next::kLinger: break;
  }
  return text + "linger";
}

struct SessionCase {
  std::string octets;
  std::string codes;
  std::vector<std::string> holds = {};  // Each is a part of the answer; one that begins with '!' is not.
};

std::string get(const std::string& target, const std::string& fields = "",
                const std::string& method = "GET") {
  return method + " " + target + " HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
}

const std::string kDate = "If-Modified-Since: Sun, 06 Nov 1994 08:36:40 GMT\r\n";
const std::string kEtag = "\"6de3431b05f7c11f-a\"";  // Of ten.txt: a hash of its octets, and its size.

std::vector<SessionCase> cases() {
  return {
      // What waits: whoever asks before or after it, the answers come in order
      {get("/ten.txt") + get("/wait?1") + get("/ten.txt") + get("/wait?2"),
       "200 200 200 200 open",
       {"127.0.0.1 /wait?1 h", "127.0.0.1 /wait?2 h"}},
      {get("/wait", "Content-Length: 3\r\n", "POST") + "abc" + get("/ten.txt"),
       "200 200 open",
       {"127.0.0.1 /wait h abc"}},
      {get("/wait", "Content-Length: 3\r\n") + "abc" + get("/ten.txt"),
       "200 200 open",
       {"127.0.0.1 /wait h "}},
      {get("/wait", "Connection: close\r\n"), "200 close"},
      {get("/wait", "Expect: money\r\n"), "417 open"},

      // What is there
      {get("/"),
       "200 open",
       {"Content-Type: text/html; charset=utf-8\r\n", "Content-Length: 12\r\n", "\r\n\r\n<p>start</p>",
        "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "Server: pollux\r\n", "Accept-Ranges: bytes\r\n",
        "Last-Modified: Sun, 06 Nov 1994 08:36:40 GMT\r\n", "ETag: \"", "!Connection:"}},
      {get("/ten.txt"), "200 open", {"ETag: " + kEtag, "text/plain; charset=utf-8", "\r\n\r\n0123456789"}},
      {get("/ten.txt?query"), "200 open", {"0123456789"}},
      {get("/%74en.txt"), "200 open", {"0123456789"}},
      {get("/sub/../ten.txt"), "200 open", {"0123456789"}},
      {get("/ten.txt", "", "HEAD"), "200 open", {"Content-Length: 10\r\n", "!0123456789"}},
      {get("http://other/ten.txt"), "200 open", {"0123456789"}},
      {get("/sub"), "301 open", {"Location: /sub/\r\n", "Content-Length: 0\r\n"}},
      {get("/sub?a=b"), "301 open", {"Location: /sub/?a=b\r\n"}},
      {get("//sub"), "301 open", {"Location: /sub/\r\n"}},
      {get("/sub/"), "200 open", {"<p>sub</p>"}},
      // What is not
      {get("/none"), "404 open", {"nothing here", "Content-Length: 12\r\n", "!Last-Modified", "!ETag"}},
      {get("/none", "", "HEAD"), "404 open", {"Content-Length: 12\r\n", "!nothing here"}},
      {get("/empty/"), "404 open"},
      {get("/ten.txt/"), "404 open"},
      {get("/ten.txt/x"), "404 open"},
      {get("/.git/config"), "404 open"},
      {get("/a%2fb"), "404 open"},
      {get("/a%00b"), "400 open"},
      {get("/a%zz"), "400 open"},
      {get("/../etc/passwd"), "400 open"},
      {get("/%2e%2e/etc/passwd"), "400 open"},
      // Methods
      {get("/ten.txt", "", "OPTIONS"), "204 open", {"Allow: GET, HEAD, OPTIONS\r\n", "!Content-Length"}},
      {get("*", "", "OPTIONS"), "204 open", {"Allow: "}},
      {get("/none", "", "OPTIONS"), "404 open"},
      {get("/sub", "", "OPTIONS"), "204 open"},
      // Echo
      {get("/echo", "Content-Length: 3\r\nContent-Type: text/x\r\n", "POST") + "abc",
       "200 open",
       {"Content-Type: text/x\r\n", "Content-Length: 3\r\n", "\r\n\r\nabc"}},
      {get("/echo?q", "Transfer-Encoding: chunked\r\n", "BREW") + "3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n",
       "200 open",
       {"Content-Type: application/octet-stream\r\n", "\r\n\r\nabcd"}},
      {get("/echo"), "200 open", {"Content-Length: 0\r\n"}},
      {get("/echo", "Content-Length: 3\r\n", "HEAD") + "abc", "200 open", {"Content-Length: 3\r\n", "!abc"}},
      {get("/echo", "", "OPTIONS"), "204 open", {"Allow: "}},
      {get("/echo", "", "TRACE"), "405 open", {"Allow: "}},
      {get("/echo", "Content-Length: 101\r\n", "POST"), "413 linger"},
      {get("/ten.txt", "", "DELETE"), "405 open", {"Allow: GET, HEAD, OPTIONS\r\n"}},
      {get("/ten.txt", "", "BREW"), "501 open"},
      {get("/ten.txt", "Content-Length: 3\r\n", "POST") + "abc" + get("/"), "405 200 open"},
      {get("/ten.txt", "Transfer-Encoding: chunked\r\n", "PUT") + "3\r\nabc\r\n0\r\n\r\n" + get("/"),
       "405 200 open"},
      {get("/ten.txt", "Content-Length: 3\r\n") + "abc" + get("/"), "200 200 open"},
      // Conditions
      {get("/ten.txt", "If-None-Match: " + kEtag + "\r\n"),
       "304 open",
       {"ETag: " + kEtag, "!Content-Length", "!Content-Type", "!Last-Modified", "!0123456789"}},
      {get("/ten.txt", "If-None-Match: W/" + kEtag + "\r\n"), "304 open"},
      {get("/ten.txt", "If-None-Match: \"x\", " + kEtag + "\r\n"), "304 open"},
      {get("/ten.txt", "If-None-Match: \"x\"\r\nIf-None-Match: " + kEtag + "\r\n"), "304 open"},
      {get("/ten.txt", "If-None-Match: *\r\n"), "304 open"},
      {get("/ten.txt", "If-None-Match: \"x\"\r\n" + kDate), "200 open"},
      {get("/ten.txt", kDate), "304 open"},
      {get("/ten.txt", "If-Modified-Since: Sun, 06 Nov 1994 08:36:39 GMT\r\n"), "200 open"},
      {get("/ten.txt", "If-Modified-Since: nonsense\r\n"), "200 open"},
      {get("/ten.txt", "If-Match: \"x\"\r\n"), "412 open"},
      {get("/ten.txt", "If-Match: " + kEtag + "\r\n"), "200 open"},
      {get("/ten.txt", "If-Match: W/" + kEtag + "\r\n"), "412 open"},
      {get("/ten.txt", "If-Unmodified-Since: Sun, 06 Nov 1994 08:36:39 GMT\r\n"), "412 open"},
      {get("/ten.txt", "If-Unmodified-Since: Sun, 06 Nov 1994 08:36:40 GMT\r\n"), "200 open"},
      {get("/none", "If-Match: *\r\n"), "404 open"},
      {get("/ten.txt", kDate + kDate), "200 open"},
      {get("/new.txt"), "200 open", {"ETag: ", "!Last-Modified"}},
      {get("/new.txt", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"), "200 open"},
      {get("/new.txt", "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n"), "412 open"},
      {get("/new.txt", "Range: bytes=0-0\r\n"), "206 open", {"ETag: ", "!Last-Modified"}},
      {get("/new.txt", "Range: bytes=0-0\r\nIf-Range: Sun, 06 Nov 1994 08:49:37 GMT\r\n"), "200 open"},
      // A file from the future was modified now, which says nothing about it (8.8.2.1).
      {get("/future.txt"), "200 open", {"ETag: ", "\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"}},
      {get("/future.txt", "Range: bytes=0-0\r\n"),
       "206 open",
       {"\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"}},
      {get("/future.txt", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"), "200 open"},
      // Ranges
      {get("/ten.txt", "Range: bytes=0-0\r\n"),
       "206 open",
       {"Content-Range: bytes 0-0/10\r\n", "Content-Length: 1\r\n",
        "ETag: ", "Last-Modified: ", "\r\n\r\n0"}},
      {get("/ten.txt", "Range: bytes=7-\r\n"), "206 open", {"bytes 7-9/10", "\r\n\r\n789"}},
      {get("/ten.txt", "Range: bytes=-3\r\n"), "206 open", {"bytes 7-9/10", "\r\n\r\n789"}},
      {get("/ten.txt", "Range: bytes=5-100\r\n"), "206 open", {"bytes 5-9/10"}},
      {get("/ten.txt", "Range: bytes=10-\r\n"), "416 open", {"Content-Range: bytes */10\r\n"}},
      {get("/ten.txt", "Range: octets=0-1\r\n"), "200 open"},
      {get("/ten.txt", "Range: bytes=3-1\r\n"), "200 open"},
      {get("/ten.txt", "Range: bytes=0-1\r\nRange: bytes=3-4\r\n"), "200 open"},
      {get("/ten.txt", "Range: bytes=0-0\r\n", "HEAD"), "200 open", {"Content-Length: 10\r\n"}},
      {get("/ten.txt", "Range: bytes=0-0\r\nIf-Range: " + kEtag + "\r\n"),
       "206 open",
       {"ETag: ", "!Last-Modified"}},
      {get("/ten.txt", "Range: bytes=0-0\r\nIf-Range: \"x\"\r\n"), "200 open"},
      {get("/ten.txt", "Range: bytes=0-0\r\nIf-Range: \"x\"\r\nIf-Range: " + kEtag + "\r\n"), "200 open"},
      {get("/ten.txt", "Range: bytes=0-1,5-6\r\nIf-Range: " + kEtag + "\r\n"),
       "206 open",
       {"ETag: ", "!Last-Modified"}},
      {get("/ten.txt", "Range: bytes=0-0\r\nIf-None-Match: " + kEtag + "\r\n"), "304 open"},
      {get("/ten.txt", "Range: bytes=0-1,5-6\r\n"),
       "206 open",
       {"Content-Type: multipart/byteranges; boundary=pollux-", "\r\n\r\n--pollux-",
        "Content-Range: bytes 0-1/10\r\n\r\n01\r\n--", "Content-Range: bytes 5-6/10\r\n\r\n56\r\n--"}},
      // Connections
      {get("/", "Connection: close\r\n") + get("/"), "200 close", {"Connection: close\r\n"}},
      {"GET / HTTP/1.0\r\n\r\n", "200 close", {"Connection: close\r\n"}},
      {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "200 open", {"Connection: keep-alive\r\n"}},
      {get("/") + get("/none") + get("/sub"), "200 404 301 open"},
      {get("/1") + get("/2") + get("/3") + get("/4") + get("/") + get("/"), "404 404 404 404 200 linger"},
      // Broken, or too much
      {"nonsense\r\n\r\n", "400 linger", {"Connection: close\r\n"}},
      {get("/") + "GET / HTTP/9.9\r\n\r\n", "200 505 linger"},
      {get("/" + std::string(200, 'x')), "414 linger"},
      {get("/", "X: " + std::string(600, 'x') + "\r\n"), "431 linger"},
      {get("/", "Content-Length: 101\r\n", "POST"), "413 linger"},
      {get("/", "Expect: 100-continue\r\nContent-Length: 3\r\n", "POST"), "405 linger", {"!100 Continue"}},
      {get("/", "Expect: magic\r\nContent-Length: 3\r\n", "POST"), "417 linger"},
      {get("/", "Expect: magic\r\n"), "417 open"},
      {get("/", "Expect: 100-continue\r\n"), "200 open", {"!100 Continue"}},
      {"GET / HTTP/1.0\r\nExpect: magic\r\n\r\n", "200 close"},
      {get("/echo", "Transfer-Encoding: chunked\r\n", "POST") + "1;" + std::string(600, 'x') + "\r\n",
       "400 linger"},
      {get("/echo", "Transfer-Encoding: chunked\r\n", "POST") + std::string(600, '0') + "\r\n", "400 linger"},
      {get("/echo", "Transfer-Encoding: chunked\r\n", "POST") + std::string(500, '0') + "1\r\nx\r\n0\r\n\r\n",
       "200 open"},
  };
}

TEST_F(Http1SessionTest, AnswersWholeAndInPieces) {
  for (const SessionCase& c : cases()) {
    for (const std::size_t step : {c.octets.size(), std::size_t{1}, std::size_t{7}}) {
      const Answer answer = talk(c.octets, step);
      ASSERT_EQ(codes(answer.octets, answer.step), c.codes)
          << step << " at once: " << c.octets << answer.octets;
      for (const std::string& part : c.holds) {
        const bool wanted = part[0] != '!';
        ASSERT_EQ(answer.octets.find(wanted ? part : part.substr(1)) != std::string::npos, wanted)
            << part << "\n"
            << c.octets << answer.octets;
      }
    }
  }
}

TEST_F(Http1SessionTest, ATrustedProxyIsBelievedWhoItsClientIs) {
  const std::string made_up = "X-Forwarded-For: 198.51.100.1, 192.0.2.7\r\nX-Forwarded-Proto: https\r\n";
  const struct {
    std::string peer;
    std::string fields;
    std::string seen;
  } rows[] = {
      {"10.0.0.1", made_up, "TLS 192.0.2.7"},
      {"10.0.0.1", "X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-For: 192.0.2.7, 10.1.1.1\r\n", "192.0.2.7"},
      {"10.0.0.1", "X-Forwarded-Proto: http\r\n", "10.0.0.1"},
      {"127.0.0.1", made_up, "127.0.0.1"},
  };
  for (const auto& row : rows) {
    log_.clear();
    const std::string octets =
        get("/wait", row.fields) + get("/wait", row.fields + "Content-Length: 1\r\n", "POST") + "x";
    for (const std::size_t step : {octets.size(), std::size_t{1}}) {
      const std::string answers = talk(octets, step, false, row.peer).octets;
      EXPECT_NE(answers.find("\r\n\r\n" + row.seen + " /wait h "), std::string::npos) << answers;
      EXPECT_NE(answers.find("\r\n\r\n" + row.seen + " /wait h x"), std::string::npos) << answers;
    }
    const std::string address = row.seen.substr(row.seen.rfind(' ') + 1);
    EXPECT_TRUE(log_.starts_with(address + " - - ")) << log_;
  }
}

TEST_F(Http1SessionTest, AHalfClosedClientGetsItsAnswersAndThenTheEnd) {
  const Answer answer = talk(get("/") + get("/sub/"), 1000, true);
  EXPECT_EQ(codes(answer.octets, answer.step), "200 200 close");
  EXPECT_EQ(codes(talk("GET / HT", 1000, true).octets, {net::Protocol::Next::kClose}), "close");
}

TEST_F(Http1SessionTest, WhileDrainingEveryAnswerIsTheLast) {
  draining_ = true;
  const Answer answer = talk(get("/") + get("/"), 1000);
  EXPECT_EQ(codes(answer.octets, answer.step), "200 linger");
  EXPECT_NE(answer.octets.find("Connection: close\r\n"), std::string::npos);
}

TEST_F(Http1SessionTest, NamesThePhaseItWaitsIn) {
  using net::Phase;
  const struct {
    std::string octets;
    Phase phase;
  } rows[] = {
      {"G", Phase::kHeader},
      {"GET / HTTP/1.1\r\n", Phase::kHeader},
      {get("/"), Phase::kKeepAlive},
      {get("/") + "G", Phase::kHeader},
      {get("/", "Content-Length: 5\r\n", "POST") + "ab", Phase::kBody},
  };
  for (const auto& row : rows)
    EXPECT_EQ(talk(row.octets, row.octets.size()).step.phase, row.phase) << row.octets;
}

TEST_F(Http1SessionTest, LastWords) {
  using Trouble = net::Protocol::Trouble;
  Http1Session session(service_, "127.0.0.1");
  Buffer in;
  OutputQueue out;
  session.on_trouble({in, out, false, kNow}, Trouble::kDeadline);
  EXPECT_TRUE(out.empty()) << "to a client that said nothing there is nothing to say";
  in.append("GET / HT");
  (void)session.on_input({in, out, false, kNow});
  session.on_trouble({in, out, false, kNow}, Trouble::kDeadline);
  EXPECT_TRUE(test::take_all(out).starts_with("HTTP/1.1 408 Request Timeout\r\n"));
  session.on_trouble({in, out, false, kNow}, Trouble::kOverload);
  const std::string refusal = test::take_all(out);
  EXPECT_TRUE(refusal.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_NE(refusal.find("Retry-After: 1\r\n"), std::string::npos);
  session.on_trouble({in, out, false, kNow}, Trouble::kNotEncrypted);
  EXPECT_TRUE(test::take_all(out).starts_with("HTTP/1.1 400 Bad Request\r\n"));
}

// A body may have a password in it.
TEST_F(Http1SessionTest, LastWordsInTheMidstOfABodyLogTheRequestAlone) {
  using Trouble = net::Protocol::Trouble;
  for (const Trouble trouble : {Trouble::kOverload, Trouble::kDeadline}) {
    log_.clear();
    Http1Session session(service_, "127.0.0.1");
    Buffer in;
    OutputQueue out;
    in.append(get("/", "Content-Length: 30\r\n", "POST"));
    (void)session.on_input({in, out, false, kNow});
    in.append("password=orange");
    session.on_trouble({in, out, false, kNow}, trouble);
    const std::string answer = test::take_all(out);
    session.on_close(answer.size());
    EXPECT_NE(log_.find("\"POST / HTTP/1.1\""), std::string::npos) << log_;
    EXPECT_EQ(log_.find("orange"), std::string::npos) << log_;
  }
}

TEST_F(Http1SessionTest, LogsOneLineForEachRequestAndEscapesIt) {
  (void)talk(get("/ten.txt", "Referer: \"x\r\nUser-Agent: a\\b\r\n") + get("/none") + "BAD\x01\r\n\r\n",
             1000);
  const std::regex expected(
      R"(127\.0\.0\.1 - - \[06/Nov/1994:[^\]]*\] "GET /ten\.txt HTTP/1\.1" 200 10 "\\x22x" "a\\x5cb"\n)"
      R"(127\.0\.0\.1 - - \[[^\]]*\] "GET /none HTTP/1\.1" 404 12 "-" "-"\n)"
      R"(127\.0\.0\.1 - - \[[^\]]*\] "BAD\\x01" 400 \d+ "-" "-"\n)");
  EXPECT_TRUE(std::regex_match(log_, expected)) << log_;
}

TEST_F(Http1SessionTest, LogsTheOctetsThatWereReallySent) {
  Http1Session session(service_, "::1");
  Buffer in;
  OutputQueue out;
  in.append(get("/ten.txt"));
  (void)session.on_input({in, out, false, kNow});
  out.consume(out.size() - 4);  // All but the last four octets of the body reached the client.
  session.on_close(out.consumed());
  EXPECT_NE(log_.find("\" 200 6 "), std::string::npos) << log_;
}

// A connection with empty buffers may be trimmed at any moment; what it has been through must not be
// forgotten.
TEST_F(Http1SessionTest, EmptyLinesAreCountedAcrossATrim) {
  Http1Session session(service_, "");
  Buffer in;
  OutputQueue out;
  int lines = 0;
  while (out.empty() && lines < 100) {
    in.append("\r\n");
    ++lines;
    (void)session.on_input({in, out, false, kNow});
    if (in.empty()) session.trim();
  }
  EXPECT_TRUE(test::take_all(out).starts_with("HTTP/1.1 400 Bad Request\r\n")) << "after " << lines;
}

// Whether its body is expected or not: who sends one that is not wanted gets the final answer instead of 100.
TEST_F(Http1SessionTest, WhatIsKeptIsAnsweredLater) {
  struct Row {
    const char* method;
    const char* before;  // The answer to the head,
    const char* after;   // and how it ends.
  };
  for (const Row& row :
       {Row{"GET", "", "200 linger"}, Row{"POST", "HTTP/1.1 100 Continue\r\n\r\n", "200 open"}}) {
    Http1Session session(service_, "192.0.2.1");
    Buffer in;
    OutputQueue out;
    in.append(get("/wait", "Content-Length: 3\r\nExpect: 100-continue\r\n", row.method));
    net::Protocol::Step step = session.on_input({in, out, false, kNow});
    EXPECT_EQ(test::take_all(out), row.before);
    in.append("abc");
    if (step.next == net::Protocol::Next::kContinue) step = session.on_input({in, out, false, kNow});
    EXPECT_EQ(step.next, net::Protocol::Next::kWait) << row.method;
    EXPECT_EQ(step.phase, net::Phase::kHandling);
    EXPECT_EQ(session.on_input({in, out, false, kNow}).next, net::Protocol::Next::kWait)
        << "not answered yet";
    keeping_.answer();
    step = session.on_input({in, out, false, kNow});
    EXPECT_EQ(codes(test::take_all(out), step), row.after);
    session.on_close(out.consumed());
  }
}

// What a client gets that may make two requests in ten seconds.
TEST_F(Http1SessionTest, RequestsBeyondTheRateOfTheirClient) {
  const std::string ten = get("/ten.txt", "");
  const std::string post = get("/echo", "Content-Length: 3\r\n", "POST") + "abc";
  const std::string expecting = get("/echo", "Content-Length: 3\r\nExpect: 100-continue\r\n", "POST");
  const SessionCase cases[] = {
      {ten + ten, "200 200 open", {"!Retry-After"}},
      {ten + ten + ten + ten, "200 200 429 429 open", {"\r\nRetry-After: 5\r\n", "!Connection: close"}},
      {ten + ten + get("/ten.txt", "", "HEAD"), "200 200 429 open"},
      {ten + ten + get("/ten.txt", "Connection: close\r\n"), "200 200 429 close", {"Connection: close"}},
      {ten + ten + "GET /ten.txt HTTP/1.0\r\n\r\n", "200 200 429 close"},
      {ten + post, "200 200 open"},
      {post + post, "200 200 open", {"abc"}},
      {ten + ten + post + ten, "200 200 429 linger", {"\r\nRetry-After: 5\r\n", "Connection: close", "!abc"}},
      {ten + ten + expecting, "200 200 429 linger", {"!100 Continue"}},
      {ten + get("/none", "") + ten, "200 404 429 open"},
      {ten + get("/wait", "") + ten, "200 200 429 open"},
      {ten + ten + get("/ten.txt", "Expect: nonsense\r\n"), "200 200 429 open"},
  };
  for (const SessionCase& row : cases) {
    for (const std::size_t step : {std::size_t{1}, row.octets.size()}) {
      RateLimit limit({.requests = 2, .period = std::chrono::seconds(10)});
      service_.rate_limit = &limit;
      const std::uint64_t before = metrics::read_metrics()[metrics::Counter::kRateLimited];
      const Answer answer = talk(row.octets, step);
      const std::string said = codes(answer.octets, answer.step);
      EXPECT_EQ(said, row.codes) << row.octets;
      const std::uint64_t counted = metrics::read_metrics()[metrics::Counter::kRateLimited] - before;
      EXPECT_EQ(counted, said.find("429") == std::string::npos       ? 0
                         : said.find("429 429") == std::string::npos ? 1
                                                                     : 2);
      for (const std::string& part : row.holds) {
        const bool wanted = !part.starts_with('!');
        EXPECT_EQ(answer.octets.find(part.substr(wanted ? 0 : 1)) != std::string::npos, wanted)
            << part << " in " << answer.octets;
      }
    }
  }
}

TEST_F(Http1SessionTest, TheClientOfATrustedProxyHasARateOfItsOwn) {
  RateLimit limit({.requests = 1, .period = std::chrono::seconds(10)});
  service_.rate_limit = &limit;
  const struct {
    std::string peer;
    std::string forwarded_for;
    std::string codes;
  } rows[] = {
      {"10.0.0.1", "192.0.2.1", "200 open"}, {"10.0.0.2", "192.0.2.1", "429 open"},
      {"10.0.0.1", "192.0.2.2", "200 open"}, {"192.0.2.2", "", "429 open"},
      {"192.0.2.3", "", "200 open"},         {"192.0.2.3", "192.0.2.4", "429 open"},
  };
  for (const auto& row : rows) {
    const std::string field =
        row.forwarded_for.empty() ? "" : "X-Forwarded-For: " + row.forwarded_for + "\r\n";
    const Answer answer = talk(get("/ten.txt", field), 1000, false, row.peer);
    EXPECT_EQ(codes(answer.octets, answer.step), row.codes) << row.peer << " for " << row.forwarded_for;
  }
}

// A body beyond what its handler takes is refused at the head, before the client is told to send it.
TEST_F(Http1SessionTest, ABodyThatItsHandlerDoesNotTakeIsRefusedBeforeItComes) {
  Http1Session session(service_, "");
  Buffer in;
  OutputQueue out;
  in.append(get("/wait", "Content-Length: 51\r\nExpect: 100-continue\r\n", "POST"));
  const net::Protocol::Step step = session.on_input({in, out, false, kNow});
  EXPECT_EQ(codes(test::take_all(out), step), "413 linger");
}

// The octets a kept request points to are its own: the session may read on, or go.
TEST_F(Http1SessionTest, AKeptRequestOutlivesItsInputAndItsSession) {
  auto session = std::make_unique<Http1Session>(service_, "192.0.2.1");
  auto in = std::make_unique<Buffer>();
  OutputQueue out;
  in->append(get("/wait?a=b", "") + get("/ten.txt", ""));
  EXPECT_EQ(session->on_input({*in, out, false, kNow}).next, net::Protocol::Next::kWait);
  EXPECT_TRUE(out.empty()) << "answers keep their order";
  in->append(std::string(100'000, 'x'));
  in.reset();
  session->on_close(0);
  session.reset();
  const Request& request = keeping_.kept.front().request();
  EXPECT_EQ(request.target, "/wait?a=b");
  EXPECT_EQ(request.uri.query, "a=b");
  EXPECT_EQ(request.peer, "192.0.2.1");
  EXPECT_EQ(request.fields->find(FieldId::kHost), "h");
  keeping_.answer();  // Harmless.
}

TEST_F(Http1SessionTest, AKeptRequestThatIsDroppedIsA500AndTheEnd) {
  Http1Session session(service_, "");
  Buffer in;
  OutputQueue out;
  in.append(get("/wait", ""));
  EXPECT_EQ(session.on_input({in, out, false, kNow}).next, net::Protocol::Next::kWait);
  keeping_.kept.clear();  // Whoever had it.
  const net::Protocol::Step step = session.on_input({in, out, false, kNow});
  EXPECT_EQ(codes(test::take_all(out), step), "500 linger");
}

TEST_F(Http1SessionTest, AnOverloadOfWhatIsKeptIsLoggedWithItsRequest) {
  Http1Session session(service_, "");
  Buffer in;
  OutputQueue out;
  in.append(get("/wait", "", "HEAD"));
  EXPECT_EQ(session.on_input({in, out, false, kNow}).next, net::Protocol::Next::kWait);
  session.on_trouble({in, out, false, kNow}, net::Protocol::Trouble::kOverload);
  const std::string answer = test::take_all(out);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
  EXPECT_NE(answer.find("\r\nRetry-After: 1\r\n"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << "no body for HEAD: " << answer;
  session.on_close(out.consumed());
  EXPECT_NE(log_.find("\"HEAD /wait HTTP/1.1\" 503 "), std::string::npos) << log_;
}

// What a handler has done must not be denied because there is no worker to write its answer.
TEST_F(Http1SessionTest, AnOverloadDoesNotReplaceAnAnswerThatIsThere) {
  Http1Session session(service_, "");
  Buffer in;
  OutputQueue out;
  in.append(get("/wait", ""));
  EXPECT_EQ(session.on_input({in, out, false, kNow}).next, net::Protocol::Next::kWait);
  keeping_.answer();
  session.on_trouble({in, out, false, kNow}, net::Protocol::Trouble::kOverload);
  const std::string answer = test::take_all(out);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
  EXPECT_NE(answer.find("\r\nConnection: close\r\n"), std::string::npos) << answer;
}

// A source is asked for more when there is room, and its pieces are chunks, or end with the connection.
TEST_F(Http1SessionTest, ABodyMadeWhileItIsSent) {
  const std::string whole = std::string(600'000, 'a') + std::string(600'000, 'b') + std::string(600'000, 'c');
  const Answer chunked = talk(get("/produced", "") + get("/ten.txt", ""), 1000);
  EXPECT_NE(chunked.octets.find("\r\nTransfer-Encoding: chunked\r\n"), std::string::npos);
  EXPECT_NE(chunked.octets.find("\r\n\r\n927c0\r\naaa"), std::string::npos);
  EXPECT_NE(chunked.octets.find("ccc\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n"), std::string::npos) << "then the next";
  EXPECT_NE(log_.find("\"GET /produced HTTP/1.1\" 200 1800"), std::string::npos) << log_;

  const Answer old = talk("GET /produced HTTP/1.0\r\n\r\n", 1000);
  EXPECT_TRUE(old.octets.ends_with("\r\nConnection: close\r\n\r\n" + whole));
  EXPECT_EQ(old.step.next, net::Protocol::Next::kClose);

  const Answer head = talk(get("/produced", "", "HEAD") + get("/ten.txt", ""), 1000);
  EXPECT_EQ(codes(head.octets, head.step), "200 200 open");

  const Answer broken = talk(get("/breaks", ""), 1000);
  EXPECT_EQ(broken.step.next, net::Protocol::Next::kClose);
  EXPECT_EQ(broken.octets.find("0\r\n\r\n"), std::string::npos) << "no end is pretended";
}

TEST_F(Http1SessionTest, AHandlersExceptionIsA500AndTheEnd) {
  const Router router(failing_);
  const Hosts hosts(
      {.router = router, .errors = errors_, .navigation = navigation_, .access_log = &access_log_});
  const Service service{.hosts = hosts,
                        .limits = {},
                        .body_pace = {},
                        .proxies = proxies_,
                        .secure_fields = {},
                        .draining = draining_};
  Http1Session session(service, "");
  Buffer in;
  OutputQueue out;
  in.append(get("/"));
  EXPECT_EQ(session.on_input({in, out, false, kNow}).next, net::Protocol::Next::kLinger);
  EXPECT_TRUE(test::take_all(out).starts_with("HTTP/1.1 500 Internal Server Error\r\n"));
  session.on_close(out.consumed());
  EXPECT_NE(log_.find("\" 500 "), std::string::npos) << log_;
}

}  // namespace
}  // namespace pollux::http
