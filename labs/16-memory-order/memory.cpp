// Faults for AddressSanitizer, and the same without a fault.
//
//   memory use-after-free | leak | owned
#include <memory>
#include <string_view>

namespace {

struct Client {
  int socket = 1;
};

// A timer that kept a pointer of its own to a client that has gone.
int use_after_free() {
  Client* client = new Client;
  Client* volatile of_the_timer = client;
  delete client;
  return of_the_timer->socket;
}

int leak() {
  Client* volatile client = new Client;
  client = nullptr;
  return client == nullptr ? 0 : 1;
}

int owned() {
  const auto client = std::make_unique<Client>();
  return client->socket - 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view fault = argc > 1 ? argv[1] : "";
  if (fault == "use-after-free") return use_after_free();
  if (fault == "leak") return leak();
  return owned();
}
