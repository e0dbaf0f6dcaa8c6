#include "castor/response_reader.h"

#include <limits>
#include <string_view>

namespace pollux::castor {

namespace {

constexpr std::string_view kVersion = "HTTP/1.";
constexpr client::ResponseLimits kLimits{
    .headers = 256 * 1024, .header_fields = 1000, .body = std::numeric_limits<std::uint64_t>::max()};

}  // namespace

ResponseReader::ResponseReader(const Options& options)
    : http09_(options.version == HttpVersion::k09), head_(options.method == "HEAD"), parser_(kLimits) {
  start();
}

void ResponseReader::start() {
  begun_ = bare_ = false;
  bare_octets_ = 0;
  parser_.start(head_);
}

ResponseReader::Result ResponseReader::read(Buffer& in) {
  begun_ = true;
  if (http09_ && !bare_ && parser_.status() == 0) {
    const std::string_view start = in.readable().substr(0, kVersion.size());
    if (start.size() < kVersion.size() && kVersion.starts_with(start)) return Result::kNeedMore;
    bare_ = start != kVersion;
  }
  return bare_ ? read_bare(in) : parser_.parse(in);
}

ResponseReader::Result ResponseReader::read_bare(Buffer& in) {
  bare_octets_ += in.size();
  in.consume(in.size());
  return Result::kNeedMore;
}

ResponseReader::Result ResponseReader::end_of_input() {
  return bare_ ? Result::kComplete : parser_.end_of_input();
}

}  // namespace pollux::castor
