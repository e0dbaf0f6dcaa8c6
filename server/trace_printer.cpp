#include "server/trace_printer.h"

#include <cstdio>
#include <exception>
#include <string>

#include "base/trace.h"
#include "status/trace_text.h"

namespace pollux::server {

namespace {

const trace::Order everything{};

// It is not a log, and so few lines a second may block.
void print(const trace::Recording& recording, const status::Sources& sources) {
  try {
    const std::string text = status::to_text(recording, sources);
    (void)std::fwrite(text.data(), 1, text.size(), stderr);
  } catch (const std::exception&) {  // No memory: the next one, perhaps.
    return;
  }
}

}  // namespace

void TracePrinter::set(bool on) {
  if (on == (printing_ != nullptr)) return;
  printing_ = on ? trace::Tracer::instance().listen(
                       [this](const trace::Recording& recording) { print(recording, sources_); })
                 : nullptr;
  feed_.set_idle(on ? &everything : nullptr);
}

}  // namespace pollux::server
