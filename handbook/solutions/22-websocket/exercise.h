// Finds frames in what a WebSocket client sends (RFC 6455 section 5.2): the slave state machine.
//
// It collects the octets of a head until the head is complete, looks whether it keeps the rules, and hands on
// the payload as it comes. So it does not matter where the octets are split.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

struct Frame {
  int opcode = 0;
  bool fin = false;
  std::string payload;
};

class FrameReader {
 public:
  explicit FrameReader(std::uint64_t longest) : longest_(longest) {}

  // The frames that are complete with these octets are appended. false: a rule was broken, now or before.
  [[nodiscard]] bool feed(std::string_view octets, std::vector<Frame>& frames) {
    while (state_ == State::kHead ? take_head(octets) : state_ == State::kPayload) {
      take_payload(octets);
      if (left_ > 0) break;
      frames.push_back(std::move(frame_));
      frame_ = {};
      head_.clear();
      state_ = State::kHead;
    }
    return state_ != State::kBroken;
  }

 private:
  enum class State { kHead, kPayload, kBroken };

  [[nodiscard]] unsigned at(std::size_t i) const { return static_cast<unsigned char>(head_[i]); }
  [[nodiscard]] std::size_t octets_of_length() const {
    const unsigned first = at(1) & 0x7F;
    return first < 126 ? 0 : first == 126 ? 2 : 8;
  }
  bool broken() {
    state_ = State::kBroken;
    return false;
  }

  // How long the head is, as far as that is known: two octets say it.
  [[nodiscard]] std::size_t wanted() const { return head_.size() < 2 ? 2 : 6 + octets_of_length(); }

  // Whether the head is complete now, and keeps the rules.
  bool take_head(std::string_view& octets) {
    while (head_.size() < wanted()) {
      const std::size_t count = std::min(wanted() - head_.size(), octets.size());
      if (count == 0) return false;
      head_.append(octets.substr(0, count));
      octets.remove_prefix(count);
      if (head_.size() == 2 && !begins_well()) return broken();
    }
    return understand() || broken();
  }

  [[nodiscard]] bool begins_well() const {
    const unsigned opcode = at(0) & 0x0F;
    const bool control = opcode >= 8;
    if ((at(1) & 0x80) == 0 || (at(0) & 0x70) != 0 || (opcode > 2 && !control) || opcode > 10) return false;
    return !control || ((at(0) & 0x80) != 0 && octets_of_length() == 0);
  }

  bool understand() {
    const std::size_t more = octets_of_length();
    std::uint64_t length = at(1) & 0x7F;
    if (more > 0) {
      length = 0;
      for (std::size_t i = 0; i < more; ++i) length = length << 8 | at(2 + i);
      if (length < (more == 2 ? 126U : 0x10000U)) return false;
    }
    if (length > longest_) return false;
    frame_.opcode = static_cast<int>(at(0) & 0x0F);
    frame_.fin = (at(0) & 0x80) != 0;
    left_ = length;
    state_ = State::kPayload;
    return true;
  }

  void take_payload(std::string_view& octets) {
    const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, octets.size()));
    const std::string_view mask = std::string_view(head_).substr(head_.size() - 4);
    for (const char octet : octets.substr(0, count)) {
      frame_.payload.push_back(static_cast<char>(octet ^ mask[frame_.payload.size() % 4]));
    }
    octets.remove_prefix(count);
    left_ -= count;
  }

  const std::uint64_t longest_;  // Octets of a payload.
  State state_ = State::kHead;
  std::string head_;  // What has come of it.
  Frame frame_;
  std::uint64_t left_ = 0;  // Octets of its payload that have not come.
};
