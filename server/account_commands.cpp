#include "server/account_commands.h"

#include <fmt/core.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "log/logger.h"
#include "server/config/config_value.h"

namespace pollux::server {

namespace {

// A password in memory, wiped when it is no longer needed. It never grows beyond its reserved size, so no
// copy of it stays behind.
class Secret {
 public:
  static constexpr std::size_t kMax = 4096;

  Secret() { text_.reserve(kMax); }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { ::explicit_bzero(text_.data(), text_.capacity()); }

  [[nodiscard]] bool add(char c) {
    if (text_.size() == kMax) return false;
    text_ += c;
    return true;
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// Turns the terminal's echo off while it lives. Ctrl-C is ignored meanwhile, as in getpass(3): it would leave
// the terminal without echo.
class WithoutEcho {
 public:
  explicit WithoutEcho(int terminal) : terminal_(terminal) {
    if (::tcgetattr(terminal_, &before_) != 0) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG);
    changed_ = ::tcsetattr(terminal_, TCSAFLUSH, &quiet) == 0;
  }
  WithoutEcho(const WithoutEcho&) = delete;
  WithoutEcho& operator=(const WithoutEcho&) = delete;
  ~WithoutEcho() {
    if (changed_) ::tcsetattr(terminal_, TCSAFLUSH, &before_);
  }

  [[nodiscard]] bool works() const { return changed_; }

 private:
  int terminal_;
  termios before_{};
  bool changed_ = false;
};

// Reads octet by octet, so that no buffer keeps any of it. false: there was no input, or far too much.
bool read_line(int input, Secret& secret) {
  bool any = false;
  for (;;) {
    char c = 0;
    const ssize_t count = ::read(input, &c, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return any;
    if (c == '\n') return true;
    any = true;
    if (!secret.add(c)) return false;
  }
}

bool ask(int terminal, std::string_view prompt, Secret& secret, std::ostream& err) {
  const WithoutEcho quiet(terminal);  // Before the prompt, after which somebody may type.
  err << prompt << std::flush;
  const bool read = quiet.works() && read_line(terminal, secret);
  err << '\n';
  return read;
}

// Returns the error; empty: it was read.
std::string_view read_password(int input, Secret& password, std::ostream& err) {
  constexpr std::string_view kNone = "there is no password";
  if (::isatty(input) == 0) return read_line(input, password) ? "" : kNone;
  Secret again;
  if (!ask(input, "Password: ", password, err) || !ask(input, "Once more: ", again, err)) return kNone;
  return password.text() == again.text() ? "" : "these are two passwords";
}

std::string describe(const accounts::Result& result, const std::string& name) {
  using accounts::Outcome;
  switch (result.outcome) {
    case Outcome::kBadName: return std::string(accounts::describe(result.name_problem));
    case Outcome::kBadPassword: return std::string(accounts::describe(result.password_problem));
    case Outcome::kTaken: return fmt::format("the name {} is taken", in_quotes(name));
    case Outcome::kWrong: return fmt::format("there is no {}", in_quotes(name));
    default: return "the database cannot be used now (see above)";
  }
}

}  // namespace

accounts::Options accounts_options(const AccountsConfig& config) {
  using std::chrono::seconds;
  accounts::Options options;
  options.database = config.database;
  options.connections = config.connections;
  options.session_lifetime = std::chrono::duration_cast<seconds>(config.session_lifetime);
  options.session_idle = std::chrono::duration_cast<seconds>(config.session_idle);
  return options;
}

int run(const UserCommand& command, int input, std::ostream& out, std::ostream& err) {
  log::set_level(log::Level::kWarn);
  const bool add = command.action == UserCommand::Action::kAdd;
  accounts::Options options = accounts_options(command.config.accounts);
  options.connections = 1;
  options.waits.connection = std::chrono::seconds(5);  // No client is kept waiting.
  accounts::Accounts accounts(std::move(options));

  Secret password;
  if (add) {
    if (accounts::check_name(command.name) != accounts::NameProblem::kNone) {
      err << "pollux: " << accounts::describe(accounts::check_name(command.name)) << '\n';
      return Exit::kFailure;
    }
    if (const std::string_view problem = read_password(input, password, err); !problem.empty()) {
      err << "pollux: " << problem << '\n';
      return Exit::kFailure;
    }
  }
  const accounts::Result result =
      add ? accounts.add_user(command.name, password.text()) : accounts.remove_user(command.name);
  if (!result.ok()) {
    err << "pollux: " << describe(result, command.name) << '\n';
    return Exit::kFailure;
  }
  out << fmt::format("pollux: {} is {} {}\n", in_quotes(command.name), add ? "registered in" : "removed from",
                     command.config.accounts.database.text());
  return Exit::kSuccess;
}

}  // namespace pollux::server
