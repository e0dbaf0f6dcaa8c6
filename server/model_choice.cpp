#include "server/model_choice.h"

#include <string>

#include "log/logger.h"
#include "net/ring.h"
#include "server/concurrency_model.h"

namespace pollux::server {

Model chosen_model(const ServerConfig& config) {
  if (config.model != Model::kAuto) return config.model;
  const std::size_t rings = or_cores(config.loops) + (config.accept == Accept::kThread ? 1 : 0);
  const std::string why_not = net::Ring::unavailable(rings, {.receive_buffers = config.receive_buffers});
  if (why_not.empty()) {
    log::info("model = auto is io-uring");
    return Model::kIoUring;
  }
  log::info("model = auto is multi-reactor: {}", why_not);
  return Model::kMultiReactor;
}

}  // namespace pollux::server
