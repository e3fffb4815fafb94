// One question at a time. The page arrives with every question in it; this shows the right one, keeps what
// is answered, and leaves sending to the outbox. What the first question doesn't need is loaded after it.

import { ref } from "./start.js";
import { key, newId, openStore } from "./store.js";

export const byId = (id) => document.getElementById(id);
export const page = JSON.parse(byId("page").textContent);
export const items = new Map(page.items.map((item) => [item.id, item]));
export const mine = (kind, ...names) => key(kind, ref, page.instrument, ...names);

/** What the lazily loaded parts share. */
export const app = { ref, answers: {}, visit: null, screen: 0, returning: false, locked: false, touched: false, stamp: 0, keeping: 0 };

export const fill = (words, ...numbers) => numbers.reduce((text, number) => text.replace("{}", number), words);
export const plural = ([one, more], count) => (count === 1 ? one : fill(more, count));
const text = page.text;

/** The field set of an item. All but the first lie folded in the page, and cost nothing before they are needed. */
export function setOf(item) {
  const folded = document.querySelector(`template[data-set="${item}"]`);
  folded?.replaceWith(folded.content);
  return byId(`${item}-set`);
}

/* Answers in the page */

const inputs = (item, kind) => setOf(item).querySelectorAll(`input[type=${kind}][name="${item}"]`);

export function read(item) {
  const { kind } = items.get(item);
  if (kind === "text") {
    const typed = byId(item).value.replaceAll("\0", "").trim();
    const written = typed.toWellFormed ? typed.toWellFormed() : typed; // half a sign can't be stored
    return written ? { value: written } : null;
  }
  if (kind === "body") {
    const regions = [...inputs(item, "checkbox")].filter((box) => box.checked).map((box) => box.value);
    const worst = byId(`${item}_worst`).value;
    return { value: { regions, worst: regions.includes(worst) ? worst : null } };
  }
  const chosen = [...inputs(item, "radio")].find((radio) => radio.checked);
  if (!chosen) return null;
  return { value: kind === "yes_no" ? chosen.value === "1" : Number(chosen.value) };
}

export function write(item, answer) {
  const { kind } = items.get(item);
  setOf(item);
  const value = answer?.value;
  if (kind === "text") byId(item).value = value ?? "";
  else if (kind === "body") {
    for (const box of inputs(item, "checkbox")) box.checked = Boolean(value?.regions.includes(box.value));
    byId(`${item}_worst`).value = value?.worst ?? "";
    setOf(item).dispatchEvent(new CustomEvent("written"));
  } else for (const radio of inputs(item, "radio")) radio.checked = value !== undefined && Number(radio.value) === Number(value);
  dress(item);
}

/** What follows from an answer: the large number, and the sentence that nobody watches. */
function dress(item) {
  const shown = setOf(item).querySelector(".chosen");
  const value = app.answers[item]?.value;
  if (shown) shown.textContent = value === undefined ? "" : value + (items.get(item).kind === "percent" ? " %" : "");
  setOf(item).classList.toggle("left-out", Boolean(app.answers[item]?.missing));
}

export function make(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** Whom to call: the ward, as far as this device knows it, and the emergency number. */
export function call(place) {
  const numbers = [app.visit?.contact, { name: text.emergency, phone: page.phone }].filter((one) => one?.phone);
  place.replaceChildren();
  for (const { name, phone } of numbers) {
    place.append(`${name} `, make("a", { href: `tel:${phone.replace(/[^+\d]/g, "")}` }, phone), make("br"));
  }
}

export function warn(screen) {
  const limit = screen.find((item) => item in page.urgent && app.answers[item]?.value >= page.urgent[item]);
  const box = byId("urgent");
  if (!limit) return box.replaceChildren();
  if (box.dataset.item === limit && box.firstChild) return;
  box.dataset.item = limit;
  const lines = make("p", { className: "call" });
  call(lines);
  box.replaceChildren(byId("urgent-words").content.cloneNode(true), lines);
  if (app.touched) box.scrollIntoView({ block: "nearest" });
}

/* Where the person is */

export const isShown = (item) => {
  const rule = items.get(item).shown_if;
  return !rule || rule.values.some((value) => value === app.answers[rule.item]?.value);
};
const beyond = (index, step) => {
  do index += step;
  while (page.screens[index] && !page.screens[index].some(isShown));
  return index;
};

export function view(name) {
  document.body.dataset.view = name;
  byId("questions").hidden = name !== "question";
  byId("review").hidden = name !== "review";
  byId("end").hidden = name !== "end";
  byId("gentle").hidden = true;
  byId("skip").hidden = name !== "question";
  if (name !== "question") warn(Object.keys(page.urgent)); // whatever was answered last, this stays to be read
}

export function show(index, focus = true) {
  app.screen = index;
  const screen = page.screens[index];
  const shown = screen.filter(isShown);
  for (const set of document.querySelectorAll("fieldset.question:not([hidden])")) set.hidden = !shown.includes(set.dataset.item);
  for (const item of shown) setOf(item).hidden = false;
  const intro = document.querySelector(".intro");
  if (intro) intro.hidden = index > 0;
  view("question");
  byId("back").disabled = !app.returning && beyond(index, -1) < 0;
  byId("next").textContent = app.returning ? text.return : text.next;
  measure(index, fill(text.count, index + 1, page.screens.length));
  warn(screen);
  if (screen.some((item) => items.get(item).kind === "body")) figure();
  if (app.touched) ahead();
  if (focus) attend(setOf(shown[0]).querySelector(".ask"));
  remember();
}

/** Unfold the next screen before it is asked for, when there is nothing else to do. */
const ahead = () => requestIdleCallback?.(() => page.screens[app.screen + 1]?.forEach(setOf));

export function measure(done, words) {
  const total = page.screens.length;
  byId("progress").value = Math.min(done + 1, total);
  byId("count").textContent = words;
  byId("left").textContent = page.minutes[Math.ceil(((total - done) / total) * (page.minutes.length - 1))];
}

export function attend(heading) {
  heading.setAttribute("aria-describedby", "count");
  heading.focus({ preventScroll: true });
  scrollTo(0, 0);
}

function remember() {
  const position = page.screens[app.screen][0];
  const { version, language, pack } = page;
  app.remembered = app.store.put(mine("place"), { version, language, pack, position });
}

let owed; // a place that the browser's list does not have yet
const settle = () => (owed = owed && history.pushState(owed, ""));

export function onward() {
  settle();
  const index = beyond(app.screen, 1);
  if (app.returning && history.state?.deep) return history.back(); // the overview lies there
  if (app.returning || index >= page.screens.length) return review();
  show(index);
  owed = { screen: index, deep: true };
  return requestAnimationFrame(() => setTimeout(settle)); // it takes as long as showing the question: that comes first
}

export async function review(push = true) {
  app.returning = false;
  const part = await late("review");
  if (!part) return;
  if (push) history.pushState({ review: true, deep: true }, "");
  part.open();
}

export function change(item) {
  app.returning = true;
  const index = page.screens.findIndex((screen) => screen.includes(item));
  history.pushState({ screen: index, deep: true, returning: true }, "");
  show(index);
}

/* Answering */

export async function keep(item, answer) {
  if (!app.touched) rest();
  app.touched = true;
  app.answers[item] = answer;
  byId("saved").textContent = byId("saved").dataset.words = byId("saved").dataset.state = ""; // what it said is true no longer
  dress(item);
  warn(page.screens[app.screen]);
  app.keeping += 1;
  await app.store.add(mine("draft"), app.draft);
  await app.remembered;
  // Two changes in one millisecond must not look like one.
  app.stamp = Math.max(Date.now(), app.stamp + 1);
  await app.store.change(mine("answer", item), answer, app.stamp);
  app.keeping -= 1;
  (await app.coming)?.kept(ref, page.instrument, item, answer);
  say("saved");
}

function changed(event) {
  const item = event.target.closest("fieldset.question")?.dataset.item;
  if (!item || app.locked || !page.screens[app.screen].includes(item)) return;
  ungently();
  const answer = read(item);
  if (answer) keep(item, answer);
  else if (app.answers[item]) keep(item, { missing: "skipped" });
}

export const ungently = () => ((byId("gentle").hidden = true), (byId("skip").hidden = false));

export const unanswered = () => page.screens[app.screen].filter((item) => isShown(item) && !app.answers[item]);

function next() {
  if (document.body.dataset.view === "review") return late("review").then((part) => part?.send());
  for (const item of unanswered()) if (items.get(item).optional) keep(item, { missing: "skipped" });
  return unanswered().length ? gently() : onward();
}

function back() {
  settle();
  if (history.state?.deep) return history.back();
  return show(Math.max(0, beyond(document.body.dataset.view === "review" ? page.screens.length : app.screen, -1)));
}

const gently = async () => (await late("gentle"))?.ask();

/** A part that comes after the first question; it can be missing when the signal went right after the start. */
async function late(part) {
  try {
    return await import(`./${part}.js`);
  } catch {
    if (part !== "saying") say("note", text.unreachable);
    return null;
  }
}

/* What is said about saving, and what comes from the hospital and from other pages, is `saying` */

export const say = async (what, ...more) => (await late("saying"))?.[what](...more);

/** Before the first answer there is nothing to say about saving. */
const hear = (event) => (event.type !== "saved" || begun()) && say("hear", event);
export const begun = () => Object.keys(app.answers).length > 0;

export async function end(state, receipt, message) {
  app.locked = true;
  view("end");
  return (await late("review"))?.end(state, receipt, message);
}

/* Starting */

async function begin() {
  if (/tablet_h/.test(document.cookie)) await (await late("tablet"))?.ready;
  const size = /(?:^|; )(?:__Host-)?text_size=([123])/.exec(document.cookie);
  if (size) document.documentElement.dataset.text = size[1];
  const store = (app.store = await openStore());
  if (!ref) return nobody();
  const [answers, parcel, receipt, place, draft] = await Promise.all([
    store.list(mine("answer")), store.get(mine("parcel")), store.get(mine("receipt")), store.get(mine("place")), store.get(mine("draft")),
  ]);
  app.draft = draft || { response: newId(), started: new Date().toISOString() };
  take(answers);
  app.visit = await store.get(key("visit", ref));
  if (receipt) await end(receipt.standing === "beside" ? "beside" : "received", receipt);
  else if (parcel) await end("waiting");
  else show(indexOf(place?.position), false);
  document.body.classList.remove("waiting");
  performance.mark("question");
  listen();
  app.coming = late("outbox").then((part) => part && (app.outbox = new part.Outbox(store, hear)));
  const arrival = await late("arrival");
  // The signal went in the middle of the very first start; what is answered meanwhile is in the store.
  if (!arrival || !(await app.coming)) addEventListener("online", () => location.reload(), { once: true });
  else await arrival.arrive();
  requestIdleCallback ? requestIdleCallback(later) : setTimeout(later, 200);
}

const requestIdleCallback = globalThis.requestIdleCallback?.bind(globalThis);
export const indexOf = (item) => Math.max(0, page.screens.findIndex((screen) => screen.includes(item)));

export function take(answers) {
  for (const [name, answer] of answers) {
    const item = name.split("/")[3];
    if (!items.has(item)) continue;
    app.answers[item] = answer;
    write(item, answer);
  }
}

function listen() {
  const questions = byId("questions");
  let pause;
  questions.addEventListener("change", (event) => (clearTimeout(pause), changed(event)));
  questions.addEventListener("submit", (event) => event.preventDefault());
  questions.addEventListener("input", (event) => {
    if (event.target.tagName !== "TEXTAREA") return;
    clearTimeout(pause);
    pause = setTimeout(() => changed(event), 700);
  });
  byId("next").onclick = next;
  byId("back").onclick = back;
  byId("skip").onclick = gently;
  addEventListener("popstate", ({ state }) => {
    if (app.locked) return;
    app.returning = Boolean(state?.returning);
    if (state?.review) review(false);
    else show(state?.screen ?? 0);
  });
  addEventListener("hashchange", () => location.reload());
  // A page that comes back from the browser's memory may be another patient's by now.
  addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
}

function nobody() {
  document.body.classList.remove("waiting");
  view("none");
  say("note", text.no_visit, make("a", { href: "/app" }, byId("home").textContent));
}

/** What the first question doesn't need. */
function later() {
  for (const part of ["tools", "install"]) late(part).then((found) => found?.start());
  if (!navigator.serviceWorker) rest(); // else the worker fetches it now, with all the rest for offline
}

/** What is needed once somebody answers; fetched then, before the signal goes. */
function rest() {
  ahead();
  for (const part of ["saying", "gentle", "review"]) late(part);
  if (page.items.some(({ kind }) => kind === "body")) figure();
}

/** The figure, fetched once; where it does not come, or not soon, the places are chosen from the list. */
function figure() {
  if (app.figure) return;
  const bodies = page.items.filter(({ kind }) => kind === "body").map(({ id }) => id);
  const instead = () => bodies.forEach((item) => listed(item, true));
  const slow = setTimeout(instead, 4000);
  app.figure = late("body_map")
    .then((part) => part.start(bodies))
    .catch(() => ((app.figure = null), instead()))
    .finally(() => clearTimeout(slow));
}

/** Show the list of places, or the figure. */
export function listed(item, list) {
  setOf(item);
  byId(`${item}-list`).hidden = !list;
  byId(`${item}-figure`).hidden = list;
}

begin();
