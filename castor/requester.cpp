#include "castor/requester.h"

#include "castor/http1_requester.h"

namespace pollux::castor {

std::unique_ptr<Requester> make_requester(const Books& books, const Origin& origin, bool held) {
  return std::make_unique<Http1Requester>(books, origin, held ? 0 : books.options.pipeline);
}

}  // namespace pollux::castor
