// The moving charts and lanes of the live view. Numbers in, pixels out.
"use strict";

const MOMENTS = 120;  // Kept: a minute, of half seconds.
const ACTIVITIES = ["waiting", "looking", "reading", "handling", "writing"];

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

function human(number) {
  if (number >= 1e9) return `${(number / 1e9).toFixed(1)} G`;
  if (number >= 1e6) return `${(number / 1e6).toFixed(1)} M`;
  if (number >= 1e4) return `${(number / 1e3).toFixed(1)} k`;
  return number >= 100 || Number.isInteger(number) ? number.toFixed(0) : number.toFixed(1);
}

const octets = (number) => (number < 1e4 ? `${number.toFixed(0)} B` : `${human(number)}B`);

function duration(microseconds) {
  if (microseconds >= 1e6) return `${(microseconds / 1e6).toFixed(2)} s`;
  if (microseconds >= 1e4) return `${(microseconds / 1e3).toFixed(0)} ms`;
  if (microseconds >= 1e3) return `${(microseconds / 1e3).toFixed(1)} ms`;
  return `${microseconds.toFixed(0)} µs`;
}

// A chart of the last minute. `series`: [{label, colour}]; `format` makes text of a value.
class MovingChart {
  constructor(place, series, format) {
    this.place = place;
    this.series = series;
    this.format = format;
    this.data = [[], ...series.map(() => [])];
    this.draw();
    new ResizeObserver(() => this.plot.setSize(this.size())).observe(place);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
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
      scales: { y: { range: (_, low, high) => [0, high > 0 ? high * 1.1 : 1] } },
      axes: [{ ...axis, space: 80 }, { ...axis, size: 64, values: (_, ticks) => ticks.map(this.format) }],
      series: [{ value: (_, at) => (at === null ? "–" : new Date(at * 1000).toLocaleTimeString()) },
        ...this.series.map(({ label, colour: name }) => ({
          label, stroke: colour(name), width: 2, points: { show: false }, value: (_, v) => (v === null ? "–" : this.format(v)),
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

// A thread: a strip of its last minute, a column for each half second.
class Lane {
  constructor(list, name) {
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
  }

  // `seen`: how often it was found at each activity.
  add(seen) {
    const all = ACTIVITIES.reduce((sum, activity) => sum + seen[activity], 0);
    if (all === 0) return;
    const pen = this.canvas.getContext("2d");
    const { width, height } = this.canvas;
    pen.drawImage(this.canvas, -1, 0);
    let top = height;
    for (const activity of [...ACTIVITIES].reverse()) {  // What is work lies at the bottom.
      const share = (height * seen[activity]) / all;
      pen.fillStyle = colour(activity);
      pen.fillRect(width - 1, top - share, 1, share);
      top -= share;
    }
    const busy = 100 * (1 - seen.waiting / all);
    this.now.textContent = busy < 0.5 ? "idle" : `${busy.toFixed(0)} % busy`;
  }
}
