// The names of threads in ps, top and gdb.
//
// Thread: one at a time.
#pragma once

#include <map>
#include <string>

namespace pollux::status {

// Of threads of this process, each looked up once.
class ThreadNames {
 public:
  // "worker-0"; "thread 4711" when it has ended. `thread`: as gettid(2) has it.
  [[nodiscard]] const std::string& of(int thread);

 private:
  std::map<int, std::string> names_;
};

}  // namespace pollux::status
