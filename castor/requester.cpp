#include "castor/requester.h"

#include "castor/http1_requester.h"
#include "castor/http2_requester.h"

namespace pollux::castor {

std::unique_ptr<Requester> make_requester(const Books& books, RequestPicker& picker, bool held) {
  if (books.options.version == HttpVersion::k2 && !held) {
    return std::make_unique<Http2Requester>(books, picker, books.options.streams);
  }
  return std::make_unique<Http1Requester>(books, picker, held ? 0 : books.options.pipeline);
}

}  // namespace pollux::castor
