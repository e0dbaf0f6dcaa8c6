// Picks the next of an origin's requests, in turn or at random, by weight in both cases.
//
// All clients of a thread and an origin share one, so the sequence does not depend on which client is free:
// with one origin, the same seed and number of requests give the same requests each time.
//
// Thread: that of its worker.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "castor/prepared_request.h"
#include "castor/target.h"

namespace pollux::castor {

class RequestPicker {
 public:
  // `origin` outlives the picker. `seed`: at random.
  explicit RequestPicker(const Origin& origin, std::optional<std::uint64_t> seed = std::nullopt);

  [[nodiscard]] const Origin& origin() const { return origin_; }

  // REQUIRES: the origin has requests.
  [[nodiscard]] const PreparedRequest& next() {
    const std::size_t at = seed_ ? random_below(order_.size()) : turn_;
    turn_ = turn_ + 1 == order_.size() ? 0 : turn_ + 1;
    return *order_[at];
  }

 private:
  [[nodiscard]] std::size_t random_below(std::size_t count);

  const Origin& origin_;
  std::vector<const PreparedRequest*> order_;  // Each as often as its weight, evenly spread.
  std::size_t turn_ = 0;
  std::optional<std::uint64_t> seed_;  // Changes with each request.
};

}  // namespace pollux::castor
