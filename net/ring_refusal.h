// The reason for which the kernel gives no ring, in words for people.
#pragma once

#include <stdexcept>

namespace pollux::net {

// `error`: errno. Thread: any.
[[nodiscard]] std::runtime_error ring_refusal(int error);

}  // namespace pollux::net
