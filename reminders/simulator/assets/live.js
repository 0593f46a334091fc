// Follows /stream and puts what arrives where it belongs. The pieces come as HTML, escaped by
// the server. Reconnecting is the browser's work (Last-Event-ID); should it give up, so that
// the connection is closed for good, a new one goes on from the last place.
"use strict";
(() => {
  const FEED_MAX = 200;
  const CARDS_MAX = 100;
  const list = document.querySelector("[data-stream]");
  const live = document.getElementById("live");
  if (!list || !live) return;
  const isPhone = list.id === "bubbles";
  const talk = isPhone ? list.parentElement : null;
  const cards = document.getElementById("cards");
  let place = "";

  const element = (html) => {
    const template = document.createElement("template");
    template.innerHTML = html;
    return template.content.firstElementChild;
  };
  const atEnd = () => talk.scrollHeight - talk.scrollTop - talk.clientHeight < 120;
  const toEnd = () => { talk.scrollTop = talk.scrollHeight; };
  const show = (on) => {
    live.textContent = on ? live.dataset.on : live.dataset.off;
    live.classList.toggle("on", on);
  };

  const addBubble = (data) => {
    if (list.querySelector(`[data-seq="${data.seq}"]`)) return;
    const bubble = element(data.html);
    const last = list.lastElementChild;
    const newDay = !last || last.dataset.day !== bubble.dataset.day;
    bubble.classList.toggle("new-day", newDay);
    bubble.classList.add("fresh");
    const follow = atEnd();
    list.append(bubble);
    if (follow) toEnd();
  };
  const addToFeed = (data) => {
    if (list.querySelector(`[data-seq="${data.seq}"]`)) return;
    const item = element(data.html);
    item.classList.add("fresh");
    list.prepend(item);
    while (list.children.length > FEED_MAX) list.lastElementChild.remove();
    if (data.card && !cards.dataset.fixed) addCard(element(data.card));
  };
  const addCard = (card) => {
    const old = cards.querySelector(`[data-phone="${CSS.escape(card.dataset.phone)}"]`);
    const focused = old !== null && old.contains(document.activeElement);
    if (old) old.remove();
    card.classList.add("fresh");
    cards.prepend(card);
    if (focused) card.querySelector("a").focus({ preventScroll: true });
    while (cards.children.length > CARDS_MAX) cards.lastElementChild.remove();
  };
  const addGap = () => {
    const gap = document.createElement("li");
    gap.className = "gap";
    gap.textContent = list.dataset.gap;
    isPhone ? list.append(gap) : list.prepend(gap);
  };

  const open = () => {
    const url = new URL(list.dataset.stream, location.href);
    if (place) url.searchParams.set("after", place);
    const source = new EventSource(url);
    const on = (kind, act) =>
      source.addEventListener(kind, (event) => {
        place = event.lastEventId || place;
        act(JSON.parse(event.data));
      });
    on("hello", () => show(true));
    on("text", isPhone ? addBubble : addToFeed);
    on("state", (data) => {
      const old = document.querySelector(`[data-state="${data.seq}"]`);
      if (old) old.replaceWith(element(data.html));
    });
    on("totals", (data) => {
      const totals = document.getElementById("totals");
      if (totals) totals.innerHTML = data.html;
    });
    on("gap", addGap);
    source.addEventListener("error", () => {
      show(false);
      if (source.readyState === EventSource.CLOSED) setTimeout(open, 2000);
    });
  };

  if (talk) toEnd();
  open();
})();
