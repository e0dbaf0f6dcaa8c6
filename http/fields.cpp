#include "http/fields.h"

#include <utility>

#include "http/lists.h"

namespace pollux::http {

namespace {

constexpr std::array kNames = std::to_array<std::pair<std::string_view, FieldId>>({
    {"accept", FieldId::kAccept},
    {"accept-encoding", FieldId::kAcceptEncoding},
    {"access-control-request-method", FieldId::kAccessControlRequestMethod},
    {"authorization", FieldId::kAuthorization},
    {"connection", FieldId::kConnection},
    {"content-length", FieldId::kContentLength},
    {"content-type", FieldId::kContentType},
    {"cookie", FieldId::kCookie},
    {"expect", FieldId::kExpect},
    {"forwarded", FieldId::kForwarded},
    {"host", FieldId::kHost},
    {"if-match", FieldId::kIfMatch},
    {"if-modified-since", FieldId::kIfModifiedSince},
    {"if-none-match", FieldId::kIfNoneMatch},
    {"if-range", FieldId::kIfRange},
    {"if-unmodified-since", FieldId::kIfUnmodifiedSince},
    {"origin", FieldId::kOrigin},
    {"range", FieldId::kRange},
    {"referer", FieldId::kReferer},
    {"transfer-encoding", FieldId::kTransferEncoding},
    {"upgrade", FieldId::kUpgrade},
    {"user-agent", FieldId::kUserAgent},
    {"via", FieldId::kVia},
    {"sec-websocket-extensions", FieldId::kWebSocketExtensions},
    {"sec-websocket-key", FieldId::kWebSocketKey},
    {"sec-websocket-version", FieldId::kWebSocketVersion},
    {"x-forwarded-for", FieldId::kXForwardedFor},
    {"x-forwarded-host", FieldId::kXForwardedHost},
    {"x-forwarded-proto", FieldId::kXForwardedProto},
    {"x-real-ip", FieldId::kXRealIp},
    {"x-request-id", FieldId::kXRequestId},
});

}  // namespace

FieldId field_id(std::string_view name) {
  for (const auto& [known, id] : kNames) {
    if (known.size() == name.size() && (known[0] | 0x20) == (name[0] | 0x20) &&
        equals_ignoring_case(known, name)) {
      return id;
    }
  }
  return FieldId::kOther;
}

void FieldTable::add(FieldId id, Place name, Place value) {
  if (id != FieldId::kOther) {
    if (has(id)) {
      repeated_[index(id)] = true;
    } else {
      first_[index(id)] = static_cast<std::uint16_t>(fields_.size());
    }
  }
  fields_.push_back({name, value, id});
}

void FieldTable::clear() {
  fields_.clear();
  first_ = filled_with_none();
  repeated_ = {};
}

std::optional<std::string_view> FieldTable::find(FieldId id) const {
  if (!has(id)) return std::nullopt;
  return view(fields_[first_[index(id)]].value);
}

std::optional<std::string_view> FieldTable::find_list(FieldId id, std::string& storage) const {
  if (!repeated(id)) return find(id);
  storage.clear();
  for (const Field& field : fields_) {
    if (field.id != id) continue;
    if (!storage.empty()) storage += ", ";
    storage += view(field.value);
  }
  return storage;
}

}  // namespace pollux::http
