// Configuration files: every setting of a file without errors is within its limits, and errors are few and
// short.
#include <filesystem>

#include "fuzz.h"
#include "server/config/config_builder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pollux;
  server::ConfigBuilder builder;
  builder.read_text({reinterpret_cast<const char*>(data), size}, "fuzz.ini", std::filesystem::path("/srv"));
  const server::LoadedConfig loaded = builder.take();
  PROMISE(loaded.errors.size() <= server::ConfigBuilder::kMaxErrors + 1);
  for (const server::ConfigError& error : loaded.errors) {
    PROMISE(!error.message.empty());
    PROMISE(error.where.starts_with("fuzz.ini") ||
            error.where == "all the sources");  // The last: there are more.
    for (const char c : error.text()) PROMISE(static_cast<unsigned char>(c) >= ' ' && c != 0x7F);
  }
  PROMISE(loaded.config.server.listen.size() <= 64 && loaded.config.tls.listen.size() <= 64);
  PROMISE(loaded.config.timeouts.header.count() > 0);
  return 0;
}
