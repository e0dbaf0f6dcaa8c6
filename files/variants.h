// The variants of a file, beside the plain file: the same content in other codings (RFC 9110 8.4.1).
//
// Some are found beside the file when it is loaded. Others are made later, by one thread, while others are
// sending the file: so each place is an atomic pointer, which is set once.
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

// Of all variants, best first.
inline constexpr std::array kVariantCodings = {compress::Coding::kBrotli, compress::Coding::kZstd,
                                               compress::Coding::kGzip};

// ".br", ".zst", ".gz": what a variant that stands beside its file has at the end of its name.
[[nodiscard]] std::string_view extension_of(compress::Coding coding);

// "/a.js" of "/a.js.br": the file whose compressed sibling would have this path; `path` itself if it is no
// such.
[[nodiscard]] std::string_view plain_path(std::string_view path);

class Variants {
 public:
  Variants() = default;
  Variants(const Variants&) = delete;
  Variants& operator=(const Variants&) = delete;
  ~Variants();

  // nullptr: there is none by now. Good for as long as this is.
  [[nodiscard]] const Resource* find(compress::Coding coding) const {
    return places_.at(compress::index_of(coding)).load(std::memory_order_acquire);
  }
  [[nodiscard]] compress::Codings available() const;
  [[nodiscard]] std::uint64_t memory() const;  // Octets, of those there are.

  // REQUIRES: there is none in that coding.
  void put(compress::Coding coding, std::unique_ptr<const Resource> variant);

  // Whether the caller is the one that has this variant made: the first that asks, until give_back().
  [[nodiscard]] bool claim(compress::Coding coding);
  void give_back(compress::Coding coding);

 private:
  static constexpr std::size_t kPlaces = 3;  // Of all codings but identity, which is last.

  std::array<std::atomic<const Resource*>, kPlaces> places_{};  // Released by put(), acquired by find().
  std::atomic<std::uint8_t> claimed_{0};                        // A bit each. Relaxed: it guards nothing.
};

}  // namespace pollux::files
