// "/" goes to the search; arrows walk the results, j and k a list; Enter follows the one in focus.
(function () {
  "use strict";

  function links() {
    return Array.from(document.querySelectorAll("[data-results] a[data-row]"));
  }

  function isTyping(element) {
    return element.matches("input, textarea, select, [contenteditable]");
  }

  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) {
      return;
    }
    const search = document.querySelector("[data-search]");
    const active = document.activeElement || document.body;
    if (event.key === "/" && search && !isTyping(active)) {
      event.preventDefault();
      search.focus();
      search.select();
      return;
    }
    const found = links();
    const place = found.indexOf(active);
    if (found.length && !isTyping(active) && (event.key === "j" || event.key === "k")) {
      event.preventDefault();
      const next = event.key === "j" ? place + 1 : Math.max(place - 1, 0);
      found[Math.min(next, found.length - 1)].focus();
      return;
    }
    if (!found.length || (place < 0 && active !== search)) {
      return;
    }
    if (event.key === "ArrowDown") {
      event.preventDefault();
      found[Math.min(place + 1, found.length - 1)].focus();
    } else if (event.key === "ArrowUp") {
      event.preventDefault();
      (place > 0 ? found[place - 1] : search).focus();
    } else if (event.key === "Escape" && place >= 0) {
      search.focus();
    }
  });

  // What is open or in focus is being read: then the news wait behind a link instead of taking its place.
  document.addEventListener("htmx:beforeRequest", function (event) {
    const pulse = event.target;
    if (!pulse.matches("#pulse[data-changed]")) {
      return;
    }
    const read = ["next", "history"].some(function (id) {
      const part = document.getElementById(id);
      return part.querySelector("details[open]") || part.contains(document.activeElement);
    });
    if (read) {
      event.preventDefault();
      pulse.classList.add("waits");
    }
  });
})();
