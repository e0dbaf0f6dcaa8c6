// The header fields of one request, as offsets into the octets that were received.
//
// Fields that the server itself uses have a number (FieldId), so finding one is a table look-up and not a
// comparison of names. They are offsets instead of pointers, because a request that arrives in pieces may be
// moved in memory while it is parsed.
//
// Thread: that of the parser it belongs to.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pollux::http {

enum class FieldId : std::uint8_t {
  kOther,
  kAccept,
  kAcceptEncoding,
  kAccessControlRequestMethod,
  kAuthorization,
  kConnection,
  kContentLength,
  kContentType,
  kCookie,
  kExpect,
  kForwarded,
  kHost,
  kIfMatch,
  kIfModifiedSince,
  kIfNoneMatch,
  kIfRange,
  kIfUnmodifiedSince,
  kOrigin,
  kRange,
  kReferer,
  kTransferEncoding,
  kUpgrade,
  kUserAgent,
  kVia,
  kWebSocketExtensions,
  kWebSocketKey,
  kWebSocketVersion,
  kXForwardedFor,
  kXForwardedHost,
  kXForwardedProto,
  kXRealIp,
  kXRequestId,
  kCount,
};

// Ignores case, as RFC 9110 5.1 says.
[[nodiscard]] FieldId field_id(std::string_view name);

class FieldTable {
 public:
  struct Place {
    std::uint32_t offset;
    std::uint32_t length;
  };

  void add(FieldId id, Place name, Place value);
  void clear();

  // The base of all offsets. To be called whenever the octets have moved.
  void set_octets(const char* octets) { octets_ = octets; }

  [[nodiscard]] std::size_t size() const { return fields_.size(); }
  [[nodiscard]] bool has(FieldId id) const { return first_[index(id)] != kNone; }
  [[nodiscard]] bool repeated(FieldId id) const { return repeated_[index(id)]; }

  // The first line of that name, without the whitespace around its value.
  // REQUIRES: id is not kOther.
  [[nodiscard]] std::optional<std::string_view> find(FieldId id) const;

  // All lines of that name as one list (RFC 9110 5.3). Uses `storage` only when there are several.
  [[nodiscard]] std::optional<std::string_view> find_list(FieldId id, std::string& storage) const;

 private:
  static constexpr std::size_t kIds = static_cast<std::size_t>(FieldId::kCount);
  static constexpr std::uint16_t kNone = 0xFFFF;

  struct Field {
    Place name;
    Place value;
    FieldId id;
  };

  static constexpr std::size_t index(FieldId id) { return static_cast<std::size_t>(id); }
  [[nodiscard]] std::string_view view(Place place) const { return {octets_ + place.offset, place.length}; }

  const char* octets_ = nullptr;
  std::vector<Field> fields_;
  std::array<std::uint16_t, kIds> first_ = filled_with_none();  // Index into fields_.
  std::array<bool, kIds> repeated_{};

  static constexpr std::array<std::uint16_t, kIds> filled_with_none() {
    std::array<std::uint16_t, kIds> none{};
    none.fill(kNone);
    return none;
  }
};

}  // namespace pollux::http
