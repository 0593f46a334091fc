// The rows of steps: each can be folded by a button, tells in its heading what its fields say, and
// is opened from the line of days. A step that was just added is opened: closed, it would look as
// if nothing had happened. Alpine takes up a row only after a moment, so it is asked in a moment.
"use strict";
(() => {
  const rowOf = (element) => element.closest("[x-data].form-group");
  const soon = (work) => setTimeout(() => window.Alpine && work(window.Alpine), 0);

  function titleOf(row) {
    const field = (name) => row.querySelector(`[name$="-${name}"]`);
    const day = field("offset_days");
    const days = Number(day.value);
    const signed = days > 0 ? `+${days}` : String(days).replace("-", "−");
    const template = field("template").selectedOptions[0];
    const ticked = Array.from(row.querySelectorAll('[name$="-tiers"]:checked'), (box) =>
      box.closest("label").textContent.trim(),
    );
    return [
      day.dataset.day.replace("%(day)s", signed),
      field("local_time").value.slice(0, 5),
      template && template.value ? template.textContent.trim() : "",
      ticked.join(document.documentElement.lang.startsWith("zh") ? "、" : ", "),
    ];
  }

  function follow(row) {
    const title = titleOf(row).filter(Boolean).join(" · ");
    row.querySelector("h3 strong").textContent = title;
    row.querySelector(".dc-fold").setAttribute("aria-label", title);
  }

  function prepare(row) {
    const heading = row.querySelector("h3 strong");
    if (!heading || row.querySelector(".dc-fold")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "dc-fold";
    button.setAttribute("aria-label", heading.textContent.trim());
    button.setAttribute("aria-expanded", "false");
    heading.before(button);
    soon((Alpine) => {
      button.addEventListener("click", () => {
        Alpine.$data(row).openRow = !Alpine.$data(row).openRow;
      });
      Alpine.effect(() => {
        button.setAttribute("aria-expanded", String(Alpine.$data(row).openRow));
      });
    });
    // What is only looked at has no fields to follow.
    if (row.querySelector('[name$="-offset_days"]')) {
      row.addEventListener("input", () => follow(row));
      row.addEventListener("change", () => follow(row));
    }
  }

  document.addEventListener("formset:added", (event) => {
    const row = rowOf(event.target);
    if (!row) return;
    prepare(row);
    soon((Alpine) => {
      Alpine.$data(row).openRow = true;
    });
  });

  // Alpine shows what is opened some moments later; what is hidden takes no focus.
  function focusOnceShown(field, frames) {
    if (!field.offsetParent && frames) {
      requestAnimationFrame(() => focusOnceShown(field, frames - 1));
      return;
    }
    field.focus({ preventScroll: true });
    rowOf(field).scrollIntoView({ block: "start" });
  }

  function open(hash) {
    const field = hash.startsWith("#id_steps-") && document.getElementById(hash.slice(1));
    if (!field) return;
    soon((Alpine) => {
      Alpine.$data(rowOf(field)).openRow = true;
      focusOnceShown(field, 60);
    });
  }

  // Before Alpine has folded the rows the link leads there by itself, and is followed again after.
  document.addEventListener("click", (event) => {
    const link = event.target.closest('.dc-line a[href^="#"]');
    if (!link || !window.Alpine) return;
    event.preventDefault();
    open(link.hash);
  });
  document.addEventListener("alpine:initialized", () => open(window.location.hash));

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[x-data].form-group:not(.empty-form)").forEach(prepare);
  });
})();
