// A text on a phone while it is typed. The server renders and counts, so that what is shown here
// is what would be sent; this only asks when typing pauses, and drops answers that come too late.
"use strict";
(() => {
  const PAUSE_MS = 250;
  const pending = new WeakMap();

  const languageOf = (editor) => {
    const area = editor.querySelector("textarea");
    const select = document.getElementById(area.id.replace(/-body$/, "-language"));
    return select ? select.value : document.documentElement.lang;
  };

  const refresh = async (editor) => {
    const area = editor.querySelector("textarea");
    const pane = editor.querySelector(".dc-preview");
    if (area.name.includes("__prefix__")) return;
    pending.get(editor)?.abort?.abort();
    const abort = new AbortController();
    pending.set(editor, { abort });
    const form = new FormData();
    form.set("body", area.value);
    form.set("stage", editor.dataset.stage);
    form.set("language", languageOf(editor));
    form.set("customer_no", document.getElementById("dc-borrower")?.value.trim() ?? "");
    form.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
    try {
      const answer = await fetch(editor.dataset.previewUrl, {
        method: "POST", body: form, signal: abort.signal, credentials: "same-origin",
      });
      if (!answer.ok) throw new Error(String(answer.status));
      pane.innerHTML = await answer.text();
    } catch (error) {
      if (error.name !== "AbortError") pane.textContent = pane.dataset.failed;
    }
  };

  const soon = (editor) => {
    clearTimeout(Number(editor.dataset.timer));
    editor.dataset.timer = String(setTimeout(() => refresh(editor), PAUSE_MS));
  };

  document.addEventListener("input", (event) => {
    if (event.target.id === "dc-borrower") document.querySelectorAll(".dc-editor").forEach(soon);
    const editor = event.target.closest(".dc-editor");
    if (editor) soon(editor);
  });

  document.addEventListener("change", (event) => {
    const match = /^(id_.*)-language$/.exec(event.target.id || "");
    const area = match && document.getElementById(`${match[1]}-body`);
    if (area) soon(area.closest(".dc-editor"));
  });

  document.addEventListener("click", (event) => {
    const chip = event.target.closest(".dc-chip");
    if (!chip) return;
    const area = chip.closest(".dc-editor").querySelector("textarea");
    area.setRangeText(chip.dataset.insert, area.selectionStart, area.selectionEnd, "end");
    area.focus();
    area.dispatchEvent(new Event("input", { bubbles: true }));
  });

  document.addEventListener("formset:added", (event) => {
    event.target.querySelectorAll(".dc-editor").forEach(refresh);
  });

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(".dc-editor").forEach(refresh);
  });
})();
