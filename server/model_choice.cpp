#include "server/model_choice.h"

#include <string>

#include "log/logger.h"
#include "net/ring.h"

namespace pollux::server {

Model chosen(Model wanted) {
  if (wanted != Model::kAuto) return wanted;
  const std::string why_not = net::Ring::unavailable();
  if (why_not.empty()) {
    log::info("model = auto is io-uring");
    return Model::kIoUring;
  }
  log::info("model = auto is multi-reactor: {}", why_not);
  return Model::kMultiReactor;
}

}  // namespace pollux::server
