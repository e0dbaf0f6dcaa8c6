// When the requests of an open loop are due: at a fixed rate, at one that rises steadily, or in steps.
//
// Requests are numbered from 0 on; their rate is the slope of their number over time. The curve is made of
// pieces, each of a constant rate or of one that changes steadily, so either way round has a closed form, and
// no request is due a little later because others were.
//
// Constant after construction. Thread: any.
#pragma once

#include <cstddef>
#include <vector>

namespace pollux::castor {

class RateCurve {
 public:
  // Of no requests at all.
  RateCurve() = default;

  // Requests a second, and seconds. During the warm-up the rate is `from`; afterwards it goes to `to` within
  // `time`, in so many steps or, with 0, steadily; and then it stays.
  RateCurve(double from, double to, std::size_t steps, double warmup, double time);

  [[nodiscard]] bool empty() const { return pieces_.empty(); }

  // Nanoseconds from the start until request `number` is due. REQUIRES: not empty().
  [[nodiscard]] double due_at(double number) const {
    const Piece& piece = pieces_.size() == 1 ? pieces_.front() : piece_of(number);
    return piece.change == 0 ? piece.begin + (number - piece.number) / piece.rate : within(piece, number);
  }
  // How many are due within so many nanoseconds from the start on. REQUIRES: not empty().
  [[nodiscard]] double count_before(double time) const;

 private:
  struct Piece {
    double begin;   // Nanoseconds.
    double number;  // Of requests before it.
    double rate;    // Requests in a nanosecond, at its begin.
    double change;  // Of the rate, in a nanosecond.
  };

  [[nodiscard]] const Piece& piece_of(double number) const;
  [[nodiscard]] static double within(const Piece& piece, double number);
  void add(double length, double from, double to);

  std::vector<Piece> pieces_;
  double end_ = 0;     // Of the last piece that has one: nanoseconds,
  double number_ = 0;  // and requests.
};

}  // namespace pollux::castor
