#include "server/upgrade/legacy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "base/base64.h"

namespace pollux::server {

namespace {

constexpr std::string_view kHead = "pollux legacy 1";

constexpr std::array<std::pair<std::string_view, FileAccess>, 3> kAccesses = {
    {{"read", FileAccess::kRead}, {"execute", FileAccess::kExecute}, {"write", FileAccess::kWrite}}};

std::string_view word_of(FileAccess access) {
  return std::find_if(kAccesses.begin(), kAccesses.end(),
                      [access](const auto& entry) { return entry.second == access; })
      ->first;
}

// Removes and returns the text before the next tab, and drops the tab.
std::string_view take_field(std::string_view& record) {
  const std::size_t tab = std::min(record.find('\t'), record.size());
  const std::string_view field = record.substr(0, tab);
  record.remove_prefix(std::min(tab + 1, record.size()));
  return field;
}

Legacy::TicketKeys ticket_keys_of(std::string_view record) {
  Legacy::TicketKeys keys;
  const std::string_view due = take_field(record);
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(due.data(), due.data() + due.size(), count);
  std::string octets = base64_decode(record, Alphabet::kStandard).value_or(std::string());
  const bool good = error == std::errc() && end == due.data() + due.size() && count >= 0 &&
                    octets.size() == keys.octets.size();
  if (good) std::copy(octets.begin(), octets.end(), keys.octets.begin());
  ::explicit_bzero(octets.data(), octets.size());
  if (!good) throw std::runtime_error("the predecessor's ticket keys cannot be read");
  keys.due = std::min(milliseconds(count), milliseconds(tls::TicketKeys::kPeriod));
  return keys;
}

void read(std::string_view record, Legacy& legacy) {
  const std::string_view kind = take_field(record);
  if (kind == "socket") {
    const std::string_view place = take_field(record);
    legacy.sockets.push_back({std::string(place), std::string(record)});
  } else if (kind == "sandbox") {
    const std::string_view word = take_field(record);
    for (const auto& [name, access] : kAccesses) {
      if (name == word) legacy.sandbox.push_back({std::string(record), access});
    }
  } else if (kind == "ticket_keys") {
    legacy.ticket_keys = ticket_keys_of(record);
  }
}

}  // namespace

Legacy::TicketKeys::TicketKeys() = default;

Legacy::TicketKeys::~TicketKeys() { ::explicit_bzero(octets.data(), octets.size()); }

std::string text_of(const Legacy& legacy) {
  std::string text(kHead);
  text += '\0';
  const auto add = [&text](const std::string& record) { (text += record) += '\0'; };
  for (const auto& [place, name] : legacy.sockets) add(fmt::format("socket\t{}\t{}", place, name));
  for (const auto& [path, access] : legacy.sandbox) {
    add(fmt::format("sandbox\t{}\t{}", word_of(access), path));
  }
  if (legacy.ticket_keys) {
    const Legacy::TicketKeys& keys = *legacy.ticket_keys;
    const std::string_view raw(reinterpret_cast<const char*>(keys.octets.data()), keys.octets.size());
    std::string encoded = base64_encode(raw, Alphabet::kStandard);
    text.reserve(text.size() + encoded.size() + 64);  // So that no copy of it is left behind.
    text += fmt::format("ticket_keys\t{}\t", keys.due.count());
    (text += encoded) += '\0';
    ::explicit_bzero(encoded.data(), encoded.size());
  }
  return text;
}

Legacy parse_legacy(std::string_view text) {
  Legacy legacy;
  bool first = true;
  while (!text.empty()) {
    const std::size_t end = text.find('\0');
    if (end == std::string_view::npos) throw std::runtime_error("what the predecessor has left is cut short");
    const std::string_view record = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (!std::exchange(first, false)) {
      read(record, legacy);
    } else if (record != kHead) {
      throw std::runtime_error("what the predecessor has left is of another kind");
    }
  }
  if (first) throw std::runtime_error("the predecessor has left nothing");
  return legacy;
}

}  // namespace pollux::server
