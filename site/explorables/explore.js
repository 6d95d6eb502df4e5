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
 * height(width)     of the picture in pixels; its width follows the page
 * colors            {none, complete, partial, ...}, from helpers.plots and helpers.maps
 * controls          [{name, label, stops, value, text(value), marks: [{value, text}]}], one range each;
 *                   marks that move are a function of the state
 * play              {label, control}: runs one control over its stops; or {label, act(state, k, calm)}:
 *                   what changes at step k = 0, 1, ..., in fewer steps where calm; nothing at the end
 * draw(stage, state)    draws everything anew; stage = {svg, width, height, tip, pen, color}
 * sentence(state)       what the picture says, in words
 * Where they are wanted:
 * start             {name: value}: what the state holds besides the controls
 * canvas            true: `pen` draws below the svg, for thousands of points; color(name) as in the style
 * numbers           {label, list: [{label, look, value(state), text(value), room}]}: a row of figures, of two
 *                   decimals where there is no text, each as wide as `room` characters at least
 * pairs             true: controls stand in twos, on a phone too
 * keep(state, changes)  what else has to change, so that controls agree with each other
 * switches          [{name, label}]: on or off; `start` says which at first
 * actions           [{label, act(state)}]: buttons; `act` returns what changes
 * places            {find(x, y), label, search(typed), tell(state)}: state.over and state.place are what
 *                   lies under the pointer and what was clicked or typed; search returns [[place, name]]
 */
export function mount(root, spec) {
  if (!document.getElementById("pp-explore-style"))
    select(document.head).append("style").attr("id", "pp-explore-style").text(css);
  const box = select(root).html("").attr("role", "group").attr("aria-label", spec.title);
  for (const [name, color] of Object.entries(spec.colors)) box.style(`--given-${name}`, color);
  const id = `pp-explore-${++copies}`;
  const start = { ...spec.start, ...Object.fromEntries(spec.controls.map((c) => [c.name, c.value])) };
  const state = { ...start };

  box.append("p").attr("class", "pp-title").text(spec.title);
  box.append("p").attr("class", "pp-try").text(spec.try);
  const picture = box.append("div").attr("class", "pp-picture");
  const canvas = spec.canvas && picture.append("canvas").attr("aria-hidden", "true").node();
  const svg = picture.append("svg").attr("role", "group").attr("aria-label", spec.alt);
  const bubble = picture.append("div").attr("class", "pp-tip").attr("aria-hidden", "true");
  const numbers = spec.numbers && box.append("p").attr("class", "pp-numbers").text(`${spec.numbers.label} `)
    .selectAll("span").data(spec.numbers.list)
    .join("span").attr("class", (one) => `pp-${one.look}`).text((one) => `${one.label} `)
    .append("b").style("min-width", (one) => `${one.room ?? 0}ch`);
  const told = spec.places && places();
  const said = box.append("p").attr("class", "pp-said").attr("aria-live", "polite");

  // ---- controls -------------------------------------------------------------------------------
  const inputs = {};
  const rows = box.append("div").attr("class", "pp-controls").classed("pp-pairs", spec.pairs);
  for (const c of spec.controls) {
    const row = rows.append("div").attr("class", "pp-control");
    row.append("label").attr("for", `${id}-${c.name}`).text(c.label);
    const output = row.append("output").attr("for", `${id}-${c.name}`);
    const track = row.append("div").attr("class", "pp-track");
    const at = (value) => c.stops.includes(value) ? c.stops.indexOf(value) : c.stops.reduce((best, stop, k) =>
      Math.abs(stop - value) < Math.abs(c.stops[best] - value) ? k : best, 0);
    const last = c.stops.length - 1;
    const input = track.append("input").attr("type", "range").attr("id", `${id}-${c.name}`)
      .attr("min", 0).attr("max", last).attr("step", 1).attr("data-lm-suppress-shortcuts", "true")
      .on("input", function () { stop(); set({ [c.name]: c.stops[this.value] }); });
    const marks = () => (typeof c.marks === "function" ? c.marks(state) : c.marks ?? []);
    inputs[c.name] = (value) => {
      track.selectAll(".pp-mark").data(marks()).join("span").attr("class", "pp-mark")
        .text((mark) => mark.text).style("--at", (mark) => at(mark.value) / last);
      input.property("value", at(value)).attr("aria-valuetext", c.text(value));
      output.text(c.text(value));
    };
  }
  const switches = spec.switches && box.append("div").attr("class", "pp-switches");
  for (const { name, label } of spec.switches ?? []) {
    const row = switches.append("label");
    const input = row.append("input").attr("type", "checkbox").attr("role", "switch")
      .attr("data-lm-suppress-shortcuts", "true")
      .on("change", function () { stop(); set({ [name]: this.checked }); });
    row.append("span").text(label);
    inputs[name] = (value) => input.property("checked", value);
  }

  // ---- buttons --------------------------------------------------------------------------------
  const buttons = box.append("div").attr("class", "pp-buttons");
  const button = (text, act) => buttons.append("button").attr("type", "button").text(text).on("click", act);
  let timer = null;
  const play = spec.play && button(spec.play.label, () => (timer === null ? run() : stop()));
  for (const one of spec.actions ?? []) button(one.label, () => { stop(); set(one.act(state)); });
  button("Reset", () => { stop(); set(start); });
  // one control over its stops
  function sweep(_, k, calm) {
    const { name, stops } = spec.controls.find((c) => c.name === spec.play.control);
    const every = calm ? Math.ceil(stops.length / 6) : 1, last = stops.length - 1;
    if ((k - 1) * every < last) return { [name]: stops[Math.min(k * every, last)] };
  }
  function run() {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const act = spec.play.act ?? sweep;
    play.text("Pause");
    const next = (k) => {
      const changes = root.isConnected && act(state, k, calm);
      if (!changes) return stop();
      set(changes);
      timer = setTimeout(next, calm ? 1000 : STEP, k + 1);
    };
    next(0);
  }
  function stop() {
    clearTimeout(timer);
    timer = null;
    if (play) play.text(spec.play.label);
  }

  // ---- points that tell: by pointer, by Tab to the first and arrows to the others -----------------------------------------------
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
    const first = svg.selectAll("[role=img]").empty();
    mark.attr("tabindex", first ? 0 : -1).attr("role", "img").attr("aria-label", text())
      .attr("data-lm-suppress-shortcuts", "true")
      .on("pointerenter", show).on("focus", show).on("pointerleave", hide).on("blur", hide)
      .on("keydown", (event) => {
        if (event.key === "Escape") hide();
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        const all = svg.selectAll("[role=img]").nodes();
        all[all.indexOf(event.currentTarget) + step]?.focus();
      });
  }

  // ---- places: thousands of points that are found by pointer, by tap and by name --------------
  function places() {
    const { find, label, search, tell } = spec.places;
    const at = (event) => {
      const all = picture.node().getBoundingClientRect();
      return find(event.clientX - all.left, event.clientY - all.top);
    };
    const over = (place) => { if (place !== state.over) set({ over: place }); };
    picture.on("pointermove", (event) => { if (event.pointerType !== "touch") over(at(event)); })
      .on("pointerleave", () => over(undefined))
      .on("click", (event) => set({ place: at(event) ?? state.place }));
    const row = box.append("div").attr("class", "pp-places");
    if (search) {
      row.append("label").attr("for", `${id}-place`).text(label);
      const list = row.append("datalist").attr("id", `${id}-places`);
      row.append("input").attr("type", "search").attr("id", `${id}-place`).attr("list", `${id}-places`)
        .attr("autocomplete", "off").attr("data-lm-suppress-shortcuts", "true").on("input", function () {
          const found = search(this.value);
          list.selectAll("option").data(found).join("option").attr("value", ([, name]) => name);
          set({ place: found[0]?.[0], over: undefined, typed: this.value });
        });
    }
    const line = row.append("p").attr("aria-live", "polite");
    return () => {
      row.select("input").property("value", state.typed);
      line.text(tell(state));
    };
  }

  // ---- what moves -----------------------------------------------------------------------------
  let rest = null;
  function set(changes) {
    Object.assign(state, changes);
    Object.assign(state, spec.keep?.(state, changes));
    update();
  }
  const speak = () => said.text(spec.sentence(state));
  function update() {
    for (const [name, show] of Object.entries(inputs)) show(state[name]);
    if (numbers) {
      numbers.text(({ value, text }) => (text ? text(value(state)) : value(state).toFixed(2)))
        .attr("data-value", (one) => one.value(state));
    }
    if (told) told();
    paint();
    clearTimeout(rest);
    rest = setTimeout(speak, REST);
  }
  function paint() {
    const width = picture.node().clientWidth || 600;
    const height = spec.height(width);
    hide();
    svg.attr("width", width).attr("height", height).attr("viewBox", `0 0 ${width} ${height}`).html("");
    spec.draw({ svg, width, height, tip, pen: canvas && sheet(width, height), color }, state);
  }
  function sheet(width, height) {
    const fine = window.devicePixelRatio || 1;
    Object.assign(canvas, { width: width * fine, height: height * fine });
    Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
    const pen = canvas.getContext("2d");
    pen.scale(fine, fine);
    return pen;
  }
  function color(name) {
    canvas.style.color = `var(--${name})`;
    return getComputedStyle(canvas).color;
  }
  speak();
  update();
  let wide = 0;
  new ResizeObserver(([{ contentRect }]) => {
    if (contentRect.width !== wide) { wide = contentRect.width; paint(); }
  }).observe(picture.node());
  if (canvas) { // the svg follows the style by itself
    const names = ["data-theme", "data-jp-theme-light"];
    new MutationObserver(paint).observe(document.body, { attributes: true, attributeFilter: names });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
  }
}
