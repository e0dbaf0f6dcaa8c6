// The header lines of a file's responses, grouped so that each response takes its part as one piece.
//
//   Content-Type: …          what describes the representation          whole()  type()
//   Content-Encoding: …                                                 whole()  type()
//   Accept-Ranges: bytes                                                whole()
//   Content-Length: …                                                   whole()
//   Cache-Control: …         what a 304 says as well (RFC 9110 15.4.5)  whole()          cache()
//   ETag: …                                                             whole()          cache()
//   Last-Modified: …         unless it stands for nothing               whole()          cache()
//                            (files/conditional.h)
//
// A field that a site adds is in the first group if it describes the representation, else in the third.
//
// Thread: any. Constant after construction.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pollux::files {

class FileHead {
 public:
  FileHead() = default;
  // `lines`: in any order, each ended by CRLF.
  explicit FileHead(std::string_view lines);

  [[nodiscard]] std::string_view whole(bool with_date) const {
    return std::string_view(lines_).substr(0, with_date ? lines_.size() : date_at_);
  }
  [[nodiscard]] std::string_view type() const { return std::string_view(lines_).substr(0, length_at_); }
  [[nodiscard]] std::string_view cache(bool with_date) const { return whole(with_date).substr(cache_at_); }

 private:
  std::string lines_;
  std::size_t length_at_ = 0;  // Where each group but the first begins.
  std::size_t cache_at_ = 0;
  std::size_t date_at_ = 0;
};

}  // namespace pollux::files
