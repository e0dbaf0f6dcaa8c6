#include "castor/response_reader.h"

#include <algorithm>
#include <limits>
#include <string_view>

#include "http/chars.h"

namespace pollux::castor {

namespace {

constexpr std::string_view kAnyHead = "HTTP/1.0 000";  // How a head begins; 0 is any digit.
constexpr client::ResponseLimits kLimits{
    .headers = 256 * 1024, .header_fields = 1000, .body = std::numeric_limits<std::uint64_t>::max()};

// `start`: no longer than kAnyHead.
bool begins_like_a_head(std::string_view start) {
  return std::equal(start.begin(), start.end(), kAnyHead.begin(), [](char octet, char wanted) {
    return wanted == '0' ? http::is_digit(octet) : octet == wanted;
  });
}

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
  if (is_undecided()) {
    const std::string_view start = in.readable().substr(0, kAnyHead.size());
    bare_ = !begins_like_a_head(start);
    if (!bare_ && start.size() < kAnyHead.size()) return Result::kNeedMore;
  }
  return bare_ ? read_bare(in) : parser_.parse(in);
}

ResponseReader::Result ResponseReader::read_bare(Buffer& in) {
  bare_octets_ += in.size();
  in.consume(in.size());
  return Result::kNeedMore;
}

ResponseReader::Result ResponseReader::end_of_input(Buffer& in) {
  if (begun_ && is_undecided()) {
    bare_ = true;
    (void)read_bare(in);
  }
  return bare_ ? Result::kComplete : parser_.end_of_input();
}

}  // namespace pollux::castor
