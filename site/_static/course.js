// Small mendings for keyboard and screen reader. No request is made.
(function () {
  // Boxes that scroll sideways can be reached and scrolled by keyboard.
  const BOXES = "pre, .table-wrapper, .math-wrapper, div.math, .output.text_html";
  function reach() {
    for (const box of document.querySelectorAll(BOXES)) {
      const wide = box.scrollWidth > box.clientWidth + 1;
      if (wide && !box.hasAttribute("tabindex")) {
        box.tabIndex = 0;
        box.dataset.reach = "";
      } else if (!wide && "reach" in box.dataset) {
        box.removeAttribute("tabindex");
        delete box.dataset.reach;
      }
    }
  }

  function name(selector, label) {
    const element = document.querySelector(selector);
    if (element) element.setAttribute("aria-label", label);
  }

  document.addEventListener("DOMContentLoaded", function () {
    name(".sidebar-drawer", "The pages of the course");
    name(".toc-drawer", "Sections of this page");
    reach();
    for (const fold of document.querySelectorAll("details")) fold.addEventListener("toggle", reach);
  });
  window.addEventListener("load", function () {
    reach();
    // Formulas get their width once MathJax has set them.
    if (window.MathJax && MathJax.startup) MathJax.startup.promise.then(reach);
  });
  window.addEventListener("resize", reach);
})();

// A page read from a disk may not fetch its neighbours: the search then lists titles only.
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}
