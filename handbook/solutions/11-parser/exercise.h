// Reads a body in chunks (RFC 9112 7.1), in packets that end wherever they like.
//
// What it knows between two calls is a state and the octets that the chunk at hand still has to come. Content
// is taken as it comes; only lines wait until they are whole, and no line may be long.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

class ChunkReader {
 public:
  enum class Result { kNeedMore, kComplete, kBad };

  Result read(std::string& in, std::string& content) {
    while (true) {
      switch (state_) {
        case State::kSize: {
          const std::size_t end = in.find("\r\n");
          const std::string line = in.substr(0, end);
          if (end == std::string::npos) return may_become_a_size(line) ? Result::kNeedMore : Result::kBad;
          const std::optional<std::uint32_t> size = parse_size(line);
          if (!size) return Result::kBad;
          in.erase(0, end + 2);
          left_ = *size;
          state_ = left_ == 0 ? State::kLastLine : State::kContent;
          break;
        }
        case State::kContent: {
          const std::size_t octets = std::min<std::size_t>(left_, in.size());
          content += in.substr(0, octets);
          in.erase(0, octets);
          left_ -= static_cast<std::uint32_t>(octets);
          if (left_ > 0) return Result::kNeedMore;
          state_ = State::kEndOfChunk;
          break;
        }
        case State::kEndOfChunk:
        case State::kLastLine: {
          if (!std::string("\r\n").starts_with(in.substr(0, 2))) return Result::kBad;
          if (in.size() < 2) return Result::kNeedMore;
          in.erase(0, 2);
          if (state_ == State::kLastLine) return Result::kComplete;
          state_ = State::kSize;
          break;
        }
      }
    }
  }

  // Of a whole line without its CRLF; std::nullopt: malformed.
  static std::optional<std::uint32_t> parse_size(const std::string& line) {
    std::uint32_t size = 0;
    std::size_t digits = 0;
    for (; digits < line.size() && line[digits] != ';'; ++digits) {
      const char c = line[digits];
      const int value = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (value < 0 || digits == 8) return std::nullopt;
      size = size * 16 + static_cast<std::uint32_t>(value);
    }
    if (digits == 0) return std::nullopt;
    return size;
  }

 private:
  enum class State { kSize, kContent, kEndOfChunk, kLastLine };

  static bool may_become_a_size(std::string line) {
    if (line.ends_with('\r')) line.pop_back();
    return line.empty() || parse_size(line).has_value();
  }

  State state_ = State::kSize;
  std::uint32_t left_ = 0;  // Octets of the chunk at hand.
};
