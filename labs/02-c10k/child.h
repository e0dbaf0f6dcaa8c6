// A process that serves, and what /proc tells of it.
#pragma once

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "lab.h"

class Child {
 public:
  template <class Work>
  explicit Child(Work work) : pid_(lab::must(::fork(), "fork")) {
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    work();
    std::exit(0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  void stop() const {
    ::kill(pid_, SIGSTOP);
    lab::must(::waitpid(pid_, nullptr, WUNTRACED), "waitpid");
  }
  void go_on() const { ::kill(pid_, SIGCONT); }

  // A number out of /proc/PID/`file`: the one behind `name`.
  [[nodiscard]] long number(const std::string& file, const std::string& name) const {
    return number_in("/proc/" + std::to_string(pid_) + "/" + file, name);
  }

  struct Threads {
    bool all_asleep = true;
    long switches = 0;  // How often any of them gave up the processor of its own accord.
  };
  [[nodiscard]] Threads threads() const {
    Threads all;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid_) + "/task")) {
      const std::string status = entry.path() / "status";
      std::ifstream file(status);
      for (std::string word; file >> word;) {
        if (word == "State:" && file >> word) all.all_asleep = all.all_asleep && word == "S";
        if (word == "voluntary_ctxt_switches:" && file >> word) all.switches += std::stol(word);
      }
    }
    return all;
  }
  // Until all its threads wait. Returns what they are like then.
  [[nodiscard]] Threads at_rest() const {
    for (;; ::usleep(1000)) {
      const Threads all = threads();
      if (all.all_asleep) return all;
    }
  }

 private:
  static long number_in(const std::string& path, const std::string& name) {
    std::ifstream file(path);
    for (std::string word; file >> word;) {
      if (word == name + ":" && file >> word) return std::stol(word);
    }
    std::fprintf(stderr, "%s has no %s\n", path.c_str(), name.c_str());
    std::exit(2);
  }

  const pid_t pid_;
};
