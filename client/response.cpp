#include "client/response.h"

#include "http/lists.h"

namespace pollux::client {

const std::string* Response::find(std::string_view name) const {
  for (const HeaderField& field : fields) {
    if (http::equals_ignoring_case(field.name, name)) return &field.value;
  }
  return nullptr;
}

}  // namespace pollux::client
