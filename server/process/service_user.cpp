#include "server/process/service_user.h"

#include <fmt/core.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <system_error>

#include "log/logger.h"
#include "server/config/config_value.h"

namespace pollux::server {

namespace {

void check(int result, const char* call) {
  if (result != 0)
    throw std::system_error(errno, std::system_category(), std::string("server.user: ") + call);
}

std::vector<gid_t> groups_of(const std::string& user, gid_t gid) {
  int count = 64;
  std::vector<gid_t> groups(static_cast<std::size_t>(count));
  while (::getgrouplist(user.c_str(), gid, groups.data(), &count) < 0) {
    groups.resize(static_cast<std::size_t>(count));
  }
  groups.resize(static_cast<std::size_t>(count));
  return groups;
}

std::vector<gid_t> groups_now() {
  std::vector<gid_t> groups(static_cast<std::size_t>(std::max(0, ::getgroups(0, nullptr))));
  check(::getgroups(static_cast<int>(groups.size()), groups.data()) < 0 ? -1 : 0, "getgroups");
  return groups;
}

}  // namespace

std::optional<ServiceUser> ServiceUser::of(const ServerConfig& config) {
  if (config.user.empty()) return std::nullopt;
  const passwd* entry =
      ::getpwnam(config.user.c_str());  // NOLINT(concurrency-mt-unsafe): there is one thread.
  if (entry == nullptr) throw std::runtime_error(fmt::format("there is no user {}", in_quotes(config.user)));
  ServiceUser user{.name = config.user, .uid = entry->pw_uid, .gid = entry->pw_gid, .groups = {}};
  if (!config.group.empty()) {
    const group* named = ::getgrnam(config.group.c_str());  // NOLINT(concurrency-mt-unsafe)
    if (named == nullptr)
      throw std::runtime_error(fmt::format("there is no group {}", in_quotes(config.group)));
    user.gid = named->gr_gid;
  }
  user.groups = groups_of(user.name, user.gid);
  return user;
}

bool is_root() { return ::geteuid() == 0; }

ActingAs::ActingAs(const std::optional<ServiceUser>& user) {
  if (!user || user->uid == 0 || !is_root()) return;
  gid_ = ::getegid();
  groups_ = groups_now();
  check(::setgroups(user->groups.size(), user->groups.data()), "setgroups");
  check(::setegid(user->gid), "setegid");
  check(::seteuid(user->uid), "seteuid");
  acting_ = true;
}

ActingAs::~ActingAs() {
  if (!acting_) return;
  if (::seteuid(0) == 0 && ::setegid(gid_) == 0 && ::setgroups(groups_.size(), groups_.data()) == 0) return;
  log::emerg("cannot return to the rights of root");
  std::abort();
}

void become(const ServiceUser& user) {
  check(::setgroups(user.groups.size(), user.groups.data()), "setgroups");
  check(::setresgid(user.gid, user.gid, user.gid), "setresgid");
  check(::setresuid(user.uid, user.uid, user.uid), "setresuid");
  uid_t real = 0;
  uid_t effective = 0;
  uid_t saved = 0;
  check(::getresuid(&real, &effective, &saved), "getresuid");
  const bool is_user = real == user.uid && effective == user.uid && saved == user.uid;
  if (!is_user || (user.uid != 0 && ::setuid(0) == 0)) {
    throw std::runtime_error(fmt::format("the rights of root were not given up for those of {}", user.name));
  }
}

}  // namespace pollux::server
