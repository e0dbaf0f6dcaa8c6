// The pages of accounts: /register, /login, /logout, /account, /welcome. They work without a script. And
// /member.json, by which the scripts of other pages learn who is logged in.
//
//   success    303: to where the visitor wanted to go, or /welcome
//   refusal    the form again, with what was typed in it but for passwords, and the reason beside the field:
//              401 wrong name or password, 409 the name is taken, 422 against the rules, 429 too often,
//              503 the database is away; 403 a form that did not come from a page of ours
//
// Thread: any, several at once. Constant after construction. What asks the database waits in a pool.
#pragma once

#include <chrono>

#include "accounts/accounts.h"
#include "accounts/visit.h"
#include "http/form.h"
#include "http/handler.h"
#include "http/hosts.h"
#include "http/job_pool.h"

namespace pollux::accounts {

// Where pages wait. Apart, so that a flood of passwords to be hashed does not keep members from their pages.
struct Pools {
  http::JobPool& lookups;  // For the database alone: milliseconds.
  http::JobPool& hashing;  // For whatever hashes a password.
};

// What all pages need.
struct PageParts {
  Accounts& accounts;
  const http::Hosts& hosts;  // Whose navigation and error pages they use.
  Pools pools;
};

// What all pages have in common: methods, the form, where it came from.
class Page : public http::JobHandler {
 public:
  // All must outlive it. `pool`: where this page's forms wait.
  Page(const PageParts& parts, http::JobPool& pool) : parts_(parts), forms_(pool) {}

  [[nodiscard]] http::Response answer(const http::Request& request, const Now& now) final;
  [[nodiscard]] std::uint64_t max_body(const http::Request& request) const final;
  [[nodiscard]] bool has_secrets() const final { return true; }  // Passwords.

 protected:
  [[nodiscard]] virtual http::Response show(const Visit& visit) = 0;
  [[nodiscard]] virtual http::Response act(const Visit& visit, const http::Form& form) = 0;

  [[nodiscard]] Accounts& accounts() const { return parts_.accounts; }

 private:
  // A page to look at asks the database only about those who may have a session.
  [[nodiscard]] http::JobPool* pool_for(const http::Request& request) const final;
  [[nodiscard]] http::Response act_on_form(const Visit& visit, const Now& now);

  const PageParts parts_;
  http::JobPool& forms_;
};

class RegisterPage final : public Page {
 public:
  RegisterPage(const PageParts& parts, std::chrono::seconds lifetime)
      : Page(parts, parts.pools.hashing), lifetime_(lifetime) {}

 private:
  http::Response show(const Visit& visit) override;
  http::Response act(const Visit& visit, const http::Form& form) override;

  const std::chrono::seconds lifetime_;  // Of a session.
};

class LoginPage final : public Page {
 public:
  LoginPage(const PageParts& parts, std::chrono::seconds lifetime)
      : Page(parts, parts.pools.hashing), lifetime_(lifetime) {}

 private:
  http::Response show(const Visit& visit) override;
  http::Response act(const Visit& visit, const http::Form& form) override;

  const std::chrono::seconds lifetime_;
};

class LogoutPage final : public Page {
 public:
  explicit LogoutPage(const PageParts& parts) : Page(parts, parts.pools.lookups) {}

 private:
  http::Response show(const Visit& visit) override;
  http::Response act(const Visit& visit, const http::Form& form) override;
};

class WelcomePage final : public Page {
 public:
  explicit WelcomePage(const PageParts& parts) : Page(parts, parts.pools.lookups) {}

 private:
  http::Response show(const Visit& visit) override;
  http::Response act(const Visit& visit, const http::Form& form) override;
};

class AccountPage final : public Page {
 public:
  explicit AccountPage(const PageParts& parts) : Page(parts, parts.pools.hashing) {}

 private:
  struct Remarks;

  http::Response show(const Visit& visit) override;
  http::Response act(const Visit& visit, const http::Form& form) override;
  [[nodiscard]] http::Response show(const Visit& visit, http::Status status, const Remarks& remarks);
  [[nodiscard]] http::Response change_password(const Visit& visit, const http::Form& form);
};

// {"user":"Ada"}, or {"user":null} for a guest, and where the database cannot be asked.
class MemberJson final : public http::JobHandler {
 public:
  // Both must outlive it.
  explicit MemberJson(const PageParts& parts) : parts_(parts) {}

  [[nodiscard]] http::Response answer(const http::Request& request, const Now& now) override;

 private:
  [[nodiscard]] http::JobPool* pool_for(const http::Request& request) const override;

  const PageParts parts_;
};

}  // namespace pollux::accounts
