// Compresses a small file's content once, to be sent many times: compress(), as small as the coding allows,
// whatever time it takes. Or content that is made for one response: compress_once(), at a hundred MB/s and
// more.
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

// The same for content of any size that is sent once. Whoever makes it bounds its size. REQUIRES: no secret
// and octets of the client's choice are in it together, else its length tells one about the other (BREACH).
[[nodiscard]] std::optional<std::string> compress_once(Coding coding, std::string_view octets);

}  // namespace pollux::compress
