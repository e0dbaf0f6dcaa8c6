#include "castor/rate_curve.h"

#include <gtest/gtest.h>

namespace pollux::castor {
namespace {

struct CurveCase {
  double from, to;
  std::size_t steps;
  double warmup, time;
  double second;  // From the start,
  double count;   // and how many are due by then.
};

TEST(RateCurve, Table) {
  const CurveCase cases[] = {
      {100, 100, 0, 0, 10, 2.5, 250}, {100, 100, 0, 5, 0, 7, 700},   {0.5, 0.5, 0, 0, 10, 4, 2},
      {100, 300, 0, 0, 10, 10, 2000}, {100, 300, 0, 0, 10, 5, 750},  {100, 300, 0, 2, 10, 2, 200},
      {100, 300, 0, 2, 10, 7, 950},   {300, 100, 0, 0, 10, 5, 1250}, {100, 300, 0, 0, 10, 12, 2600},
      {100, 300, 3, 0, 6, 1, 100},    {100, 300, 3, 0, 6, 3, 400},   {100, 300, 3, 0, 6, 6, 1200},
      {100, 300, 3, 1, 6, 7, 1300},   {100, 200, 2, 0, 2, 3, 500},
  };
  for (const CurveCase& test : cases) {
    const RateCurve curve(test.from, test.to, test.steps, test.warmup, test.time);
    EXPECT_NEAR(curve.count_before(test.second * 1e9), test.count, 1e-6) << test.from << ' ' << test.second;
    EXPECT_NEAR(curve.due_at(test.count), test.second * 1e9, 10) << test.from << ' ' << test.second;
  }
}

TEST(RateCurve, RequestsAreDueInOrder) {
  const RateCurve curve(100, 10'000, 0, 1, 5);
  for (int i = 0; i < 30'000; ++i) {
    const double number = i;
    EXPECT_LT(curve.due_at(number), curve.due_at(number + 1));
    EXPECT_NEAR(curve.count_before(curve.due_at(number)), number, 1e-4);
  }
}

}  // namespace
}  // namespace pollux::castor
