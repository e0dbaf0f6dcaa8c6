// Compresses a small file's content once, to be sent many times: as small as the coding allows, whatever time
// it takes. Nothing here is for content that is made for one response.
//
// Results are reproducible: the same octets give the same result with the same library, on every host, so a
// variant's entity tag may be a hash of its octets.
//
// Thread: any; none of the functions has a state.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/file_version.h"
#include "compress/coding.h"

namespace pollux::compress {

// Octets. Larger contents are not compressed, which bounds the memory and the time. It also keeps within the
// 8 MiB of window that a recipient of zstd must be able to hold (RFC 9659).
inline constexpr std::uint64_t kMaxContent = FileVersion::kSnapshotLimit;

// `octets` in that coding; std::nullopt: it would not be smaller by a tenth, the content is too large, or a
// stop was requested meanwhile (it is looked for every 64 KiB). REQUIRES: coding is not kIdentity. Throws
// std::bad_alloc.
[[nodiscard]] std::optional<std::string> compress(Coding coding, std::string_view octets,
                                                  const std::stop_token& stop = {});

}  // namespace pollux::compress
