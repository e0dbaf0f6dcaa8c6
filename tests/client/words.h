// Requests and outcomes in a few words.
#pragma once

#include <string>

#include "client/http_client.h"

namespace pollux::client {

inline Request get(std::string url) {
  return {.method = "GET", .url = std::move(url), .fields = {}, .body = {}};
}

// "200 hello" or "receive: closed".
inline std::string in_words(const Outcome& outcome) {
  if (outcome) return std::to_string(outcome.response().status) + " " + outcome.response().body;
  return std::string(to_string(outcome.error().stage)) + ": " + std::string(to_string(outcome.error().kind));
}

}  // namespace pollux::client
