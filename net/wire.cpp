#include "net/wire.h"

#include "log/throttle.h"

namespace pollux::net {

void report_changed_file() {
  static log::Throttle throttle(10);
  throttle.log(log::Level::kWarn, "a file changed while it was sent; its connection is closed short");
}

}  // namespace pollux::net
