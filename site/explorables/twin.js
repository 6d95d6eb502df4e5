// The simulated counties: how much pooling brings their rates nearest to the truth, which is known.
import { axisBottom, axisLeft } from "d3-axis";
import { scaleLinear, scaleLog } from "d3-scale";
import { mount } from "./explore.js";
import { count, found, total, uniform } from "./tools.js";

const MAP = [975, 610]; // units of the map
const TOP = 12; // highest rate that the funnel shows, per 100,000
const WIDE = 560; // pixels: the key has two lines, else three
const NEAR = 16; // pixels: a pointer finds a county this near
const LOOKS = ["low", "lowish", "middle", "highish", "high"]; // between the cuts
const rate = (value) => value.toFixed(value < 9.95 ? 2 : 1);

// A Poisson count: arrivals with exponential gaps, until the mean has passed.
function poisson(mean, random) {
  let events = -1;
  for (let time = 0; time <= mean; events++) time -= Math.log(1 - random());
  return events;
}

// 0, then ten a decade from 1,000 to 100 million, the fitted value, and complete pooling
function stops(fitted) {
  const some = Array.from({ length: 51 }, (_, k) => Number((10 ** (3 + k / 10)).toPrecision(2)));
  return [0, ...[...some, fitted].sort((a, b) => a - b), Infinity];
}

export default function (root, data) {
  const { n, cuts, small } = data;
  const truth = data.rate.map((value) => value / 1000); // per 100,000 person-years, as all rates here
  const names = Object.entries(data.names ?? {}).flatMap(([state, counties]) =>
    counties.replaceAll("~", " County").split(";").map((county) => `${county}, ${state}`));
  const order = n.map((_, i) => i).sort((i, j) => n[j] - n[i]); // large counties first, small on top

  const draws = [data.deaths];
  function deaths(draw) {
    if (!draws[draw]) {
      const random = uniform(1980 + 5 * draw);
      draws[draw] = n.map((years, i) => poisson((years * truth[i]) / 1e5, random));
    }
    return draws[draw];
  }
  // (y + n0 m) / (n + n0), with the mean m of all deaths over all person-years
  function estimates(draw, n0) {
    const y = deaths(draw), mean = total(y) / total(n);
    return y.map((some, i) => 1e5 * (n0 === Infinity ? mean : (some + n0 * mean) / (n[i] + n0)));
  }
  const error = (values) => Math.sqrt(total(values.map((value, i) => (value - truth[i]) ** 2)) / n.length);
  const step = (value) => total(cuts.map((cut) => (value > cut ? 1 : 0))); // a place in LOOKS
  const changed = (now, before) => now.filter((value, i) => step(value) !== step(before[i])).length;

  let last = {};
  function at({ draw, n0 }) {
    if (last.draw === draw && last.n0 === n0) return last;
    const [raw, pooled, complete] = [0, n0, Infinity].map((size) => estimates(draw, size));
    return (last = { draw, n0, raw, pooled, complete });
  }

  let spots = []; // [x, y] of each county in each panel, as drawn
  function find(x, y) {
    let best, least = NEAR ** 2;
    for (const panel of spots) panel.forEach(([a, b], i) => {
      const far = (a - x) ** 2 + (b - y) ** 2;
      if (far < least) [best, least] = [i, far];
    });
    return best;
  }
  const search = (typed) => found(typed, names, order);
  function tell(state) {
    const i = state.over ?? state.place;
    if (i === undefined)
      return state.typed ? "No county of this name." : "Point at a county, tap it, or type its name.";
    const { raw, pooled } = at(state);
    return `${names[i]}: raw ${rate(raw[i])}, pooled ${rate(pooled[i])}, true ${rate(truth[i])}; ` +
      `${count(n[i])} person-years.`;
  }

  const wide = (width) => (small ? Math.min(width, 440) : Math.min((width - 16) / 2, 260));
  const tall = (width) => (wide(width) * MAP[1]) / MAP[0];
  const titled = small ? 0 : 20;

  mount(root, {
    title: "Where are death rates high?",
    try: `Simulated deaths, so the truth is known. Drag n0, the prior sample size; let five more years pass${small ? "" : "; find a county"}.`,
    alt: small ? "Map of counties as dots, coloured by their rates"
      : "Three maps of counties as dots, raw, pooled and true rates, and the pooled rates against person-years",
    height: (width) => (small ? 1 : 2) * (tall(width) + titled) + (small ? 8 : 34) + (width < WIDE ? 46 : 30),
    colors: data.colors,
    canvas: true,
    start: { draw: 0, place: undefined, over: undefined, typed: "" },
    controls: [{
      name: "n0", label: "n0, in person-years", stops: stops(data.n0), value: 0,
      text: (value) => (value === 0 ? "no pooling" : value === Infinity ? "complete pooling" : count(value)),
      marks: [{ value: 0, text: "none" }, { value: data.n0, text: `fitted: ${count(data.n0)}` },
        { value: Infinity, text: "complete" }],
    }],
    play: { control: "n0", label: "Play n0" },
    actions: [{ label: "Five more years", act: ({ draw }) => ({ draw: draw + 1 }) }],
    numbers: {
      label: "Error:",
      list: [
        { label: "none", look: "none", value: (state) => error(at(state).raw) },
        { label: "n0", look: "partial", value: (state) => error(at(state).pooled) },
        { label: "complete", look: "complete", value: (state) => error(at(state).complete) },
      ],
    },
    places: small ? undefined : { find, search, tell, label: "Find a county" },
    sentence(state) {
      const { raw, pooled, complete } = at(state);
      const high = pooled.filter((value) => step(value) === 4).length;
      const right = pooled.filter((value, i) => step(value) === 4 && step(truth[i]) === 4).length;
      const there = truth.filter((value) => step(value) === 4).length;
      const how = state.n0 === 0 ? "No pooling" : state.n0 === Infinity ? "Complete pooling" : "Pooled with n0";
      const ours = error(pooled), best = Math.min(error(raw), error(complete));
      const verdict = ours < best ? " Its RMS error is the smallest."
        : state.n0 === Infinity || state.draw ? "" : ` Its RMS error is ${(ours / error(complete)).toFixed(1)} times that of complete pooling.`;
      const years = `${5 * state.draw + 1} to ${5 * state.draw + 5}`;
      const moved = (now, size) => count(changed(now, estimates(state.draw - 1, size)));
      const news = state.draw === 0 ? "" : ` Years ${years}: ${moved(raw, 0)} change colour without pooling, ` +
        `${moved(pooled, state.n0)} with n0.`;
      return `${how}: ${count(high)} counties look high, ${count(right)} rightly; ` +
        `in truth ${count(there)} are.${verdict}${news}`;
    },
    draw({ svg, width, height, pen, color }, state) {
      const { raw, pooled } = at(state);
      const w = wide(width), h = tall(width), left = (width - (small ? w : 2 * w + 16)) / 2;
      const scale = w / MAP[0];
      const size = n.map((years) => w * Math.max(0.0045, 0.0085 * Math.sqrt(years / 1e6)));
      const text = (x, y, words, anchor = "start", looks = "") =>
        svg.append("text").attr("x", x).attr("y", y).attr("text-anchor", anchor).attr("class", looks).text(words);
      const dots = (values, places, radius) => {
        for (const k of [2, 1, 3, 0, 4]) {
          pen.fillStyle = color(LOOKS[k]);
          pen.beginPath();
          for (const i of order) if (step(values[i]) === k) {
            pen.moveTo(places[i][0], places[i][1]);
            pen.arc(places[i][0], places[i][1], radius[i], 0, 7);
          }
          pen.fill();
        }
        return places;
      };
      const corner = (k) => [left + (k % 2) * (w + 16), titled + (k > 1 ? h + titled + 8 : 0)];
      const map = (k, title, values) => {
        const [x, y] = corner(k);
        if (title) text(x, y - 7, title, "start", "pp-label");
        return dots(values, data.x.map((a, i) => [x + a * scale, y + data.y[i] * scale]), size);
      };
      if (small) spots = [map(0, "", pooled)];
      else {
        spots = [map(0, "No pooling", raw), map(1, "Pooled with n0", pooled), map(2, "Truth", truth)];
        const [x0, y0] = corner(3);
        const x = scaleLog([100, 3e7], [x0 + 20, x0 + w]), y = scaleLinear([0, TOP], [y0 + h, y0]).clamp(true);
        const short = (value) => (value < 1e6 ? `${value / 1e3}k` : `${value / 1e6}m`);
        text(x0, y0 - 7, "Rate by person-years", "start", "pp-label");
        svg.append("g").attr("class", "pp-axis").attr("transform", `translate(0 ${y0 + h})`)
          .call(axisBottom(x).tickValues([1e3, 1e5, 1e7]).tickFormat(short).tickSizeOuter(0));
        svg.append("g").attr("class", "pp-axis").attr("transform", `translate(${x0 + 20} 0)`)
          .call(axisLeft(y).tickValues([0, 5, 10]).tickSize(3));
        const mean = y((1e5 * total(deaths(state.draw))) / total(n));
        spots.push(dots(pooled, pooled.map((value, i) => [x(n[i]), y(value)]), n.map(() => 0.004 * w)));
        svg.append("path").attr("class", "pp-line").attr("d", `M${x0 + 20} ${mean}h${w - 20}`);
      }
      const base = height - (width < WIDE ? 34 : 18), bar = left + 26;
      text(left, base, "low");
      LOOKS.forEach((name, k) => {
        svg.append("rect").attr("x", bar + 28 * k).attr("y", base - 10).attr("width", 28).attr("height", 10)
          .style("fill", `var(--${name})`);
        if (k) text(bar + 28 * k, base + 13, cuts[k - 1].toFixed(1), "middle");
      });
      text(bar + 144, base, "high, per 100,000 a year");
      text(width < WIDE ? left : bar + 144, height - 3, "dot area: person-years (small dots alike)");
      const mine = state.over ?? state.place;
      if (mine !== undefined) for (const panel of spots)
        svg.append("circle").attr("cx", panel[mine][0]).attr("cy", panel[mine][1]).attr("r", 7).attr("class", "pp-mine");
    },
  });
}
