// Reports streams to the tracer (base/trace_streams.h). Called only while a request is followed.
//
// REQUIRES: trace::on(). Does not throw. Thread: whichever holds the connection.
#pragma once

#include <cstdint>

#include "base/trace.h"
#include "http/request.h"
#include "http/response.h"

namespace pollux::http2 {

// `open`: the streams there are, by number, without the one that begins.
template <class Open>
void trace_begin(std::int32_t id, const Open& open) noexcept {
  trace::Streams* streams = trace::streams();
  if (streams == nullptr) return;
  if (streams->followed() == 0) {
    for (const auto& stream : open) streams->was_open(stream->id);
  }
  streams->begin(id, std::chrono::steady_clock::now());
}

void trace_head(std::int32_t id, const http::Request& request) noexcept;
void trace_answer(std::int32_t id, const http::Response& response) noexcept;
void trace_end(std::int32_t id) noexcept;

}  // namespace pollux::http2
