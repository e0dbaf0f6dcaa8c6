// Responds with the body of the request, for tests and for learners: it lets them try bodies in both
// framings, and Expect: 100-continue, from outside.
//
//   curl -i --data-binary 'hello' http://127.0.0.1:8080/echo
//
// Whatever the method, the response has the octets and the Content-Type of the request. Two methods are
// exceptions, as their responses have another meaning: OPTIONS (RFC 9110 9.3.7), and TRACE (9.3.8), which is
// refused.
//
// Off unless [site] echo = on: a stranger's HTML would run with this site's origin in a browser. (To prevent
// that, the response is marked as a download, and as not to be stored.)
//
// Thread: any. Constant after construction.
#pragma once

#include "http/handler.h"
#include "http/hosts.h"

namespace pollux::http {

class Echo final : public AnsweringHandler {
 public:
  static constexpr const char* kPath = "/echo";

  // `hosts`: their error pages are used. Must outlive the handler.
  explicit Echo(const Hosts& hosts) : hosts_(hosts) {}

  [[nodiscard]] Response answer(const Request& request, const Now& now) override;
  [[nodiscard]] std::uint64_t max_body(const Request& request) const override;

 private:
  const Hosts& hosts_;
};

}  // namespace pollux::http
