// A step that was just added is opened: closed, it would look as if nothing had happened.
"use strict";
document.addEventListener("formset:added", (event) => {
  if (event.target.hasAttribute("x-data") && window.Alpine) {
    window.Alpine.$data(event.target).openRow = true;
  }
});
