#include "accounts/argon2.h"

#include <argon2.h>
#include <sys/mman.h>

#include <stdexcept>

namespace pollux::accounts {

namespace {

// Straight from the kernel and back to it: an allocator would keep that much for each thread.
int map_memory(std::uint8_t** memory, std::size_t octets) {
  void* mapped = ::mmap(nullptr, octets, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  *memory = mapped == MAP_FAILED ? nullptr : static_cast<std::uint8_t*>(mapped);
  return mapped == MAP_FAILED ? ARGON2_MEMORY_ALLOCATION_ERROR : ARGON2_OK;
}

void unmap_memory(std::uint8_t* memory, std::size_t octets) { ::munmap(memory, octets); }

// The library takes pointers to what is not const, but writes to `out` alone (ARGON2_FLAG_CLEAR_PASSWORD is
// not set).
std::uint8_t* octets(std::string_view text) {
  return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
}

}  // namespace

std::optional<std::string> argon2id(std::string_view password, const std::string& salt, std::size_t size,
                                    const HashParameters& parameters) {
  std::string hash(size, '\0');
  argon2_context context{};
  context.out = octets(hash);
  context.outlen = static_cast<std::uint32_t>(hash.size());
  context.pwd = octets(password);
  context.pwdlen = static_cast<std::uint32_t>(password.size());
  context.salt = octets(salt);
  context.saltlen = static_cast<std::uint32_t>(salt.size());
  context.t_cost = parameters.passes;
  context.m_cost = parameters.memory_kib;
  context.lanes = parameters.lanes;
  context.threads = 1;
  context.version = ARGON2_VERSION_13;
  context.allocate_cbk = map_memory;
  context.free_cbk = unmap_memory;
  const int error = argon2id_ctx(&context);
  if (error == ARGON2_MEMORY_ALLOCATION_ERROR) return std::nullopt;
  if (error != ARGON2_OK) throw std::invalid_argument(argon2_error_message(error));
  return hash;
}

}  // namespace pollux::accounts
