// A request that was followed: a line of time, and its steps as a table that can be read, copied and searched. Of
// HTTP/2, the streams beside it come first (streams.js).
"use strict";

const SHADES = ["handling", "reading", "writing", "looking"];  // Of threads, in the order they appear.

function cell(text, name) {
  const made = document.createElement("td");
  made.className = name;
  made.textContent = text;
  return made;
}

// What the server says of sizes, in groups of three digits. What the client said stays as it came.
const readable = ({ what, detail, frame }) =>
  what === "parser" ? detail : frame ? detail.replace(/\d{4,}/g, (digits) => grouped(Number(digits))) : detail.replace(/\d{4,}(?=( of \d+)? octets)/g, (digits) => grouped(Number(digits)));

const worksByCompletion = ({ triggers }) => triggers === "none";

// "proactor, triggers lt/et", "io-uring, by completion". Of a trace, or of the server.
const wayOfWorking = (one) => `${one.model}, ${worksByCompletion(one) ? "by completion" : `triggers ${one.triggers}`}`;

// "sqe": submitted to a ring; "cqe": completed; "": anything else.
const sideOf = ({ what }) => what.match(/^(sqe|cqe) /)?.[1] ?? "";

// Before it, the connection was in nobody's hands but the kernel's.
const endsWait = (step) => step.what === "epoll_wait" || sideOf(step) === "cqe";

// Where the socket took no more.
const waitsForRoom = ({ what, detail }) => detail.startsWith("EAGAIN: the socket takes no more") ||
  (what === "sqe poll" && detail.startsWith("for room"));

function ringLegend() {
  const made = document.createElement("ul");
  made.className = "legend ring";
  made.setAttribute("aria-label", "Steps of io_uring");
  made.innerHTML = "<li class=sqe>sqe, a submission: what the kernel is asked to do</li><li class=cqe>cqe, a completion: what it has done</li>";
  return made;
}

function shadesOf(steps) {
  const threads = [...new Set(steps.map((step) => step.thread))];
  return new Map(threads.map((thread, i) => [thread, SHADES[i % SHADES.length]]));
}

// From each step to the next it was in the hands of the next one's thread: until then it had not got to it.
function timeline(steps, shades) {
  const line = document.createElement("div");
  line.className = "line";
  line.setAttribute("aria-hidden", "true");
  const whole = Math.max(1, steps.at(-1).at);
  for (let i = 1; i < steps.length; ++i) {
    const part = document.createElement("i");
    const [from, to] = [steps[i - 1], steps[i]];
    part.className = from.thread === to.thread && !endsWait(to) ? shades.get(to.thread) : "waiting";
    part.style.left = `${(100 * from.at) / whole}%`;
    part.style.width = `${(100 * (to.at - from.at)) / whole}%`;
    part.title = `${from.what} → ${to.what}: ${(to.at - from.at).toFixed(1)} µs`;
    line.append(part);
  }
  return line;
}

// `followed`: of HTTP/2, the stream; frames of others are in the background.
function table(steps, shades, followed) {
  const made = document.createElement("table");
  made.innerHTML = "<thead><tr><th class=at>µs</th><th class=at>+</th><th>thread</th><th>step</th><th>what it saw</th></tr></thead>";
  const body = made.createTBody();
  steps.forEach((step, i) => {
    const row = body.insertRow();
    if (step.frame && step.frame.stream !== followed) row.className = "other";
    const since = i === 0 ? 0 : step.at - steps[i - 1].at;
    row.append(cell(step.at.toFixed(1), "at"), cell(since.toFixed(1), "at"), cell(step.thread, `thread ${shades.get(step.thread)}`),
      cell(step.what, `what ${sideOf(step)}`), cell(readable(step), "detail"));
  });
  return made;
}

function askedIn(trace) {
  const stream = trace.streams?.lanes.find((lane) => lane.stream === trace.streams.followed);
  if (stream) return `${stream.asked} HTTP/2`;
  const line = trace.steps.find((step) => step.detail.startsWith("kRequestLine"));
  return line ? line.detail.slice("kRequestLine <- ".length) : "no request";
}

function titleOf(trace) {
  return `${trace.number}: ${askedIn(trace)}, ${duration(trace.steps.at(-1).at)}, from ${trace.peer}`;
}

function showTrace(place, trace) {
  const shades = shadesOf(trace.steps);
  const head = document.createElement("p");
  const waits = trace.steps.filter(waitsForRoom).length;
  const room = worksByCompletion(trace) ? "room in the socket" : "EPOLLOUT";
  head.textContent = `${wayOfWorking(trace)}: ${trace.steps.length} steps in ${duration(trace.steps.at(-1).at)}` +
    `${waits ? `, ${several(waits, "time")} it had to wait for ${room}` : ""}${trace.left_out ? `; ${trace.left_out} steps are left out` : ""}.`;
  const steps = document.createElement("div");
  steps.className = "steps";
  steps.tabIndex = 0;
  steps.setAttribute("role", "region");
  steps.setAttribute("aria-label", "Steps of the request");
  steps.append(table(trace.steps, shades, trace.streams?.followed));
  const streams = trace.streams?.followed ? [streamsOf(trace)] : [];
  const legend = trace.steps.some(sideOf) ? [ringLegend()] : [];
  place.replaceChildren(head, ...streams, timeline(trace.steps, shades), ...legend, steps);
}
