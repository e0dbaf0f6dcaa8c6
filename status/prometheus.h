// The text a Prometheus server scrapes (https://prometheus.io/docs/instrumenting/exposition_formats/).
//
// Thread: pure.
#pragma once

#include <string>

#include "status/snapshot.h"

namespace pollux::status {

inline constexpr const char* kPrometheusType = "text/plain; version=0.0.4; charset=utf-8";

[[nodiscard]] std::string prometheus(const Snapshot& snapshot);

}  // namespace pollux::status
