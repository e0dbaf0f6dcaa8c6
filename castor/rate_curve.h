// The due times of an open loop's requests: at a fixed rate, at one that rises steadily, or in steps.
//
// Requests are numbered from 0; their rate is the slope of their number over time. The curve consists of
// pieces, each with a constant rate or one that changes steadily. So both directions have a closed form, and
// rounding errors do not add up.
//
// Constant after construction. Thread: any.
#pragma once

#include <cstddef>
#include <vector>

namespace pollux::castor {

class RateCurve {
 public:
  // A curve without requests.
  RateCurve() = default;

  // Requests per second, and seconds. During the warm-up the rate is `from`. Then it goes to `to` within
  // `time`, in this many steps or, with 0, steadily, and stays there.
  RateCurve(double from, double to, std::size_t steps, double warmup, double time);

  [[nodiscard]] bool empty() const { return pieces_.empty(); }

  // Nanoseconds from the start until request `number` is due. REQUIRES: not empty().
  [[nodiscard]] double due_at(double number) const {
    const Piece& piece = pieces_.size() == 1 ? pieces_.front() : piece_of(number);
    return piece.change == 0 ? piece.begin + (number - piece.number) / piece.rate : within(piece, number);
  }
  // The number of requests due within this many nanoseconds from the start. REQUIRES: not empty().
  [[nodiscard]] double count_before(double time) const;

 private:
  struct Piece {
    double begin;   // Nanoseconds.
    double number;  // The number of requests before it.
    double rate;    // Requests per nanosecond, at its beginning.
    double change;  // Of the rate, per nanosecond.
  };

  [[nodiscard]] const Piece& piece_of(double number) const;
  [[nodiscard]] static double within(const Piece& piece, double number);
  void add(double length, double from, double to);

  std::vector<Piece> pieces_;
  double end_ = 0;     // Of the last piece with an end: nanoseconds,
  double number_ = 0;  // and requests.
};

}  // namespace pollux::castor
