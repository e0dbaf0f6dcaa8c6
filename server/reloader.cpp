#include "server/reloader.h"

#include <exception>
#include <utility>

#include "base/thread_name.h"
#include "log/logger.h"

namespace pollux::server {

void Reloader::start() {
  thread_ = std::thread([this] {
    name_this_thread("reload");
    run();
  });
}

void Reloader::end() {
  {
    const MutexLock lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Reloader::request() {
  {
    const MutexLock lock(mutex_);
    requested_ = true;
  }
  changed_.notify_all();
}

void Reloader::look() {
  {
    const MutexLock lock(mutex_);
    look_ = true;
  }
  changed_.notify_all();
}

void Reloader::run() {
  for (;;) {
    bool requested = false;
    {
      const MutexLock lock(mutex_);
      while (!ending_ && !requested_ && !look_) changed_.wait(mutex_);
      if (ending_) return;
      requested = std::exchange(requested_, false);
      look_ = false;
    }
    if (requested) reload();
    work_.clean_up();
  }
}

void Reloader::reload() {
  const auto refuse = [](const char* why) {
    log::error("the configuration was not read again, and the old one goes on: {}", why);
  };
  bool succeeded = false;
  try {
    Reread reread = work_.read();
    for (const std::string& warning : reread.warnings) log::warn("{}", warning);
    for (const std::string& error : reread.errors) refuse(error.c_str());
    succeeded = reread.errors.empty();
    if (succeeded) work_.apply(std::move(reread.config));
  } catch (const std::exception& error) {
    succeeded = false;
    refuse(error.what());
  }
  record_.note(succeeded);
  work_.done(succeeded);
}

bool Reloader::run_on(net::EventLoop& loop, std::function<void()> function) {
  {
    const MutexLock lock(mutex_);
    ran_ = false;
  }
  loop.post([this, function = std::move(function)] {
    function();
    {
      const MutexLock lock(mutex_);
      ran_ = true;
    }
    changed_.notify_all();
  });
  const MutexLock lock(mutex_);
  while (!ran_ && !ending_) changed_.wait(mutex_);
  return ran_;
}

}  // namespace pollux::server
