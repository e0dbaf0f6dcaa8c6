// The handbook's search: sections that have all of the words, those with the most in their headings first.
"use strict";

const field = document.querySelector("input[type=search][data-index]");
const list = document.querySelector("ol.found");
let index;  // A promise of [address, page, heading, text] for each section.

function load() {
  index ??= fetch(field.dataset.index).then((answer) => answer.json());
  return index;
}

// How well a section fits; 0: not at all.
function rank([, page, heading, text], words) {
  const head = `${page} ${heading}`.toLowerCase();
  const body = text.toLowerCase();
  let sum = 0;
  for (const word of words) {
    const inHead = head.includes(word);
    if (!inHead && !body.includes(word)) return 0;
    sum += inHead ? 10 : 1;
  }
  return sum;
}

function excerpt(text, word) {
  const at = Math.max(0, text.toLowerCase().indexOf(word));
  const from = Math.max(0, at - 40);
  const line = document.createElement("span");
  line.append(from > 0 ? "…" : "", text.slice(from, at));
  const mark = document.createElement("mark");
  mark.textContent = text.slice(at, at + word.length);
  if (text.toLowerCase().startsWith(word, at)) line.append(mark, text.slice(at + word.length, at + 120), "…");
  else line.append(text.slice(at, at + 120), "…");
  return line;
}

function item([address, page, heading, text], words) {
  const entry = document.createElement("li");
  const link = document.createElement("a");
  link.href = address;
  link.textContent = heading ? `${page} · ${heading}` : page;
  entry.append(link, excerpt(text, words.find((word) => text.toLowerCase().includes(word)) ?? words[0]));
  return entry;
}

async function search() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  list.hidden = words.length === 0;
  if (list.hidden) return;
  const sections = await load();
  const found = sections.map((section) => [rank(section, words), section]).filter(([points]) => points > 0);
  found.sort(([a], [b]) => b - a);
  const items = found.slice(0, 12).map(([, section]) => item(section, words));
  if (items.length === 0) {
    items.push(document.createElement("li"));
    items[0].textContent = field.dataset.none;
  }
  list.replaceChildren(...items);
}

field.addEventListener("focus", load, { once: true });
field.addEventListener("input", search);
field.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  field.value = "";
  search();
});

// On a phone the list of chapters would stand before the text.
const contents = document.querySelector(".contents details");
if (contents && matchMedia("(max-width: 60rem)").matches) contents.open = false;
