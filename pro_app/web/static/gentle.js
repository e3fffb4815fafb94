// Leaving a question out: asked once, kindly, and then done.

import { app, attend, byId, isShown, items, keep, onward, page, setOf, unanswered, ungently, write } from "./question.js";

const words = byId("gentle-words");
const usual = words.textContent;
const screen = () => page.screens[app.screen].filter(isShown);

/** Ask, unless there is nothing to ask: an optional question, or one that was left out before. */
export function ask() {
  const due = screen().filter((item) => !items.get(item).optional && !app.answers[item]?.missing);
  if (!due.length) return leave();
  const figure = unanswered().some((item) => items.get(item).kind === "body");
  words.textContent = figure ? words.dataset.nothing : usual;
  byId("nothing-hurts").hidden = !figure;
  byId("gentle").hidden = false;
  byId("skip").hidden = true;
  byId("gentle").scrollIntoView({ block: "nearest" });
  return words.focus({ preventScroll: true });
}

function leave() {
  for (const item of screen()) {
    keep(item, { missing: "skipped" });
    write(item, null);
  }
  onward();
}

byId("leave-it").onclick = leave;
byId("answer-it").onclick = () => {
  ungently();
  attend(setOf(screen()[0]).querySelector(".ask"));
};
byId("nothing-hurts").onclick = () => {
  for (const item of unanswered()) keep(item, { value: { regions: [], worst: null } });
  onward();
};
