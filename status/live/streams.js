// The streams of a connection of HTTP/2 while one of them was followed: a lane for each, with its frames, and the
// windows of the one that was followed. All that is drawn is also in the table of steps.
"use strict";

const share = (at, whole) => `${(100 * at) / whole}%`;

// "1 stream", "2 streams".
const several = (number, noun) => `${grouped(number)} ${noun}${number === 1 ? "" : "s"}`;

function element(tag, name, text = "") {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.textContent = text;
  return made;
}

// The trace's frames as {at, out, name, stream, octets, last, ...}.
const framesOf = (trace) => trace.steps.filter((step) => step.frame)
  .map((step) => ({ at: step.at, out: step.what === "frame out", ...step.frame }));

// Lanes with their frames, and one of the connection itself, stream 0, if it had any.
function lanesOf(trace) {
  const whole = Math.max(1, trace.steps.at(-1).at);
  const frames = framesOf(trace);
  const own = (stream) => frames.filter((frame) => frame.stream === stream);
  const lanes = trace.streams.lanes.map((lane) => ({
    ...lane, from: lane.begun ?? 0, to: Math.min(lane.ended ?? whole, whole), frames: own(lane.stream),
    followed: lane.stream === trace.streams.followed,
  }));
  const connection = { stream: 0, asked: "", from: 0, to: whole, frames: own(0), followed: false };
  return connection.frames.length ? [connection, ...lanes] : lanes;
}

const sentData = (lane) => lane.frames.filter((frame) => frame.out && frame.name === "DATA" && frame.octets > 0).map(({ at }) => at);

// Complete before another that was there first and was sending before and after that.
function overtakes(lane, other) {
  const data = sentData(other);
  return lane !== other && lane.ended !== undefined && other.from <= lane.from &&
    data.some((at) => at < lane.ended) && data.some((at) => at > lane.ended);
}

// Asked for while another was being sent, in several frames more, and sent after it.
function waitsFor(lane, other) {
  const [own, data] = [sentData(lane), sentData(other)];
  return lane !== other && own.length > 0 && data.filter((at) => at > lane.from).length > 1 && data.at(-1) < own[0];
}

// What one sees, in a sentence or two.
function lessonOf(lanes) {
  const streams = lanes.filter(({ stream }) => stream > 0);
  const behind = (judge) => streams.map((large) => ({ large, small: streams.filter((lane) => judge(lane, large)) }))
    .sort((a, b) => b.small.length - a.small.length || b.large.out.octets - a.large.out.octets)[0];
  const ahead = behind(overtakes);
  if (ahead?.small.length) {
    return `While stream ${ahead.large.stream} was sending its ${octets(ahead.large.out.octets)}, ` +
      `${several(ahead.small.length, "other answer")} went out between its frames. Each frame says whose it is, so nothing ` +
      "waits for the end of a large answer; in HTTP/1.1, all that is asked for behind it on its connection does.";
  }
  const late = behind(waitsFor);
  if (late?.small.length) {
    return `${late.small.length === 1 ? `Stream ${late.small[0].stream} was` : `${late.small.length} streams were`} asked for while ` +
      `stream ${late.large.stream} was being sent, and had to wait. They need not in HTTP/2: who is next is the client’s to ` +
      "say (RFC 9218), if it asks for turns or for another order, and leaves room in its windows.";
  }
  const beside = streams.filter((lane) => !lane.followed && streams.some((one) => one.followed && lane.from < one.to && one.from < lane.to));
  if (beside.length) {
    return `${several(beside.length, "other stream")} of this connection ${beside.length === 1 ? "was" : "were"} open at the same time. ` +
      "Each frame says whose it is, so no answer has to wait for the end of another.";
  }
  return "No other stream of this connection was open. Ask for several files at once: they lie here side by side, and none waits for the end of another.";
}

function sayFrame({ at, out, name, stream, octets: length, last, window_out: sending, window_in: receiving }) {
  const windows = ({ stream: own, connection }) => `${own === undefined ? "" : `stream ${octets(own)}, `}connection ${octets(connection)}`;
  return `${duration(at)}: ${name} ${out ? "to the client" : "from the client"}${stream ? `, stream ${stream}` : ""}, ` +
    `${octets(length)}${last ? ", the last" : ""}. May still be sent: ${windows(sending)}; received: ${windows(receiving)}.`;
}

// HEADERS, DATA, or what only steers.
const kindOf = ({ name, out }) => (name === "DATA" ? `data ${out ? "out" : "in"}` : name === "HEADERS" ? `head ${out ? "out" : "in"}` :
  `steer ${out ? "out" : "in"}`);

function sayLane(lane) {
  if (lane.stream === 0) return `The connection itself: ${several(lane.frames.length, "frame")}.`;
  return `Stream ${lane.stream}${lane.asked ? `, ${lane.asked}` : ""}${lane.followed ? ", followed" : ""}: from ` +
    `${lane.begun === undefined ? "before the first step" : duration(lane.begun)} to ` +
    `${lane.ended === undefined ? "after the last" : duration(lane.ended)}; ${several(lane.in.frames, "frame")} in with ` +
    `${octets(lane.in.octets)} of data, ${grouped(lane.out.frames)} out with ${octets(lane.out.octets)}.`;
}

// A strip of frames: the pointer or the arrow keys go from one to the next; `tell` is given the one they are at.
function strip(lane, whole, tell) {
  const made = element("div", "strip");
  const bar = element("i", `bar${lane.begun === undefined ? " before" : ""}${lane.ended === undefined ? " after" : ""}`);
  bar.style.left = share(lane.from, whole);
  bar.style.width = share(lane.to - lane.from, whole);
  const marks = lane.frames.map((frame) => {
    const mark = element("i", `frame ${kindOf(frame)}`);
    mark.style.left = share(frame.at, whole);
    return mark;
  });
  made.append(bar, ...marks);
  if (marks.length === 0) return made;
  let at = 0;
  const show = (next) => {
    marks[at].classList.remove("at");
    at = Math.max(0, Math.min(marks.length - 1, next));
    marks[at].classList.add("at");
    made.setAttribute("aria-valuenow", String(at + 1));
    made.setAttribute("aria-valuetext", sayFrame(lane.frames[at]));
    tell(lane.frames[at]);
  };
  const attributes = { role: "slider", tabindex: "0", "aria-label": `${sayLane(lane)} Frame`, "aria-valuemin": "1",
    "aria-valuemax": String(marks.length), "aria-valuenow": "1", "aria-valuetext": sayFrame(lane.frames[0]) };
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.addEventListener("focus", () => show(at));
  made.addEventListener("blur", () => marks[at].classList.remove("at"));
  made.addEventListener("pointerleave", () => marks[at].classList.remove("at"));
  made.addEventListener("pointermove", (event) => {
    const box = made.getBoundingClientRect();
    const there = (whole * (event.clientX - box.left)) / box.width;
    const distance = (frame) => Math.abs(frame.at - there);
    show(lane.frames.reduce((best, frame, i) => (distance(frame) < distance(lane.frames[best]) ? i : best), 0));
  });
  made.addEventListener("keydown", (event) => {
    const next = { ArrowRight: at + 1, ArrowUp: at + 1, ArrowLeft: at - 1, ArrowDown: at - 1, Home: 0, End: marks.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    show(next);
  });
  return made;
}

function laneItem(lane, whole, tell) {
  const item = element("li", lane.followed ? "followed" : "");
  item.dataset.stream = lane.stream;
  const name = element("span", "name");
  name.append(element("b", "", lane.stream ? `${lane.stream}` : ""), ` ${lane.stream ? lane.asked || "open already" : "the connection"}`);
  name.title = sayLane(lane);
  const sum = lane.stream ? octets(lane.out.octets + lane.in.octets) : several(lane.frames.length, "frame");
  item.append(name, strip(lane, whole, tell), element("span", "sum", sum));
  return item;
}

// A line of steps through [{at, value}].
function windowLine(name, points, whole, most) {
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  const [x, y] = [(at) => ((1000 * at) / whole).toFixed(1), (value) => (96 - (92 * Math.max(0, value)) / most).toFixed(1)];
  line.setAttribute("class", name);
  line.setAttribute("d", `M${x(points[0].at)} ${y(points[0].value)}${points.slice(1).map(({ at, value }) => `H${x(at)}V${y(value)}`).join("")}`);
  return line;
}

// How much DATA the receiver still takes: of the stream that was followed, and of the whole connection. Of the
// direction most of its octets went.
function windowItem(trace, lanes, whole) {
  const lane = lanes.find(({ followed }) => followed);
  if (!lane) return [];
  const way = lane.in.octets > lane.out.octets ? "window_in" : "window_out";
  const frames = framesOf(trace);
  const connection = frames.map((frame) => ({ at: frame.at, value: frame[way].connection }));
  const own = lane.frames.filter((frame) => frame[way].stream !== undefined).map((frame) => ({ at: frame.at, value: frame[way].stream }));
  if (!own.length) return [];
  const most = Math.max(1, ...connection.map(({ value }) => value), ...own.map(({ value }) => value));
  const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  drawing.setAttribute("viewBox", "0 0 1000 100");
  drawing.setAttribute("preserveAspectRatio", "none");
  drawing.setAttribute("aria-hidden", "true");
  drawing.append(windowLine("connection", connection, whole, most), windowLine("stream", own, whole, most));
  const place = element("div", "strip");
  place.append(drawing);
  const least = (points) => Math.min(...points.map(({ value }) => value));
  const item = element("li", "windows");
  item.append(element("span", "name", "windows"), place, element("span", "sum", octets(most)));
  const range = (points) => `${octets(points[0].value)} at first, ${octets(Math.max(0, least(points)))} at the least`;
  const said = element("p", "hint", `The windows, how much DATA ${way === "window_out" ? "the client" : "the server"} still takes: ` +
    `stream ${lane.stream} (the thick line) ${range(own)}; the connection ${range(connection)}. DATA uses them up, WINDOW_UPDATE fills them.` +
    (least(own) <= 0 || least(connection) <= 0 ? " At nothing, DATA waits." : ""));
  return [item, said];
}

function streamsOf(trace) {
  const lanes = lanesOf(trace);
  const whole = Math.max(1, trace.steps.at(-1).at);
  const made = element("section", "streams");
  made.setAttribute("aria-label", "Streams of the connection");
  const readout = element("p", "readout", "Point at a frame, or go to a lane and press the arrow keys.");
  const tell = (frame) => (readout.textContent = sayFrame(frame));
  const list = element("ol", "stream-lanes");
  list.append(...lanes.map((lane) => laneItem(lane, whole, tell)));
  const [windows, said] = windowItem(trace, lanes, whole);
  if (windows) list.append(windows);
  const axis = element("p", "axis");
  axis.append(element("span", "", "0"), element("span", "", duration(whole)));
  const legend = element("ul", "legend");
  legend.innerHTML = "<li class=reading>from the client</li><li class=handling>HEADERS</li><li class=writing>DATA</li><li class=looking>others</li>";
  const more = trace.streams.left_out ? [element("p", "hint", `${several(trace.streams.left_out, "more stream")} had no room here.`)] : [];
  made.append(element("p", "lesson", lessonOf(lanes)), legend, list, axis, readout, ...more, ...(said ? [said] : []));
  return made;
}
