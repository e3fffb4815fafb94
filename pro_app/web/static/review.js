// The overview before sending, sending, and the end page.

import { app, attend, byId, call, change, fill, isShown, items, make, measure, page, plural, setOf, view } from "./question.js";
import { ref } from "./start.js";
import { note, when } from "./saying.js";
import { key } from "./store.js";

const text = page.text;

/** An answer as a person reads it, in the words of this page. */
function inWords(item, answer) {
  if (!answer || answer.missing) return text.left_out;
  const { kind } = items.get(item);
  const label = (value) => setOf(item).querySelector(`input[value="${value}"] ~ span`).textContent.trim();
  if (kind === "text") return answer.value;
  if (kind === "nrs") return String(answer.value);
  if (kind === "percent") return `${answer.value} %`;
  if (kind !== "body") return label(Number(answer.value));
  const { regions, worst } = answer.value;
  const comma = page.language.startsWith("zh") ? "、" : ", ";
  return regions.map((region) => label(region) + (region === worst ? ` (${text.worst})` : "")).join(comma) || text.nothing_hurts;
}

function line(item) {
  const question = make("span", {}, setOf(item).querySelector(".ask").textContent);
  const answer = make("b", {}, inWords(item, app.answers[item]));
  return make("li", {}, make("button", { type: "button", onclick: () => change(item) }, question, answer));
}

export function open() {
  view("review");
  const asked = page.items.map(({ id }) => id).filter(isShown);
  const left = asked.filter((item) => !items.get(item).optional && !("value" in (app.answers[item] || {})));
  byId("left-words").textContent = left.length ? plural(text.left, left.length) : text.left_none;
  byId("left-lines").hidden = !left.length;
  byId("left-lines").replaceChildren(...left.map(line));
  byId("lines").replaceChildren(...asked.map(line));
  for (const radio of document.getElementsByName("helper")) radio.checked = radio.value === app.draft.helper;
  measure(page.screens.length, text.review);
  byId("back").disabled = false;
  byId("next").textContent = text.send;
  attend(byId("review-title"));
}

byId("helper").addEventListener("change", ({ target }) => (app.draft.helper = target.value));

/** Every item gets an answer or the reason why it has none. */
function complete() {
  const furthest = Math.max(app.screen, ...page.screens.map((screen, index) => (screen.some((item) => app.answers[item]) ? index : 0)));
  const whole = {};
  page.screens.forEach((screen, index) => {
    for (const item of screen) {
      const given = app.answers[item]?.missing === "not_shown" ? null : app.answers[item];
      whole[item] = !isShown(item) ? { missing: "not_shown" } : given || { missing: index > furthest ? "not_reached" : "skipped" };
    }
  });
  return whole;
}

export async function send() {
  const { instrument, version, language, pack } = page;
  const { response, started, helper } = app.draft;
  app.locked = true;
  note("");
  await app.outbox.seal({
    ref,
    instrument,
    version,
    response,
    language,
    pack,
    mode: app.visit?.mode || "own_phone",
    helper: helper || null,
    started,
    finished: new Date().toISOString(),
    answers: complete(),
  });
  end("waiting");
  app.outbox.flush();
}

/* The end */

function receiptLine(receipt) {
  const line = byId("receipt");
  line.hidden = !receipt;
  if (!receipt) return;
  line.querySelector("b").textContent = receipt.receipt;
  const time = line.querySelector("time");
  time.dateTime = receipt.received_at;
  time.textContent = when(receipt.received_at, { dateStyle: "long", timeStyle: "short" });
}

/** The next questionnaire of this visit, if one is still open on this device. */
async function onward() {
  const sealed = new Set();
  for (const kind of ["parcel", "receipt"]) for (const [name] of await app.store.list(key(kind, ref))) sealed.add(name.split("/")[2]);
  const open = (app.visit?.instruments || []).find(({ id, state }) => id !== page.instrument && state === "open" && !sealed.has(id));
  const address = open?.pages[page.language];
  byId("onward").hidden = !address;
  if (!address) return;
  const link = byId("onward").firstElementChild;
  link.href = `${address}#${ref}`;
  link.textContent = fill(text.onward, page.titles[open.id] || open.id);
}

export async function end(state, receipt, message) {
  view("end");
  const room = byId("end");
  room.dataset.now = state;
  for (const part of room.querySelectorAll("[data-state]")) part.hidden = part.dataset.state !== state;
  for (const part of room.querySelectorAll("[data-when]")) part.hidden = (part.dataset.when === "durable") !== app.store.durable;
  byId("refusal").hidden = !message;
  byId("refusal").textContent = message || "";
  receiptLine(receipt);
  call(room.querySelector("[data-contact]"));
  const next = app.visit?.next?.opens;
  byId("next-date").hidden = !next || state === "waiting";
  if (next) byId("next-date").querySelector("b").textContent = when(`${next}T00:00`, { dateStyle: "long" });
  document.body.classList.remove("waiting");
  await onward();
  const heading = room.querySelector(`[data-state=${state}] .ask`);
  if (document.activeElement !== heading) attend(heading);
}

byId("send-again").onclick = () => app.outbox.flush();
