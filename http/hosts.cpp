#include "http/hosts.h"

#include "http/lists.h"

namespace pollux::http {

void Hosts::add(const std::string& name, const VirtualHost& host) {
  names_.emplace(name, host);
  any_log_ = any_log_ || host.access_log != nullptr;
}

const VirtualHost& Hosts::find_by_name(std::string_view host) const {
  if (host.size() > kMaxName) return default_;  // The search takes quadratic time.
  std::string name = in_lower_case(host);
  if (const auto exact = names_.find(name); exact != names_.end()) return exact->second;
  for (std::size_t dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1)) {
    // "www.example.org" is looked for as "*.example.org". The label before the dot makes room for the '*'.
    if (dot == 0) continue;
    name[dot - 1] = '*';
    const auto found = names_.find(std::string_view(name).substr(dot - 1));
    if (found != names_.end()) return found->second;
  }
  return default_;
}

}  // namespace pollux::http
