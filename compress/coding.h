// The content codings we can produce (RFC 9110 8.4.1), and sets of them.
//
// br is brotli (RFC 7932), zstd is Zstandard (RFC 8878), gzip is gzip (RFC 1952); identity is the content as
// it is.
//
// Values; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace pollux::compress {

// In order of preference among those that a client likes equally: the smaller result first.
enum class Coding : std::uint8_t { kBrotli, kZstd, kGzip, kIdentity };

inline constexpr std::array kCodings = {Coding::kBrotli, Coding::kZstd, Coding::kGzip, Coding::kIdentity};

[[nodiscard]] constexpr std::size_t index_of(Coding coding) { return static_cast<std::size_t>(coding); }

// As Accept-Encoding and Content-Encoding say it, in lower case.
[[nodiscard]] constexpr std::string_view name_of(Coding coding) {
  constexpr std::array<std::string_view, kCodings.size()> kNames = {"br", "zstd", "gzip", "identity"};
  return kNames[index_of(coding)];
}

class Codings {
 public:
  constexpr Codings() = default;
  constexpr Codings(std::initializer_list<Coding> codings) {
    for (const Coding coding : codings) add(coding);
  }

  constexpr void add(Coding coding) { bits_ = static_cast<std::uint8_t>(bits_ | bit_of(coding)); }
  [[nodiscard]] constexpr bool has(Coding coding) const { return (bits_ & bit_of(coding)) != 0; }

 private:
  [[nodiscard]] static constexpr unsigned bit_of(Coding coding) { return 1U << index_of(coding); }

  std::uint8_t bits_ = 0;
};

}  // namespace pollux::compress
