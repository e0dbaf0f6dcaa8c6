// Shows who is logged in, where pages offer to log in. The server knows: the cookie of a session is not for scripts.
"use strict";

async function showMember() {
  const { user } = await fetch("/member.json").then((answer) => answer.json()).catch(() => ({ user: null }));
  const link = document.querySelector(".member a");
  link.textContent = user ?? "Log in";
  link.href = user ? "/account" : "/login";
}

if (document.querySelector(".member a")) {  // Not where there are no accounts.
  showMember();
  addEventListener("pageshow", (event) => event.persisted && showMember());  // Back, perhaps after a log-out.
}
