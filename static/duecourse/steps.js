// A step that was just added is opened: closed, it would look as if nothing had happened. Alpine
// takes up a new row only after this event, so it is asked in a moment.
"use strict";
document.addEventListener("formset:added", (event) => {
  const row = event.target.closest("[x-data]");
  setTimeout(() => {
    if (row && window.Alpine) window.Alpine.$data(row).openRow = true;
  }, 0);
});
