// The file of --urls: one request in each line.
//
//   # weight, method, URL, body; all but the URL may be left out
//   http://127.0.0.1:8080/
//   10 http://127.0.0.1:8080/pictures.html
//   2 POST http://127.0.0.1:8080/login user=me&password=secret
//   PUT /upload @picture.png
//
// A URL that begins with "/" is a path at the URL of the command line, which itself is not requested then.
//
// Pure functions of values, except that they read files; any thread.
#pragma once

#include <string_view>

#include "castor/options/options.h"

namespace pollux::castor {

inline constexpr std::size_t kMaxListed = 1'000'000;  // Requests, and the sum of their weights.

// Reads options.url_file ("-": standard input) into urls and asks. Throws UsageError, which names the line.
void read_url_list(Options& options);

// The same for the file's text.
void parse_url_list(std::string_view text, Options& options);

}  // namespace pollux::castor
