// Answers with the body of the request, for tests and for learners: bodies in both framings, and
// Expect: 100-continue, can be tried from outside.
//
//   curl -i --data-binary 'hello' http://127.0.0.1:8080/echo
//
// Whatever the method, what comes back is the octets that came, as the Content-Type they came with. But for
// two methods whose answers mean something else: OPTIONS (RFC 9110 9.3.7), and TRACE (9.3.8), which is
// refused.
//
// Off unless [site] echo = on: a stranger's HTML would run with this site's origin in a browser. (The answer
// is marked as a file to save, so that it does not, and as nothing to keep.)
//
// Thread: any. Constant after construction.
#pragma once

#include "http/handler.h"
#include "http/hosts.h"

namespace pollux::http {

class Echo final : public AnsweringHandler {
 public:
  static constexpr const char* kPath = "/echo";

  // `hosts`, whose error pages it uses, must outlive it.
  explicit Echo(const Hosts& hosts) : hosts_(hosts) {}

  [[nodiscard]] Response answer(const Request& request, const Now& now) override;
  [[nodiscard]] std::uint64_t max_body(const Request& request) const override;

 private:
  const Hosts& hosts_;
};

}  // namespace pollux::http
