// The moving charts of the live view, and the strips of its threads. Numbers in, pixels out.
"use strict";

const MOMENTS = 120;  // Kept: a minute, of half seconds.
const ACTIVITIES = ["waiting", "looking", "reading", "handling", "writing"];

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

// Calls `draw` whenever the page's colours change.
const onScheme = (draw) => matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);

// Units of a quantity, the largest first: from which value on, how much one is, and what stands behind the number.
const COUNT = [{ from: 1e9, size: 1e9, name: " G" }, { from: 1e6, size: 1e6, name: " M" },
  { from: 1e4, size: 1e3, name: " k" }, { from: 0, size: 1, name: "" }];
const OCTETS = COUNT.map((unit) => ({ ...unit, name: `${unit.name || " "}B` }));
const MICROSECONDS = [{ from: 1e6, size: 1e6, name: " s" }, { from: 1e3, size: 1e3, name: " ms" },
  { from: 0, size: 1, name: " µs" }];

const unitOf = (number, units) => units.find(({ from }) => number >= from);

// "12 345.6" with narrow spaces, which nobody takes for a decimal point.
function grouped(number, decimals = 0) {
  const [whole, rest] = number.toFixed(decimals).split(".");
  return whole.replace(/\B(?=(\d{3})+$)/g, "\u202f") + (rest ? `.${rest}` : "");
}

function withUnit(number, units) {
  const { size, name } = unitOf(number, units);
  const value = number / size;
  return grouped(value, value >= 100 || Number.isInteger(value) ? 0 : 1) + name;
}

const human = (number) => withUnit(number, COUNT);
const octets = (number) => withUnit(Math.round(number), OCTETS);
const duration = (microseconds) => withUnit(microseconds, MICROSECONDS);

// Labels of an axis: all in one unit, and as exact as the step between them.
function ticks(values, step, units) {
  const { size, name } = unitOf(Math.max(...values), units);
  let decimals = 0;
  while (decimals < 3 && Number((step / size).toFixed(decimals)) !== Number((step / size).toFixed(6))) ++decimals;
  return values.map((value) => (value === 0 ? "0" : grouped(value / size, decimals) + name));
}

// "2 d 3 h": a time in seconds, in its two largest units.
function longTime(seconds) {
  const [days, hours, minutes] = [seconds / 86400, (seconds / 3600) % 24, (seconds / 60) % 60].map(Math.floor);
  if (days) return `${days} d ${hours} h`;
  if (hours) return `${hours} h ${minutes} min`;
  return `${minutes ? `${minutes} min ` : ""}${Math.floor(seconds % 60)} s`;
}

// "17:05:09", wherever the browser comes from. `at`: seconds since 1970.
const clock = (at) => new Date(at * 1000).toTimeString().slice(0, 8);

// A chart of the last minute. `series`: [{label, colour}]; `units` of the values; an axis reaches to `least` at
// least, so that nothing is drawn large that is small.
class MovingChart {
  constructor(place, series, units, least) {
    this.place = place;
    this.series = series;
    this.units = units;
    this.least = least;
    this.data = [[], ...series.map(() => [])];
    this.draw();
    new ResizeObserver(() => this.plot.setSize(this.size())).observe(place);
    onScheme(() => {
      this.plot.destroy();
      this.draw();
    });
  }

  size() {
    return { width: Math.max(200, this.place.clientWidth), height: 200 };
  }

  draw() {
    const axis = { stroke: colour("dim"), grid: { stroke: colour("edge"), width: 1 }, ticks: { show: false } };
    this.plot = new uPlot({
      ...this.size(),
      cursor: { y: false, drag: { setScale: false } },
      scales: { y: { range: (_, low, high) => [0, Math.max(high * 1.1, this.least)] } },
      axes: [{ ...axis, space: 80, values: (_, moments) => moments.map(clock) },
        { ...axis, size: 64, values: (_, values, __, ___, step) => ticks(values, step, this.units) }],
      series: [{ label: "time", value: (_, at) => (at === null ? "–" : clock(at)) },
        ...this.series.map(({ label, colour: name }) => ({
          label, stroke: colour(name), width: 2, points: { show: false },
          value: (_, v) => (v === null ? "–" : withUnit(v, this.units)),
        }))],
    }, this.data, this.place);
  }

  add(at, values) {
    [at, ...values].forEach((value, i) => {
      this.data[i].push(value);
      if (this.data[i].length > MOMENTS) this.data[i].shift();
    });
    this.plot.setData(this.data);
  }
}

// A thread's last minute: a column for each half second.
class ThreadStrip {
  constructor(list, name) {
    this.moments = [];  // Of each: how often the thread was found at each activity.
    this.item = document.createElement("li");
    this.canvas = document.createElement("canvas");
    this.canvas.width = MOMENTS;
    this.canvas.height = 24;
    this.canvas.setAttribute("aria-hidden", "true");
    this.now = document.createElement("span");
    this.now.className = "now";
    const label = document.createElement("span");
    label.className = "name";
    label.textContent = name;
    this.item.append(label, this.canvas, this.now);
    list.append(this.item);
    onScheme(() => this.draw());
  }

  add(seen) {
    const all = ACTIVITIES.reduce((sum, activity) => sum + seen[activity], 0);
    if (all === 0) return;
    this.moments.push(ACTIVITIES.map((activity) => seen[activity] / all));
    if (this.moments.length > MOMENTS) this.moments.shift();
    this.draw();
    const busy = 100 * (1 - seen.waiting / all);
    this.now.textContent = busy < 0.5 ? "idle" : `${busy.toFixed(0)} % busy`;
  }

  draw() {
    const pen = this.canvas.getContext("2d");
    const { width, height } = this.canvas;
    const colours = ACTIVITIES.map(colour);
    pen.clearRect(0, 0, width, height);
    this.moments.forEach((shares, i) => {
      let top = 0;  // Work lies at the bottom.
      shares.forEach((share, activity) => {
        pen.fillStyle = colours[activity];
        pen.fillRect(width - this.moments.length + i, top * height, 1, share * height);
        top += share;
      });
    });
  }
}
