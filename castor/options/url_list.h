// The file of --urls: what is asked for, a request in each line.
//
//   # weight, method, URL, body; all but the URL may be left out
//   http://127.0.0.1:8080/
//   10 http://127.0.0.1:8080/pictures.html
//   2 POST http://127.0.0.1:8080/login user=me&password=secret
//   PUT /upload @picture.png
//
// A line that begins its URL with "/" is asked of the URL on the command line, which is not asked itself.
//
// Pure functions of values, but for the files they read; any thread.
#pragma once

#include <string_view>

#include "castor/options/options.h"

namespace pollux::castor {

inline constexpr std::size_t kMaxListed = 1'000'000;  // Requests, and the sum of their weights.

// Reads options.url_file ("-": standard input) into urls and asks. Throws UsageError, which names the line.
void read_url_list(Options& options);

// The same of the file's text.
void parse_url_list(std::string_view text, Options& options);

}  // namespace pollux::castor
