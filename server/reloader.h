// Reloads the configuration on a thread of its own: a reload reads files, opens databases and binds sockets,
// and no loop may wait for these. For the same reason it destroys the generations that have no user any more.
//
//   request(), any number of times --> read --> refused: said in the log, and all stays as it is
//        ^                                  \-> made --> put in force, on the main loop --.
//        '---------- one after another, and one at most waits <---------------------------'
//
// Thread: construction and end() the main thread's; request() and look() any.
#pragma once

#include <functional>
#include <string>
#include <thread>

#include "base/mutex.h"
#include "net/event_loop.h"
#include "server/config/command_line.h"
#include "server/sites/status_sources.h"

namespace pollux::server {

class Reloader {
 public:
  struct Work {
    std::function<Reread()> read;
    // Puts this configuration in force. Throws std::exception with a message for people, and then nothing has
    // changed.
    std::function<void(Config config)> apply;
    std::function<void(bool succeeded)> done;  // With a request.
    std::function<void()> clean_up;            // Destroys what has ended.
  };

  // `record` must outlive the reloader.
  Reloader(Work work, ReloadRecord& record) : work_(std::move(work)), record_(record) {}
  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;
  ~Reloader() { end(); }

  // Before it, nothing is done. Throws std::system_error when no thread can be started.
  void start();
  // Returns when the reload that is running has finished. REQUIRES: the loops have ended.
  void end() EXCLUDES(mutex_);

  // Asks for a reload, soon. Does not block.
  void request() EXCLUDES(mutex_);
  // Asks for a clean-up, soon.
  void look() EXCLUDES(mutex_);

  // For Work::apply: runs `function` on the loop and waits for it. false: the server is ending, and it may
  // not have run.
  [[nodiscard]] bool run_on(net::EventLoop& loop, std::function<void()> function) EXCLUDES(mutex_);

 private:
  void run() EXCLUDES(mutex_);
  void reload();

  const Work work_;
  ReloadRecord& record_;
  std::thread thread_;

  Mutex mutex_;
  CondVar changed_;
  bool requested_ GUARDED_BY(mutex_) = false;
  bool look_ GUARDED_BY(mutex_) = false;
  bool ran_ GUARDED_BY(mutex_) = false;  // What run_on() waits for.
  bool ending_ GUARDED_BY(mutex_) = false;
};

}  // namespace pollux::server
