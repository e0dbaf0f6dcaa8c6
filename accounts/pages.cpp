#include "accounts/pages.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "accounts/rules.h"
#include "accounts/templates.h"
#include "base/html.h"
#include "log/escape.h"

namespace pollux::accounts {

namespace {

constexpr std::string_view kWelcome = "/welcome";
constexpr std::uint64_t kMaxForm = 16 * 1024;  // Octets: several times what a page of ours sends.
constexpr std::string_view kAllow = "GET, HEAD, POST, OPTIONS";

std::string wait_text(std::chrono::seconds wait) {
  return fmt::format("Too many attempts. Please wait {} second{}.", wait.count(),
                     wait.count() == 1 ? "" : "s");
}

// "the name is empty" as a sentence.
std::string sentence(std::string_view text) {
  std::string whole(text);
  whole.front() = static_cast<char>(whole.front() - 'a' + 'A');
  return whole + ".";
}

void add_retry_after(http::Response& response, const Result& result) {
  response.add_field("Retry-After", std::to_string(std::max<std::int64_t>(result.retry_after.count(), 1)));
}

std::string date_text(WallTime time) {
  return fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

}  // namespace

// --- What all have in common ---------------------------------------------------------------------

std::uint64_t Page::max_body(const http::Request& request) const {
  return request.method == http::Method::kPost ? kMaxForm : 0;
}

http::JobPool* Page::pool_for(const http::Request& request) const {
  if (request.method == http::Method::kPost) return &forms_;
  return request.is_get_or_head() && !session_token(request).empty() ? &parts_.pools.lookups : nullptr;
}

http::Response Page::answer(const http::Request& request, const Now& now) {
  if (request.method == http::Method::kOptions) {
    http::Response response;
    response.status = http::Status::kNoContent;
    response.add_field("Allow", kAllow);
    return response;
  }
  // Not on a thread of a pool, so the database must not be asked.
  if (!request.is_get_or_head() && request.method != http::Method::kPost) {
    return parts_.hosts.of(request).errors.method_not_allowed(kAllow, now);
  }
  Visit visit(request);
  visit.identify(accounts());
  visit.set_navigation(parts_.hosts.of(request).navigation.links(request, request.path, now));
  return request.is_get_or_head() ? show(visit) : act_on_form(visit, now);
}

http::Response Page::act_on_form(const Visit& visit, const Now& now) {
  const http::Request& request = visit.request();
  if (!http::is_form(request.fields->find(http::FieldId::kContentType).value_or(""))) {
    return parts_.hosts.of(request).errors.make(http::Status::kUnsupportedMediaType, now);
  }
  const auto form = http::Form::parse(request.body);
  if (!form) return parts_.hosts.of(request).errors.make(http::Status::kBadRequest, now);
  if (!visit.is_genuine(*form)) {
    return visit.page(
        http::Status::kForbidden, "This form is too old",
        fill_in(
            templates::kRefusal,
            {{"problem", "It was not made for this browser, or cookies are switched off. Nothing was done."},
             {"link", request.path},
             {"label", "Get a new one"}}));
  }
  return act(visit, *form);
}

// --- Register ------------------------------------------------------------------------------------

namespace {

http::Response registration(const Visit& visit, http::Status status, std::string_view user,
                            std::string_view problem = {}, std::string_view user_problem = {},
                            std::string_view password_problem = {}) {
  return visit.page(status, "Register",
                    fill_in(templates::kRegister, {{"csrf", visit.csrf()},
                                                   {"user", user},
                                                   {"problem", problem},
                                                   {"user_problem", user_problem},
                                                   {"password_problem", password_problem}}));
}

}  // namespace

http::Response RegisterPage::show(const Visit& visit) { return registration(visit, http::Status::kOk, {}); }

http::Response RegisterPage::act(const Visit& visit, const http::Form& form) {
  const std::string_view name = form.value_of("user");
  const UserResult made = accounts().register_user(name, form.value_of("password"), visit.peer());
  switch (made.outcome) {
    case Outcome::kOk: break;
    case Outcome::kBadName:
      return registration(visit, http::Status::kUnprocessableContent, name, {},
                          sentence(describe(made.name_problem)));
    case Outcome::kBadPassword:
      return registration(visit, http::Status::kUnprocessableContent, name, {}, {},
                          sentence(describe(made.password_problem)));
    case Outcome::kTaken:
      return registration(visit, http::Status::kConflict, name, {}, "Somebody has this name already.");
    case Outcome::kThrottled: {
      http::Response response =
          registration(visit, http::Status::kTooManyRequests, name, wait_text(made.retry_after));
      add_retry_after(response, made);
      return response;
    }
    default: return visit.unavailable(made.retry_after);
  }
  const UserResult session = accounts().start_session(made.user);
  if (!session.ok()) return visit.redirect("/login");  // There is an account, after all.
  http::Response response = visit.redirect(kWelcome);
  visit.begin_session(response, session.token, lifetime_);
  return response;
}

// --- Log in --------------------------------------------------------------------------------------

namespace {

http::Response login(const Visit& visit, http::Status status, std::string_view user, std::string_view next,
                     std::string_view problem = {}) {
  return visit.page(
      status, "Log in",
      fill_in(templates::kLogin,
              {{"csrf", visit.csrf()}, {"user", user}, {"next", local_path(next)}, {"problem", problem}}));
}

}  // namespace

http::Response LoginPage::show(const Visit& visit) {
  const auto query = http::Form::parse(visit.request().uri.query);
  return login(visit, http::Status::kOk, {}, query ? query->value_of("next") : std::string_view());
}

http::Response LoginPage::act(const Visit& visit, const http::Form& form) {
  const std::string_view name = form.value_of("user");
  const std::string_view next = form.value_of("next");
  const UserResult user = accounts().log_in(name, form.value_of("password"), visit.peer());
  switch (user.outcome) {
    case Outcome::kOk: break;
    case Outcome::kWrong: {
      http::Response response = login(visit, http::Status::kUnauthorized, name, next,
                                      "This name and this password do not go together.");
      response.add_field("WWW-Authenticate", kChallenge);
      return response;
    }
    case Outcome::kThrottled: {
      http::Response response =
          login(visit, http::Status::kTooManyRequests, name, next, wait_text(user.retry_after));
      add_retry_after(response, user);
      return response;
    }
    default: return visit.unavailable(user.retry_after);
  }
  http::Response response = visit.redirect(local_path(next));
  visit.begin_session(response, user.token, lifetime_);
  return response;
}

// --- Log out -------------------------------------------------------------------------------------

http::Response LogoutPage::show(const Visit& visit) {
  return visit.page(http::Status::kOk, "Log out", fill_in(templates::kLogout, {{"csrf", visit.csrf()}}));
}

http::Response LogoutPage::act(const Visit& visit, const http::Form& /*form*/) {
  const Result result = accounts().log_out(visit.token());
  if (!result.ok()) return visit.unavailable(result.retry_after);
  http::Response response = visit.redirect("/");
  visit.end_session(response);
  return response;
}

// --- Welcome -------------------------------------------------------------------------------------

http::Response WelcomePage::show(const Visit& visit) {
  const SessionResult& session = visit.session();
  if (session.outcome == Outcome::kUnavailable) return visit.unavailable(session.retry_after);
  if (!session.ok()) return visit.log_in_first();
  return visit.page(http::Status::kOk, "Welcome",
                    fill_in(templates::kWelcome, {{"user", session.user.name}}));
}

http::Response WelcomePage::act(const Visit& visit, const http::Form& /*form*/) {
  return visit.redirect(kWelcome);
}

// --- Account -------------------------------------------------------------------------------------

struct AccountPage::Remarks {
  std::string_view notice = {};
  std::string problem = {};
  std::string password_problem = {};
  std::string new_password_problem = {};
};

http::Response AccountPage::show(const Visit& visit) { return show(visit, http::Status::kOk, {}); }

http::Response AccountPage::show(const Visit& visit, http::Status status, const Remarks& remarks) {
  const SessionResult& session = visit.session();
  if (session.outcome == Outcome::kUnavailable) return visit.unavailable(session.retry_after);
  if (!session.ok()) return visit.log_in_first();
  const CountResult sessions = accounts().count_sessions(session.user);
  if (!sessions.ok()) return visit.unavailable(sessions.retry_after);
  return visit.page(status, "Your account",
                    fill_in(templates::kAccount, {{"csrf", visit.csrf()},
                                                  {"user", session.user.name},
                                                  {"since", date_text(session.created)},
                                                  {"until", date_text(session.expires)},
                                                  {"sessions", std::to_string(sessions.count)},
                                                  {"notice", remarks.notice},
                                                  {"problem", remarks.problem},
                                                  {"password_problem", remarks.password_problem},
                                                  {"new_password_problem", remarks.new_password_problem}}));
}

http::Response AccountPage::act(const Visit& visit, const http::Form& form) {
  if (form.value_of("action") == "password") return change_password(visit, form);
  if (form.value_of("action") != "everywhere") return visit.redirect("/account");
  const Result result = accounts().log_out_everywhere(visit.token());
  if (result.outcome == Outcome::kUnavailable) return visit.unavailable(result.retry_after);
  http::Response response = visit.redirect("/");
  visit.end_session(response);
  return response;
}

http::Response AccountPage::change_password(const Visit& visit, const http::Form& form) {
  const Result result = accounts().change_password(visit.token(), form.value_of("password"),
                                                   form.value_of("new_password"), visit.peer());
  switch (result.outcome) {
    case Outcome::kOk: return show(visit, http::Status::kOk, {.notice = "The password is changed."});
    case Outcome::kNoSession: return visit.log_in_first();
    case Outcome::kWrong:
      return show(visit, http::Status::kUnprocessableContent,
                  {.password_problem = "This is not your password."});
    case Outcome::kBadPassword:
      return show(visit, http::Status::kUnprocessableContent,
                  {.new_password_problem = sentence(describe(result.password_problem))});
    case Outcome::kThrottled: {
      http::Response response =
          show(visit, http::Status::kTooManyRequests, {.problem = wait_text(result.retry_after)});
      add_retry_after(response, result);
      return response;
    }
    default: return visit.unavailable(result.retry_after);
  }
}

// --- For scripts ---------------------------------------------------------------------------------

http::JobPool* MemberJson::pool_for(const http::Request& request) const {
  return session_token(request).empty() ? nullptr : &parts_.pools.lookups;
}

http::Response MemberJson::answer(const http::Request& request, const Now& now) {
  if (!request.is_get_or_head()) {
    return parts_.hosts.of(request).errors.method_not_allowed("GET, HEAD", now);
  }
  const SessionResult session = parts_.accounts.find_session(session_token(request));
  http::Response response;
  response.body = "{\"user\":" + (session.ok() ? log::json_string(session.user.name) : "null") + "}";
  response.add_field("Content-Type", "application/json");
  response.add_field("Cache-Control", "no-store");
  response.add_field("X-Content-Type-Options", "nosniff");
  response.add_content_length();
  return response;
}

}  // namespace pollux::accounts
