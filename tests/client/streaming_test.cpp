// Bodies that are not held: sources, sinks, backpressure, and content codings on the way.
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <semaphore>

#include "client/http_client.h"
#include "compress/compress.h"
#include "http2_peer.h"
#include "words.h"

namespace pollux::client {
namespace {

// Takes `wanted` octets and pauses, until it is told to take more.
class Gauge final : public BodySink {
 public:
  explicit Gauge(std::size_t wanted) : wanted_(wanted) {}

  void on_head(const Response& head) override {
    const std::lock_guard lock(mutex_);
    status_ = head.status;
  }
  Flow on_content(std::string_view octets) override {
    const std::lock_guard lock(mutex_);
    content_.append(octets);
    changed_.notify_all();
    return content_.size() < wanted_ ? Flow::kMore : Flow::kPause;
  }
  std::size_t wait_for_pause() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return content_.size() >= wanted_; });
    return content_.size();
  }
  void want(std::size_t octets) {
    const std::lock_guard lock(mutex_);
    wanted_ = octets;
  }
  std::string content() {
    const std::lock_guard lock(mutex_);
    return content_;
  }
  int status() {
    const std::lock_guard lock(mutex_);
    return status_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t wanted_;
  std::string content_;
  int status_ = 0;
};

class Refusing final : public BodySink {
 public:
  Flow on_content(std::string_view /*octets*/) override { return Flow::kStop; }
};

// Gives pieces in turn; "" is a pause.
class Pieces final : public BodySource {
 public:
  explicit Pieces(std::vector<std::string> pieces, std::optional<std::uint64_t> length = {})
      : pieces_(std::move(pieces)), length_(length) {}

  Read read(std::span<char> room) override {
    if (next_ == pieces_.size()) return {.octets = 0, .state = State::kEnd};
    std::string& piece = pieces_[next_];
    if (piece.empty()) {
      ++next_;
      pauses_.release();
      return {.octets = 0, .state = State::kWait};
    }
    const std::size_t count = std::min(room.size(), piece.size());
    std::copy_n(piece.data(), count, room.data());
    piece.erase(0, count);
    if (piece.empty()) ++next_;
    return {.octets = count, .state = State::kMore};
  }
  std::optional<std::uint64_t> length() const override { return length_; }
  void wait_for_pause() { pauses_.acquire(); }

 private:
  std::vector<std::string> pieces_;
  std::size_t next_ = 0;
  const std::optional<std::uint64_t> length_;
  std::counting_semaphore<> pauses_{0};
};

class Failing final : public BodySource {
 public:
  Read read(std::span<char> /*room*/) override { return {.octets = 0, .state = State::kFailed}; }
};

ClientOptions plain_http2() {
  ClientOptions options;
  options.http2_plain = true;
  return options;
}

// --- Responses -------------------------------------------------------------------------------------------

TEST(Streaming, APausedSinkStopsTheServer) {
  constexpr std::size_t kLength = 64 << 20;  // More than all buffers on the way hold.
  std::atomic<std::size_t> written{0};
  std::promise<void> blocked;
  TestServer server([&](Peer& peer) {
    (void)peer.read_head();
    (void)peer.write("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(kLength) + "\r\n\r\n");
    const std::string piece(64 << 10, 'x');
    bool told = false;
    while (written < kLength) {
      pollfd room{.fd = peer.fd(), .events = POLLOUT, .revents = 0};
      constexpr int kStalled = 300;  // Milliseconds: a reader that reads makes room far sooner.
      if (!told && ::poll(&room, 1, kStalled) == 0) {
        told = true;
        blocked.set_value();
      }
      if (!peer.write(piece)) return;
      written += piece.size();
    }
  });
  ClientOptions options;
  options.limits.body = 1000;  // Of bodies that are held.
  HttpClient client(options);
  const auto sink = std::make_shared<Gauge>(100'000);
  std::promise<std::string> ended;
  const auto ticket = client.send({.url = server.url(), .sink = sink},
                                  [&](const Outcome& outcome) { ended.set_value(in_words(outcome)); });
  const std::size_t taken = sink->wait_for_pause();
  blocked.get_future().wait();
  EXPECT_EQ(sink->content().size(), taken);
  EXPECT_LT(taken, 300'000U);
  EXPECT_LT(written, kLength / 2);
  sink->want(kLength + 1);
  client.resume(ticket);
  EXPECT_EQ(ended.get_future().get(), "200 ");
  EXPECT_EQ(sink->content().size(), kLength);
  EXPECT_EQ(sink->status(), 200);
}

TEST(Streaming, APausedStreamKeepsItsWindowShutAndOthersGoOn) {
  std::promise<void> window;
  TestServer server([&](Peer& socket) {
    Http2Peer peer(socket);
    const int slow = peer.next_request();
    std::size_t sent = 0;
    (void)peer.write(frames::head(slow, 200));
    for (; sent < (1U << 20U); sent += 1U << 14U)
      (void)peer.write(frames::data(slow, std::string(1U << 14U, 'x')));
    const int quick = peer.next_request();
    (void)peer.write(frames::hello(quick));
    for (auto frame = peer.next_of_any(); frame; frame = peer.next_of_any()) {
      if (frame->type == NGHTTP2_WINDOW_UPDATE && frame->stream == slow) break;
    }
    window.set_value();
    (void)peer.write(frames::data(slow, "end", frames::kEnds));
    peer.wait_for_end();
  });
  HttpClient client(plain_http2());
  const auto sink = std::make_shared<Gauge>(100'000);
  std::promise<std::string> ended;
  const auto ticket = client.send({.url = server.url(), .sink = sink},
                                  [&](const Outcome& outcome) { ended.set_value(in_words(outcome)); });
  const std::size_t taken = sink->wait_for_pause();
  EXPECT_EQ(in_words(client.send(get(server.url())).get()), "200 hello");
  EXPECT_EQ(sink->content().size(), taken);
  auto updated = window.get_future();
  EXPECT_EQ(updated.wait_for(milliseconds(0)), std::future_status::timeout);
  sink->want(SIZE_MAX);
  client.resume(ticket);
  updated.get();
  EXPECT_EQ(ended.get_future().get(), "200 ");
  EXPECT_EQ(sink->content().size(), (1U << 20U) + 3);
}

TEST(Streaming, AResponseThatIsWholeOutlivesItsConnection) {
  TestServer server([&](Peer& peer) {
    (void)peer.read_head();
    (void)peer.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  });
  HttpClient client;
  const auto sink = std::make_shared<Gauge>(1);
  std::promise<std::string> ended;
  const auto ticket = client.send({.url = server.url(), .sink = sink},
                                  [&](const Outcome& outcome) { ended.set_value(in_words(outcome)); });
  (void)sink->wait_for_pause();
  client.resume(ticket);
  EXPECT_EQ(ended.get_future().get(), "200 ");
  EXPECT_EQ(sink->content(), "hello");
}

TEST(Streaming, ASinkEndsItsRequest) {
  TestServer server([&](Peer& peer) {
    (void)peer.read_head();
    (void)peer.write("HTTP/1.1 200 OK\r\n\r\nhello");
    peer.wait_for_end();
  });
  HttpClient client;
  EXPECT_EQ(in_words(client.send({.url = server.url(), .sink = std::make_shared<Refusing>()}).get()),
            "receive: cancelled");
}

TEST(Streaming, CancelEndsAPausedRequest) {
  TestServer server([&](Peer& peer) {
    (void)peer.read_head();
    (void)peer.write("HTTP/1.1 200 OK\r\n\r\nhello");
    peer.wait_for_end();
  });
  HttpClient client;
  const auto sink = std::make_shared<Gauge>(1);
  std::promise<std::string> ended;
  const auto ticket = client.send({.url = server.url(), .sink = sink},
                                  [&](const Outcome& outcome) { ended.set_value(in_words(outcome)); });
  (void)sink->wait_for_pause();
  client.cancel(ticket);
  EXPECT_EQ(ended.get_future().get(), "receive: cancelled");
}

TEST(Streaming, APausedRequestHasADeadlineAsAWhole) {
  TestServer server([&](Peer& peer) {
    (void)peer.read_head();
    (void)peer.write("HTTP/1.1 200 OK\r\n\r\nhello");
    peer.wait_for_end();
  });
  ClientOptions options;
  options.timeouts.total = milliseconds(400);
  HttpClient client(options);
  EXPECT_EQ(in_words(client.send({.url = server.url(), .sink = std::make_shared<Gauge>(1)}).get()),
            "receive: timeout");
}

// --- Requests --------------------------------------------------------------------------------------------

TEST(Streaming, ASourceIsSentInChunks) {
  std::promise<std::string> seen;
  TestServer server([&](Peer& peer) {
    std::string text = peer.read_head();
    while (!text.ends_with("0\r\n\r\n")) text += peer.read();
    seen.set_value(text);
    (void)peer.write(kHello);
  });
  HttpClient client;
  const auto source = std::make_shared<Pieces>(std::vector<std::string>{"one", "", "twelve octets"});
  std::promise<std::string> ended;
  const auto ticket = client.send({.method = "PUT", .url = server.url(), .source = source},
                                  [&](const Outcome& outcome) { ended.set_value(in_words(outcome)); });
  source->wait_for_pause();
  client.resume(ticket);
  EXPECT_EQ(ended.get_future().get(), "200 hello");
  EXPECT_EQ(seen.get_future().get(),
            "PUT / HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                "\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\nd\r\ntwelve octets"
                "\r\n0\r\n\r\n");
}

TEST(Streaming, ASourceOfKnownLengthIsAnnounced) {
  std::promise<std::string> seen;
  TestServer server([&](Peer& peer) {
    std::string text = peer.read_head();
    while (!text.ends_with("hello")) text += peer.read();
    seen.set_value(text);
    (void)peer.write(kHello);
  });
  HttpClient client;
  const auto source = std::make_shared<Pieces>(std::vector<std::string>{"hel", "lo"}, 5);
  EXPECT_EQ(in_words(client.send({.method = "PUT", .url = server.url(), .source = source}).get()),
            "200 hello");
  EXPECT_TRUE(seen.get_future().get().ends_with("\r\nContent-Length: 5\r\n\r\nhello"));
}

TEST(Streaming, ASourceThatDoesNotKeepItsWordEndsTheRequest) {
  const auto pieces = [](std::optional<std::uint64_t> length) {
    return std::make_shared<Pieces>(std::vector<std::string>{"hello"}, length);
  };
  const std::shared_ptr<BodySource> sources[] = {pieces(4), pieces(6), std::make_shared<Failing>()};
  for (const bool http2 : {false, true}) {
    for (std::size_t i = 0; i < std::size(sources); ++i) {
      TestServer server([&](Peer& peer) { peer.wait_for_end(); });
      HttpClient client(http2 ? plain_http2() : ClientOptions());
      const auto source = i == 0 ? pieces(4) : i == 1 ? pieces(6) : sources[i];
      EXPECT_EQ(in_words(client.send({.method = "PUT", .url = server.url(), .source = source}).get()),
                "send: invalid")
          << http2 << i;
    }
  }
}

TEST(Streaming, ASourceOverHttp2Pauses) {
  std::promise<std::string> seen;
  TestServer server([&](Peer& socket) {
    Http2Peer peer(socket);
    std::string body;
    int stream = 0;
    for (auto frame = peer.next(); frame; frame = peer.next()) {
      stream = frame->stream;
      if (frame->type == NGHTTP2_DATA) body += frame->payload;
      if ((frame->flags & NGHTTP2_FLAG_END_STREAM) != 0) break;
    }
    seen.set_value(body);
    (void)peer.write(frames::hello(stream));
    peer.wait_for_end();
  });
  HttpClient client(plain_http2());
  const auto source = std::make_shared<Pieces>(std::vector<std::string>{"one ", "", "two"});
  std::promise<std::string> ended;
  const auto ticket = client.send({.method = "PUT", .url = server.url(), .source = source},
                                  [&](const Outcome& outcome) { ended.set_value(in_words(outcome)); });
  source->wait_for_pause();
  client.resume(ticket);
  EXPECT_EQ(ended.get_future().get(), "200 hello");
  EXPECT_EQ(seen.get_future().get(), "one two");
}

TEST(Streaming, ASourceIsNotSentTwice) {
  TestServer server([&](Peer& peer) {
    std::string text = peer.read_head();
    while (!text.ends_with("0\r\n\r\n")) text += peer.read();
    (void)peer.write("HTTP/1.1 307 Moved\r\nContent-Length: 0\r\nLocation: /there\r\n\r\n");
    peer.wait_for_end();
  });
  HttpClient client;
  const auto source = std::make_shared<Pieces>(std::vector<std::string>{"one"});
  EXPECT_EQ(in_words(client.send({.method = "PUT", .url = server.url(), .source = source}).get()),
            "redirect: invalid");
}

// --- Content codings -------------------------------------------------------------------------------------

ClientOptions decoding(std::size_t max_body = 100'000) {
  ClientOptions options;
  options.decode = true;
  options.limits.body = max_body;
  return options;
}

TestServer::Handler coded(std::string name, std::string body) {
  return [name = std::move(name), body = std::move(body)](Peer& peer) {
    while (peer.read_head().find("\r\nAccept-Encoding: br, zstd, gzip\r\n") != std::string::npos) {
      (void)peer.write("HTTP/1.1 200 OK\r\nContent-Encoding: " + name +
                       "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    }
  };
}

TEST(Decoding, IsDoneWhereItWasAskedFor) {
  const std::string text(50'000, 'x');
  for (const auto coding : {compress::Coding::kBrotli, compress::Coding::kZstd, compress::Coding::kGzip}) {
    TestServer server(coded(std::string(name_of(coding)), *compress::compress_once(coding, text)));
    HttpClient client(decoding());
    const Outcome outcome = client.send(server.url()).get();
    ASSERT_EQ(in_words(outcome), "200 " + text);
    EXPECT_EQ(outcome.response().find("Content-Encoding"), nullptr);
    EXPECT_EQ(outcome.response().find("Content-Length"), nullptr);
  }
}

TEST(Decoding, ABombIsStoppedAtTheLimit) {
  const std::string bomb(8 << 20, '\0');
  for (const auto coding : {compress::Coding::kBrotli, compress::Coding::kZstd, compress::Coding::kGzip}) {
    TestServer server(coded(std::string(name_of(coding)), *compress::compress_once(coding, bomb)));
    HttpClient client(decoding());
    EXPECT_EQ(in_words(client.send(server.url()).get()), "receive: too large") << name_of(coding);
  }
}

// What is kept while a sink pauses is what came, not what it would become.
TEST(Decoding, ABombDoesNotRunOverAPausedSink) {
  const std::string bomb(8 << 20, '\0');
  TestServer server(coded("gzip", *compress::compress_once(compress::Coding::kGzip, bomb)));
  HttpClient client(decoding());
  const auto sink = std::make_shared<Gauge>(1);
  std::promise<std::string> ended;
  const auto ticket = client.send({.url = server.url(), .sink = sink},
                                  [&](const Outcome& outcome) { ended.set_value(in_words(outcome)); });
  EXPECT_LE(sink->wait_for_pause(), 16U * 1024);
  sink->want(SIZE_MAX);
  client.resume(ticket);
  EXPECT_EQ(ended.get_future().get(), "200 ");
  EXPECT_EQ(sink->content().size(), bomb.size());
}

TEST(Decoding, WhatIsNotWholeIsAnError) {
  const std::string whole = *compress::compress_once(compress::Coding::kGzip, std::string(50'000, 'x'));
  struct Case {
    std::string body;
    const char* expected;
  };
  const Case cases[] = {{whole.substr(0, whole.size() - 1), "receive: protocol"},
                        {whole + "x", "receive: protocol"},
                        {"not gzip", "receive: protocol"},
                        {"", "200 "}};
  for (const auto& [body, expected] : cases) {
    TestServer server(coded("gzip", body));
    HttpClient client(decoding());
    EXPECT_EQ(in_words(client.send(server.url()).get()), expected);
  }
}

TEST(Decoding, CodingsThatAreNotKnownAreLeft) {
  TestServer server(coded("compress", "hello"));
  HttpClient client(decoding());
  const Outcome outcome = client.send(server.url()).get();
  ASSERT_EQ(in_words(outcome), "200 hello");
  EXPECT_NE(outcome.response().find("Content-Encoding"), nullptr);
}

}  // namespace
}  // namespace pollux::client
