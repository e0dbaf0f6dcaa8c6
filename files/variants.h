// The variants of a file, beside the plain file: the same content in other codings (RFC 9110 8.4.1).
//
// Some are found beside the file when it is loaded. One thread makes the rest later, while other threads send
// the file. So each place is an atomic pointer, which is set once.
//
// Thread: any; put() after the file is shared: one.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>

#include "compress/coding.h"

namespace pollux::files {

struct Resource;

// The codings of variants, best first.
inline constexpr std::array kVariantCodings = {compress::Coding::kBrotli, compress::Coding::kZstd,
                                               compress::Coding::kGzip};

// The end of a variant's file name: ".br", ".zst", ".gz".
[[nodiscard]] std::string_view extension_of(compress::Coding coding);

// "/a.js" for "/a.js.br": the file that has a compressed sibling of this path; `path` itself if the name is
// of no variant.
[[nodiscard]] std::string_view plain_path(std::string_view path);

class Variants {
 public:
  Variants() = default;
  Variants(const Variants&) = delete;
  Variants& operator=(const Variants&) = delete;
  ~Variants();

  // nullptr: there is none yet. Valid as long as this object.
  [[nodiscard]] const Resource* find(compress::Coding coding) const {
    return places_.at(compress::index_of(coding)).load(std::memory_order_acquire);
  }
  [[nodiscard]] compress::Codings available() const;
  [[nodiscard]] std::uint64_t memory() const;  // Octets of the existing ones.

  // REQUIRES: there is no variant in that coding.
  void put(compress::Coding coding, std::unique_ptr<const Resource> variant);

  // Whether the caller is to have this variant made: true for the first caller, until give_back().
  [[nodiscard]] bool claim(compress::Coding coding);
  void give_back(compress::Coding coding);

 private:
  static constexpr std::size_t kPlaces = 3;  // One for each coding except identity, which is last.

  std::array<std::atomic<const Resource*>, kPlaces> places_{};  // Released by put(), acquired by find().
  std::atomic<std::uint8_t> claimed_{0};                        // A bit each. Relaxed: it guards nothing.
};

}  // namespace pollux::files
