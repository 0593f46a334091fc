// The button that prints; without JavaScript it stays hidden, and the browser's own menu prints.
(function () {
  "use strict";

  const button = document.querySelector("[data-print]");
  button.addEventListener("click", function () {
    window.print();
  });
  button.hidden = false;
})();
