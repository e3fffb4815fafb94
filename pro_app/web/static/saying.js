// What is said: about saving, about the hospital's replies, about what another page did.

import { app, byId, end, make, mine, page, plural, write } from "./question.js";
import { ref } from "./start.js";

const text = page.text;
const gap = page.language === "en" ? " " : ""; // a Chinese full stop brings its own room
/** Dates as our people write them: 2026年12月4日, 4 December 2026. */
export const when = (moment, style) => new Intl.DateTimeFormat(page.language === "en" ? "en-GB" : page.language, style).format(new Date(moment));

/** A sentence above the question; none takes it away. */
export function note(words, link) {
  const box = byId("note");
  box.replaceChildren(words || "");
  if (link) box.append(gap, link);
  box.hidden = !words;
}

/** Where the answers are, in words. */
export async function saved() {
  const waiting = (await app.store.dirty(mine("answer"))).length;
  if (app.keeping) return; // the newest answer isn't even here yet; it will be said when it is
  const line = byId("saved");
  const state = !waiting ? (app.touched || Object.keys(app.answers).length ? "hospital" : "") : app.outbox.trouble ? "waiting" : app.store.durable ? "device" : "memory";
  const words = state === "waiting" ? plural(text.waiting, waiting) : state ? text[state] : "";
  if (line.dataset.state === state && line.dataset.words === words) return;
  Object.assign(line.dataset, { state, words });
  line.textContent = words;
  // Heard only when it turns: not twice after every single answer.
  if (state !== "device") byId("spoken").textContent = words;
  if (state !== "waiting") return;
  line.append(" — ", make("button", { type: "button", onclick: () => app.outbox.flush() }, text.send_now));
  if (!app.store.durable) line.append(gap, text.memory);
}

export function hear(event) {
  const here = event.ref === ref && event.instrument === page.instrument;
  if (event.type === "saved" || event.type === "trouble") return tried(event.refusals, event.type === "trouble");
  if (!here) return;
  if (event.type === "answer" && event.elsewhere && !app.locked) {
    app.answers[event.item] = event.answer;
    write(event.item, event.answer);
  }
  if (event.type === "closed") end("sent");
  if (event.type === "sealed" && event.elsewhere) end("waiting");
  if (event.type === "receipt") end(event.receipt.standing === "beside" ? "beside" : "received", event.receipt);
}

/** The outbox has tried: say how it went, in the hospital's own words when it said no. */
function tried(refusals, trouble) {
  const message = refusals.find((one) => one.ref === ref && one.instrument === page.instrument)?.message;
  if (!app.locked) {
    if (message) refused(message);
    saved();
  } else if (trouble && byId("end").dataset.now === "waiting") end("waiting", null, message || text.unreachable);
}

/** The hospital said no, in its own words; the way back is beside them. */
export const refused = (message) => note(message, make("a", { href: "/visit" }, byId("home").textContent));
