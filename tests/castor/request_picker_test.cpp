#include "castor/request_picker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace pollux::castor {
namespace {

// Of weights: a request for each.
Origin weighing(std::initializer_list<std::uint32_t> weights) {
  Origin origin;
  for (const std::uint32_t weight : weights) {
    const auto number = static_cast<std::uint32_t>(origin.requests.size());
    origin.requests.push_back(
        {.octets = std::string(1, static_cast<char>('a' + number)), .url = number, .weight = weight});
  }
  return origin;
}

std::string picked(RequestPicker& picker, std::size_t count) {
  std::string text;
  while (text.size() < count) text += picker.next().octets;
  return text;
}

TEST(RequestPicker, InTurnEachComesAsOftenAsItWeighsEvenlySpread) {
  struct Case {
    std::initializer_list<std::uint32_t> weights;
    const char* expected;
  };
  const Case cases[] = {
      {{1}, "aaaa"}, {{1, 1, 1}, "abcabc"}, {{3, 3}, "abab"}, {{3, 1}, "aabaaaba"}, {{1, 4}, "bbabbbba"}};
  for (const auto& [weights, expected] : cases) {
    const Origin origin = weighing(weights);
    RequestPicker picker(origin);
    EXPECT_EQ(picked(picker, std::string(expected).size()), expected);
  }
}

TEST(RequestPicker, AtRandomBySeedAndWeight) {
  const Origin origin = weighing({1, 9});
  RequestPicker one(origin, 7);
  RequestPicker same(origin, 7);
  RequestPicker other(origin, 8);
  const std::string text = picked(one, 10'000);
  EXPECT_EQ(text, picked(same, 10'000));
  EXPECT_NE(text, picked(other, 10'000));
  EXPECT_NEAR(static_cast<double>(std::count(text.begin(), text.end(), 'a')), 1000, 150);
}

}  // namespace
}  // namespace pollux::castor
