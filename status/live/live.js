// The live view: a WebSocket at /ws/live says twice a second how the server is doing, see status/live_feed.h.
"use strict";

const MOST_TRACES = 50;
const byId = (id) => document.getElementById(id);

const WAITS = { handshake: "TLS handshake", head: "a request", body: "a body", send: "the client to read", request: "the next request",
  message: "a message", close: "a goodbye", end: "the client's end" };

const charts = {
  rate: new MovingChart(byId("rate-chart"), [{ label: "requests/s", colour: "cool" }], COUNT, 10),
  latency: new MovingChart(byId("latency-chart"), [{ label: "p50", colour: "writing" }, { label: "p90", colour: "handling" },
    { label: "p99", colour: "reading" }], MICROSECONDS, 10),
};
const strips = new Map();  // Of the threads, by their names.
const bars = new Map();
const traces = [];

let socket;
let followed = "off";
let before;       // The message before this one.
let pause = 500;  // Milliseconds before the next attempt.

// What one call of epoll_wait or io_uring_enter has brought, on average since the message before.
function showBatch(now) {
  const turns = before ? now.loops.turns - before.loops.turns : 0;
  byId("batch").textContent = turns > 0 ? human((now.loops.events - before.loops.events) / turns) : "–";
  byId("batch-name").textContent = worksByCompletion(now) ? "completions a call" : "events a call";
  byId("batch-name").title = `of ${worksByCompletion(now) ? "io_uring_enter" : "epoll_wait"}, on average`;
}

function showFigures(now) {
  const since = before ? now.uptime - before.uptime : 0;
  const latency = now.microseconds.all;
  const rate = since > 0 ? (now.requests.total - before.requests.total) / since : null;  // Of one message, nobody knows.
  const sent = since > 0 ? (now.octets.out - before.octets.out) / since : null;
  byId("rate").textContent = rate === null ? "–" : human(rate);
  byId("p50").textContent = latency.count ? duration(latency.p50) : "–";
  byId("p99").textContent = latency.count ? duration(latency.p99) : "–";
  byId("open").textContent = human(now.connections.open);
  byId("sent").textContent = sent === null ? "–" : octets(sent);
  showBatch(now);
  const at = Date.now() / 1000;
  const times = latency.count ? [latency.p50, latency.p90, latency.p99] : [null, null, null];
  charts.rate.add(at, [rate]);
  charts.latency.add(at, times);
}

// The main thread first. Those of the accounts stand last: they are idle but for a log-in now and then.
const KINDS = ["pollux", "accept", "loop", "worker", "hashing", "blocking"];

function rankOf(name) {
  const rank = KINDS.findIndex((kind) => name.startsWith(kind));
  return rank < 0 ? KINDS.length : rank;
}

function addThread(name) {
  strips.set(name, new ThreadStrip(byId("threads"), name));
  const sorted = [...strips].sort(([a], [b]) => rankOf(a) - rankOf(b) || a.localeCompare(b, undefined, { numeric: true }));
  byId("threads").append(...sorted.map(([, { item }]) => item));
}

function showThreads(now) {
  for (const thread of now.threads) {
    if (!strips.has(thread.name)) addThread(thread.name);
    strips.get(thread.name).add(thread.seen);
  }
  const { workers, blocking } = now;
  const pool = (name, { threads, busy, queued }) => `${busy} of ${threads} ${name} busy, ${queued} in their queue`;
  const parts = [];
  if (workers.threads) parts.push(pool("workers", workers));
  if (blocking.threads) parts.push(pool("threads for the database", blocking));
  byId("queue").textContent = parts.length ? `At this moment: ${parts.join("; ")}.` : "No queue: each loop does it all.";
}

function showConnections(now) {
  const waiting = now.connections.waiting_for;
  const most = Math.max(1, ...Object.values(waiting));
  for (const [name, label] of Object.entries(WAITS)) {
    if (!bars.has(name)) {
      const item = document.createElement("li");
      item.innerHTML = `<span>${label}</span><span class="level"><i></i></span><span class="count"></span>`;
      byId("connections").append(item);
      bars.set(name, item);
    }
    const item = bars.get(name);
    item.querySelector("i").style.width = `${(100 * waiting[name]) / most}%`;
    item.querySelector(".count").textContent = waiting[name];
  }
}

function showHouse(now) {
  const cache = now.file_cache;
  const looks = cache.hits + cache.misses;
  const rows = {
    "file cache": `${human(cache.entries)} paths, ${octets(cache.octets)}, ${cache.open_files} files open`,
    "found there": looks ? `${((100 * cache.hits) / looks).toFixed(2)} % of ${human(looks)}` : "–",
    "answers 2xx, 3xx, 4xx, 5xx": ["2xx", "3xx", "4xx", "5xx"].map((name) => human(now.requests.status[name])).join(", "),
    "accepted, refused": `${human(now.connections.accepted)}, ${human(now.connections.refused)}`,
    "TLS handshakes, resumed, failed": [now.tls.handshakes, now.tls.resumed, now.tls.failed].map(human).join(", "),
    "WebSocket messages in, out": `${human(now.websocket.messages_in)}, ${human(now.websocket.messages_out)}`,
    "database connections, in use": `${now.sql.connections}, ${now.sql.lent}`,
    "times a client was waited for": human(now.blocked_writes),
    "timers fired": human(now.timers_fired),
    "log lines dropped": human(now.log_lines_dropped),
  };
  byId("house").replaceChildren(...Object.entries(rows).map(([name, value]) => {
    const row = document.createElement("div");
    const [term, text] = [document.createElement("dt"), document.createElement("dd")];
    term.textContent = name;
    text.textContent = value;
    row.append(term, text);
    return row;
  }));
}

function showStatus(now) {
  byId("state").textContent = `${wayOfWorking(now)}, accepting by ${now.accept}; version ${now.version}, ` +
    `up for ${longTime(now.uptime)}${now.draining ? "; shutting down" : ""}.`;
  showFigures(now);
  showThreads(now);
  showConnections(now);
  showHouse(now);
  before = now;
}

function addTrace(trace) {
  if (followed === "next") showOrder("off");  // That was it.
  traces.push(trace);
  const list = byId("traces");
  list.add(new Option(titleOf(trace), String(trace.number)));
  while (traces.length > MOST_TRACES) {
    traces.shift();
    list.remove(0);
  }
  list.hidden = byId("traces-label").hidden = false;
  if (traces.length === 1 || list.selectedIndex === list.options.length - 2) {  // Who reads an older one goes on.
    list.selectedIndex = list.options.length - 1;
    showTrace(byId("trace"), trace);
  }
}

function showOrder(order) {
  followed = order;
  byId("tracing").textContent = order === "off" ? "Nothing is followed." :
    order === "next" ? "The next request is followed. Ask for something." : `Followed: ${order}, at most 20 a second.`;
}

const hear = { status: showStatus, trace: addTrace, tracing: (message) => showOrder(message.order) };

function connect() {
  let opened = false;
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/live`);
  const enable = (on) => document.querySelectorAll("#orders button").forEach((button) => (button.disabled = !on));
  socket.onopen = () => {
    opened = true;
    pause = 500;
    before = undefined;
    enable(true);
  };
  socket.onmessage = (event) => {
    const message = JSON.parse(event.data);
    hear[message.kind](message);
  };
  socket.onclose = () => {
    enable(false);
    byId("state").textContent = opened || before ? "The connection has ended. Trying again …" :
      "The server tells this to visitors of its own machine only, unless [status] allow says otherwise.";
    setTimeout(connect, pause);
    pause = Math.min(2 * pause, 10_000);
  };
}

byId("orders").addEventListener("submit", (event) => {
  event.preventDefault();
  const order = event.submitter.value;
  const argument = { every: ` ${byId("every").value}`, from: ` ${byId("from").value.trim()}` }[order] ?? "";
  if (socket.readyState === WebSocket.OPEN) socket.send(`trace ${order}${argument}`);
});

byId("traces").addEventListener("change", (event) => {
  showTrace(byId("trace"), traces[event.target.selectedIndex]);
});

connect();
