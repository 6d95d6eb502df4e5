// The frame of all explorables: title, what to try, controls, picture, sentence, play, reset.
import { select } from "d3-selection";
import css from "./explore.css";

const STEP = 120; // milliseconds between two stops while playing; a second with reduced motion
const REST = 250; // milliseconds without a change before the sentence is spoken
let copies = 0;

/**
 * Build one explorable in `root`.
 *
 * title, try, alt   texts: name, one sentence on what to do, name of the picture
 * height            of the picture in pixels; its width follows the page
 * colors            {none, complete, partial}, from helpers.plots
 * controls          [{name, label, stops, value, text(value), mark: {value, text}}], one range each
 * play              {control, label}: runs one control over its stops
 * draw(stage, state)    draws everything anew; stage = {svg, width, height, tip}
 * sentence(state)       what the picture says, in words
 */
export function mount(root, spec) {
  if (!document.getElementById("pp-explore-style"))
    select(document.head).append("style").attr("id", "pp-explore-style").text(css);
  const box = select(root).html("").attr("role", "group").attr("aria-label", spec.title);
  for (const [name, color] of Object.entries(spec.colors)) box.style(`--given-${name}`, color);
  const id = `pp-explore-${++copies}`;
  const state = Object.fromEntries(spec.controls.map((c) => [c.name, c.value]));

  box.append("p").attr("class", "pp-title").text(spec.title);
  box.append("p").attr("class", "pp-try").text(spec.try);
  const picture = box.append("div").attr("class", "pp-picture");
  const svg = picture.append("svg").attr("role", "group").attr("aria-label", spec.alt).attr("height", spec.height);
  const bubble = picture.append("div").attr("class", "pp-tip").attr("aria-hidden", "true");
  const said = box.append("p").attr("class", "pp-said").attr("aria-live", "polite");

  // ---- controls -------------------------------------------------------------------------------
  const inputs = {};
  const rows = box.append("div").attr("class", "pp-controls");
  for (const c of spec.controls) {
    const row = rows.append("div").attr("class", "pp-control");
    row.append("label").attr("for", `${id}-${c.name}`).text(c.label);
    const output = row.append("output").attr("for", `${id}-${c.name}`);
    const track = row.append("div").attr("class", "pp-track");
    const at = (value) => c.stops.reduce((best, stop, k) =>
      Math.abs(stop - value) < Math.abs(c.stops[best] - value) ? k : best, 0);
    const last = c.stops.length - 1;
    const input = track.append("input").attr("type", "range").attr("id", `${id}-${c.name}`)
      .attr("min", 0).attr("max", last).attr("step", 1).attr("data-lm-suppress-shortcuts", "true")
      .on("input", function () { stop(); set(c.name, c.stops[this.value]); });
    if (c.mark) {
      track.append("span").attr("class", "pp-mark").text(c.mark.text)
        .style("--at", at(c.mark.value) / last);
    }
    inputs[c.name] = (value) => {
      input.property("value", at(value)).attr("aria-valuetext", c.text(value));
      output.text(c.text(value));
    };
  }

  // ---- buttons --------------------------------------------------------------------------------
  const buttons = box.append("div").attr("class", "pp-buttons");
  const button = (text, act) => buttons.append("button").attr("type", "button").text(text).on("click", act);
  let timer = null;
  const play = spec.play && button(spec.play.label, () => (timer === null ? run() : stop()));
  button("Reset", () => { stop(); for (const c of spec.controls) set(c.name, c.value); });
  function run() {
    const control = spec.controls.find((c) => c.name === spec.play.control);
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const every = calm ? Math.ceil(control.stops.length / 6) : 1;
    const last = control.stops.length - 1;
    let k = 0;
    play.text("Pause");
    const next = () => {
      if (!root.isConnected) return stop();
      set(control.name, control.stops[k]);
      if (k === last) return stop();
      k = Math.min(k + every, last);
      timer = setTimeout(next, calm ? 1000 : STEP);
    };
    next();
  }
  function stop() {
    clearTimeout(timer);
    timer = null;
    if (play) play.text(spec.play.label);
  }

  // ---- points that tell, by pointer and by keys -----------------------------------------------
  const hide = () => bubble.classed("pp-on", false);
  function tip(mark, text) {
    const show = function () {
      const [own, all] = [this.getBoundingClientRect(), picture.node().getBoundingClientRect()];
      bubble.text(text()).classed("pp-on", true);
      const half = bubble.node().offsetWidth / 2;
      const x = own.left + own.width / 2 - all.left;
      bubble.style("left", `${Math.max(half, Math.min(all.width - half, x))}px`)
        .style("top", `${own.top - all.top - 6}px`);
    };
    mark.attr("tabindex", 0).attr("role", "img").attr("aria-label", text())
      .on("pointerenter", show).on("focus", show).on("pointerleave", hide).on("blur", hide)
      .on("keydown", (event) => { if (event.key === "Escape") hide(); });
  }

  // ---- what moves -----------------------------------------------------------------------------
  let rest = null;
  function set(name, value) {
    state[name] = value;
    update();
  }
  const speak = () => said.text(spec.sentence(state));
  function update() {
    for (const c of spec.controls) inputs[c.name](state[c.name]);
    paint();
    clearTimeout(rest);
    rest = setTimeout(speak, REST);
  }
  function paint() {
    const width = picture.node().clientWidth || 600;
    hide();
    svg.attr("width", width).attr("viewBox", `0 0 ${width} ${spec.height}`).html("");
    spec.draw({ svg, width, height: spec.height, tip }, state);
  }
  speak();
  update();
  let wide = 0;
  new ResizeObserver(([{ contentRect }]) => {
    if (contentRect.width !== wide) { wide = contentRect.width; paint(); }
  }).observe(picture.node());
}
