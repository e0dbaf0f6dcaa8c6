// The canned answers of the limit programs: every file of one directory, with its head, as one run of octets.
//
// Heads have the fields that Pollux sends, so that the same number of octets goes over the wire.
//
// Thread: any. Constant after construction.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pollux::bench {

struct Answer {
  std::string octets;
  bool close = false;  // It says "Connection: close", so the connection must end with it.
};

class Answers {
 public:
  // Reads the files that lie in `directory` itself. Throws std::runtime_error.
  explicit Answers(const std::string& directory);

  // The answer to one request, given as its octets up to and including the empty line.
  // nullptr: a path that is no file of the directory.
  [[nodiscard]] const Answer* find(std::string_view request) const;

 private:
  struct Page {
    std::string start;  // "GET /586.html "
    Answer ok;
    Answer closing;
    Answer not_modified;
  };

  std::vector<Page> pages_;  // A handful: walking them is the cheapest look-up there is.
};

}  // namespace pollux::bench
