// Pages push [element, name, data] onto window.explorables, before or after this file is read.
import minnesota from "./minnesota.js";
import town from "./town.js";
import tumors from "./tumors.js";
import twin from "./twin.js";
import weight from "./weight.js";

const known = { minnesota, town, tumors, twin, weight };
const start = ([root, name, data]) => {
  if (root.dataset.started) return;
  root.dataset.started = name;
  known[name](root, data);
};
const waiting = window.explorables ?? [];
if (Array.isArray(waiting)) {
  window.explorables = { push: start };
  waiting.forEach(start);
}
