#include "http/response.h"

namespace pollux::http {

namespace {

constexpr std::string_view kServer = "Server: pollux\r\nDate: ";

std::string_view connection_field(const WriteOptions& options) {
  if (!options.keep_alive) return "Connection: close\r\n\r\n";
  return options.http10 ? "Connection: keep-alive\r\n\r\n" : "\r\n";
}

// Lengths of the bodies, and how they are queued.
using Length = std::optional<std::uint64_t>;

Length length(const std::string& octets) { return octets.size(); }
Length length(const std::shared_ptr<const std::string>& octets) { return octets->size(); }
Length length(const FileSlice& slice) { return slice.length; }
Length length(const std::unique_ptr<BodySource>& /*source*/) { return std::nullopt; }
Length length(const std::vector<BodyPart>& parts) {
  std::uint64_t sum = 0;
  for (const BodyPart& part : parts) sum += part.octets.size() + part.slice.length;
  return sum;
}

void queue(OutputQueue& out, const std::string& octets) { out.append(octets); }
void queue(OutputQueue& out, const std::shared_ptr<const std::string>& octets) { out.append(octets); }
void queue(OutputQueue& out, const FileSlice& slice) { out.append(slice.file, slice.offset, slice.length); }
void queue(OutputQueue& out, const std::vector<BodyPart>& parts) {
  for (const BodyPart& part : parts) {
    out.append(part.octets);
    queue(out, part.slice);
  }
}
void queue(OutputQueue& /*out*/, const std::unique_ptr<BodySource>& /*source*/) {}

}  // namespace

std::optional<std::uint64_t> length_of(const Body& body) {
  return std::visit([](const auto& kind) { return length(kind); }, body);
}

BodySource* Response::source() const {
  const auto* source = std::get_if<std::unique_ptr<BodySource>>(&body);
  return source != nullptr ? source->get() : nullptr;
}

std::optional<std::string_view> Response::find_field(std::string_view name) const {
  const auto found = FieldLines::find_in(prepared, name);
  return found ? found : fields.find(name);
}

void Response::set_field(std::string_view name, std::string_view value) { own_fields().set(name, value); }

void Response::remove_field(std::string_view name) { own_fields().remove(name); }

FieldLines& Response::own_fields() {
  if (prepared.empty()) return fields;
  FieldLines all;
  all.append(prepared);
  all.append(fields.text());
  fields = std::move(all);
  prepared = {};
  prepared_owner.reset();
  return fields;
}

void Response::add_content_length() {
  add_field("Content-Length", std::to_string(length_of(body).value_or(0)));
}

std::uint64_t write_response(OutputQueue& out, const Response& response, const WriteOptions& options) {
  out.append({status_line(response.status), kServer, options.date, "\r\n", response.prepared,
              response.fields.text(), options.fields, options.chunked ? "Transfer-Encoding: chunked\r\n" : "",
              connection_field(options)});
  if (!options.with_body) return 0;
  std::visit([&out](const auto& kind) { queue(out, kind); }, response.body);
  return length_of(response.body).value_or(0);
}

}  // namespace pollux::http
