#include "castor/rate_curve.h"

#include <algorithm>
#include <cmath>

namespace pollux::castor {

namespace {

constexpr double kSecondInNs = 1e9;

}  // namespace

RateCurve::RateCurve(double from, double to, std::size_t steps, double warmup, double time) {
  if (from == to || time <= 0) {
    add(kSecondInNs, from, from);
    return;
  }
  if (warmup > 0) add(warmup * kSecondInNs, from, from);
  if (steps > 0) {
    for (std::size_t i = 0; i < steps; ++i) {
      const double part = steps == 1 ? 1 : static_cast<double>(i) / static_cast<double>(steps - 1);
      const double rate = from + (to - from) * part;
      add(time * kSecondInNs / static_cast<double>(steps), rate, rate);
    }
  } else {
    add(time * kSecondInNs, from, to);
    add(kSecondInNs, to, to);
  }
}

void RateCurve::add(double length, double from, double to) {
  pieces_.push_back({end_, number_, from / kSecondInNs, (to - from) / kSecondInNs / length});
  end_ += length;
  number_ += (from + to) / 2 / kSecondInNs * length;
}

const RateCurve::Piece& RateCurve::piece_of(double number) const {
  const auto after =
      std::upper_bound(pieces_.begin(), pieces_.end(), number,
                       [](double wanted, const Piece& piece) { return wanted < piece.number; });
  return after == pieces_.begin() ? pieces_.front() : *(after - 1);
}

// number = rate * t + change / 2 * t^2, solved for t in a form that does not cancel.
double RateCurve::within(const Piece& piece, double number) {
  const double more = number - piece.number;
  const double root = std::sqrt(std::max(0.0, piece.rate * piece.rate + 2 * piece.change * more));
  return piece.begin + 2 * more / (piece.rate + root);
}

double RateCurve::count_before(double time) const {
  const auto after = std::upper_bound(pieces_.begin(), pieces_.end(), time,
                                      [](double wanted, const Piece& piece) { return wanted < piece.begin; });
  const Piece& piece = after == pieces_.begin() ? pieces_.front() : *(after - 1);
  const double since = std::max(0.0, time - piece.begin);
  return piece.number + (piece.rate + piece.change / 2 * since) * since;
}

}  // namespace pollux::castor
