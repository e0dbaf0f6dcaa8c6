// Chapter links seek in the film on this page. Without this script they still
// work: each is a media fragment (#t=SECONDS) that opens the film at its place.
"use strict";

const film = document.getElementById("film");

document.getElementById("chapters").addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  film.currentTime = Number(link.hash.replace("#t=", ""));
  film.focus();
  film.scrollIntoView({ block: "nearest" });
});
