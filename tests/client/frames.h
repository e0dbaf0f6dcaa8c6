// Frames of HTTP/2 as octets, written by hand and taken apart again: what a client has sent, and what a
// server says to it. (RFC 9113 4.1)
#pragma once

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pollux::frames {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// `value` in so many octets, the most significant first.
inline std::string big_endian(std::uint64_t value, int octets) {
  std::string text;
  for (int i = octets - 1; i >= 0; --i)
    text += static_cast<char>(value >> (8 * static_cast<unsigned>(i)) & 255U);
  return text;
}

inline std::string frame(int type, int flags, int stream, std::string_view payload) {
  return big_endian(payload.size(), 3) + static_cast<char>(type) + static_cast<char>(flags) +
         big_endian(static_cast<std::uint64_t>(stream), 4) + std::string(payload);
}

constexpr int kEnds = NGHTTP2_FLAG_END_STREAM;

inline std::string settings(std::initializer_list<std::pair<int, std::uint32_t>> entries = {}) {
  std::string payload;
  for (const auto& [name, value] : entries)
    payload += big_endian(static_cast<std::uint64_t>(name), 2) + big_endian(value, 4);
  return frame(NGHTTP2_SETTINGS, 0, 0, payload);
}
// What a server begins with, and that it has heard our settings: before that they do not hold.
inline std::string beginning() { return settings() + frame(NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0, ""); }
// Without a field of the table: 200 is 0x88; others, and fields, are literals (RFC 7541 6.2.2).
inline std::string literal(std::string_view name, std::string_view value) {
  return '\0' + big_endian(name.size(), 1) + std::string(name) + big_endian(value.size(), 1) +
         std::string(value);
}
inline std::string head(int stream, int status, int flags = 0, std::string_view fields = {}) {
  return frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | flags, stream,
               literal(":status", std::to_string(status)) + std::string(fields));
}
inline std::string data(int stream, std::string_view octets, int flags = 0) {
  return frame(NGHTTP2_DATA, flags, stream, octets);
}
inline std::string hello(int stream) { return head(stream, 200) + data(stream, "hello", kEnds); }
inline std::string rst_stream(int stream, std::uint32_t error) {
  return frame(NGHTTP2_RST_STREAM, 0, stream, big_endian(error, 4));
}
inline std::string goaway(int last, std::uint32_t error) {
  return frame(NGHTTP2_GOAWAY, 0, 0, big_endian(static_cast<std::uint64_t>(last), 4) + big_endian(error, 4));
}

struct SentFrame {
  int type = 0;
  int flags = 0;
  int stream = 0;
  std::string payload;
};

// The preface left out. REQUIRES: whole frames.
inline std::vector<SentFrame> frames_of(std::string_view octets) {
  if (octets.starts_with(kPreface)) octets.remove_prefix(kPreface.size());
  std::vector<SentFrame> frames;
  const auto at = [&](std::size_t i) {
    return static_cast<std::size_t>(static_cast<unsigned char>(octets[i]));
  };
  while (octets.size() >= 9) {
    const std::size_t length = at(0) << 16U | at(1) << 8U | at(2);
    const std::size_t stream = at(5) << 24U | at(6) << 16U | at(7) << 8U | at(8);
    frames.push_back({static_cast<int>(at(3)), static_cast<int>(at(4)), static_cast<int>(stream),
                      std::string(octets.substr(9, length))});
    octets.remove_prefix(std::min(octets.size(), 9 + length));
  }
  return frames;
}

// "HEADERS 1, RST_STREAM 3": of streams, not of the connection.
inline std::string summary_of(const std::vector<SentFrame>& frames) {
  const std::map<int, std::string> names = {
      {NGHTTP2_DATA, "DATA"}, {NGHTTP2_HEADERS, "HEADERS"}, {NGHTTP2_RST_STREAM, "RST_STREAM"}};
  std::string text;
  for (const SentFrame& one : frames) {
    const auto name = names.find(one.type);
    if (name == names.end()) continue;
    text += (text.empty() ? "" : ", ") + name->second + " " + std::to_string(one.stream);
  }
  return text;
}

// "name: value\n" and so on. One for each connection: it has the dynamic table.
class FieldReader {
 public:
  FieldReader() {
    nghttp2_hd_inflater* raw = nullptr;
    (void)nghttp2_hd_inflate_new(&raw);
    inflater_.reset(raw);
  }
  std::string read(const std::string& block) {
    std::string text;
    const auto* at = reinterpret_cast<const std::uint8_t*>(block.data());
    std::size_t left = block.size();
    for (int flags = 0; (flags & NGHTTP2_HD_INFLATE_FINAL) == 0;) {
      nghttp2_nv field{};
      const ssize_t taken = nghttp2_hd_inflate_hd2(inflater_.get(), &field, &flags, at, left, 1);
      if (taken < 0) return "malformed";
      at += taken;
      left -= static_cast<std::size_t>(taken);
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) == 0) continue;
      text.append(reinterpret_cast<const char*>(field.name), field.namelen).append(": ");
      text.append(reinterpret_cast<const char*>(field.value), field.valuelen).append("\n");
    }
    (void)nghttp2_hd_inflate_end_headers(inflater_.get());
    return text;
  }

 private:
  struct Delete {
    void operator()(nghttp2_hd_inflater* inflater) const { nghttp2_hd_inflate_del(inflater); }
  };
  std::unique_ptr<nghttp2_hd_inflater, Delete> inflater_;
};

}  // namespace pollux::frames
