// The chat: a WebSocket at /ws/chat. The server says who is here and what was said, see websocket/chat.h.
"use strict";

const state = document.getElementById("state");
const list = document.getElementById("said");
const form = document.getElementById("say");
const text = document.getElementById("text");
const button = form.querySelector("button");
const MOST = 200;  // Lines kept on the page.

let socket;
let me;
let myName;  // Undefined: a guest.
let pause = 500;  // Milliseconds before the next attempt.

function show(line) {
  const item = document.createElement("li");
  const who = document.createElement("b");
  who.textContent = line.from === me ? "You" : line.name ?? `Guest ${line.from}`;
  item.append(who, ` ${line.text}`);
  list.append(item);
  while (list.children.length > MOST) list.firstChild.remove();
  list.scrollTop = list.scrollHeight;
}

function hear(message) {
  if (message.kind === "said") return show(message);
  if (message.you) [me, myName] = [message.you, message.name];
  const others = message.count - 1;
  state.textContent = `You are ${myName ?? `guest ${me}`}. ${others === 0 ? "Nobody else is here." : others === 1 ? "One other is here." : `${others} others are here.`}`;
}

function connect() {
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/chat`);
  socket.onopen = () => {
    pause = 500;
    button.disabled = false;
  };
  socket.onmessage = (event) => hear(JSON.parse(event.data));
  socket.onclose = () => {
    button.disabled = true;
    state.textContent = "The connection has ended. Trying again …";
    setTimeout(connect, pause);
    pause = Math.min(2 * pause, 10_000);
  };
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (socket.readyState !== WebSocket.OPEN || !text.value.trim()) return;
  socket.send(text.value);
  text.value = "";
});

connect();
