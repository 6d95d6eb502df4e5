// One group's n and the prior sample size: the estimate slides between two means.
import { axisBottom } from "d3-axis";
import { scaleLinear } from "d3-scale";
import { mount } from "./explore.js";
import { count } from "./tools.js";

export const weight = (n, n0) => n / (n + n0);

// 1, 2, 3, ... about 20 a decade, whole numbers only
function stops(most) {
  const all = new Set();
  for (let k = 0; k <= 60; k++) all.add(Math.round(most ** (k / 60)));
  return [...all];
}

// A share in words: "3 of 10 parts"; next to the ends, "less than 1 of 10 parts".
function parts(share) {
  const tenths = Math.round(10 * share);
  if (share < 0.05 && share > 0) return "less than 1 of 10 parts";
  if (share > 0.95 && share < 1) return "more than 9 of 10 parts";
  return tenths === 10 ? "all 10 parts" : `${tenths} of 10 parts`;
}

export default function (root, data) {
  const { own, all, unit, group, groups, things } = data;
  const least = Math.min(own, all), most = Math.max(own, all);
  const room = 0.18 * (most - least);
  const estimate = ({ n, n0 }) => weight(n, n0) * own + (1 - weight(n, n0)) * all;
  const short = (value) => `${value.toFixed(1)} ${unit}`;

  mount(root, {
    title: `How much of the estimate is ${group}’s own?`,
    try: `Give ${group} more ${things}, or make the word of all ${groups} worth more: watch the blue diamond, the estimate.`,
    alt: `number line in ${unit} with two means, the estimate between them, and its weight as a bar`,
    height: () => 196,
    colors: data.colors,
    controls: [
      { name: "n", label: `${things} of ${group}, n`, stops: stops(1000), value: data.n, text: count },
      { name: "n0", label: "prior sample size, n0", stops: [0, ...stops(1000)], value: data.n0, text: count,
        marks: [data.mark] },
    ],
    play: { control: "n", label: `Play: more and more ${things}` },
    sentence(state) {
      const w = weight(state.n, state.n0);
      return `Weight n / (n + n0) = ${count(state.n)} / ${count(state.n + state.n0)} = ${w.toFixed(2)}. ` +
        `The estimate, ${short(estimate(state))}, is ${parts(w)} ${group}’s own mean ` +
        `and ${parts(1 - w)} the mean of all ${groups}.`;
    },
    draw({ svg, width, tip }, state) {
      const w = weight(state.n, state.n0), here = estimate(state);
      const x = scaleLinear([least - room, most + room], [8, width - 8]);
      const line = 72, bar = 128;
      const ends = [[all, "complete", `all ${groups}`], [own, "none", group]];
      const text = (at, y, words, anchor = "middle", look = "") =>
        svg.append("text").attr("x", at).attr("y", y).attr("text-anchor", anchor).attr("class", look).text(words);
      const side = (value) => (value === least ? "start" : "end");

      svg.append("g").attr("class", "pp-axis").attr("transform", `translate(0 ${line})`)
        .call(axisBottom(x).ticks(5).tickSizeOuter(0));
      svg.append("path").attr("class", "pp-link").attr("d", `M${x(here)} ${line}V${bar}`);
      for (const [value, look, name] of ends) {
        text(x(value), line - 44, name, "middle", `pp-label pp-${look}`);
        text(x(value), line - 27, `${value} ${unit}`, "middle", `pp-${look}`);
        const mark = svg.append("g").attr("transform", `translate(${x(value)} ${line})`);
        if (look === "none") mark.append("circle").attr("r", 8).attr("class", "pp-hollow");
        else mark.append("rect").attr("x", -7).attr("y", -7).attr("width", 14).attr("height", 14).attr("class", "pp-solid");
        tip(mark, () => `mean of ${name}: ${short(value)}`);
      }
      const mark = svg.append("g").attr("transform", `translate(${x(here)} ${line})`).attr("class", "pp-estimate");
      mark.append("path").attr("d", "M0 -11L11 0L0 11L-11 0Z");
      tip(mark, () => `estimate for ${group}: ${short(here)}`);

      // The bar fills as the estimate moves from the mean of all to the group's own.
      svg.append("path").attr("class", "pp-others").attr("d", `M${x(here)} ${bar}H${x(own)}v22H${x(here)}Z`);
      svg.append("path").attr("class", "pp-own").attr("d", `M${x(all)} ${bar}H${x(here)}v22H${x(all)}Z`);
      svg.append("path").attr("class", "pp-link").attr("d", `M${x(here)} ${bar - 4}v30`);
      const percent = Math.round(100 * w);
      for (const [value, look, name, part] of [
        [all, "none", `its own ${things}`, percent], [own, "complete", `all ${groups}`, 100 - percent],
      ]) {
        text(x(value), bar + 40, name, side(value), `pp-label pp-${look}`);
        text(x(value), bar + 57, `weight ${part}%`, side(value), `pp-${look}`);
      }
    },
  });
}
