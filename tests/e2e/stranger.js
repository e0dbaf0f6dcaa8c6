// A stranger's WebSocket client: the package ws, as Debian has it. Says a few things to an echo, and ends.
//
//   node stranger.js URL
"use strict";
const assert = require("assert");
const WebSocket = require("ws");

const messages = ["", "Hello", "\u00fc".repeat(10000), Buffer.alloc(100000, 7), Buffer.from([0, 255])];
const socket = new WebSocket(process.argv[2], { rejectUnauthorized: false, perMessageDeflate: { threshold: 0 } });
let heard = 0;

socket.on("open", () => {
  assert.match(socket.extensions, /permessage-deflate/);
  messages.forEach((message) => socket.send(message));
  socket.ping("are you there");
});
let ponged = false;
socket.on("pong", (payload) => {
  assert.strictEqual(payload.toString(), "are you there");
  ponged = true;
});
socket.on("message", (payload, binary) => {
  const sent = messages[heard++];
  assert.strictEqual(binary, Buffer.isBuffer(sent));
  assert.ok(payload.equals(Buffer.from(sent)));
  if (heard === messages.length) socket.close(1000, "that is all");
});
socket.on("close", (code) => {
  assert.strictEqual(code, 1000);
  assert.ok(ponged);
  assert.strictEqual(heard, messages.length);
});
