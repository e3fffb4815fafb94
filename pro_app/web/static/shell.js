// The visits that this device keeps, with or without a connection: where the home screen's icon leads, and
// what is shown instead of a page that can't be reached.

import { Outbox } from "./outbox.js";
import { key, openStore } from "./store.js";

const { words, titles } = JSON.parse(document.getElementById("page").textContent);
const byId = (id) => document.getElementById(id);
const fill = (text, value) => text.replace("{}", value);

/** A personal link that led here: the icon's `/app#token`, or `/v/token` when there is no connection. */
const token = /^[a-z0-9]{10}\.[a-z0-9_-]{1,20}\.[\w-]{16}$/i.exec(location.hash.slice(1) || location.pathname.split("/v/")[1] || "")?.[0];
const linked = token?.split(".").slice(0, 2).join(".");

function languageOf(visits) {
  const wishes = [/(?:^|; )(?:__Host-)?language=([\w-]+)/.exec(document.cookie)?.[1], visits[0]?.language, ...navigator.languages];
  for (const wish of wishes) {
    const found = Object.keys(words).find((known) => known.split("-")[0] === wish?.split("-")[0]);
    if (found) return found;
  }
  return Object.keys(words)[0];
}

const make = (name, properties, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};

async function partOf(store, visit, part, language, text) {
  const here = (kind) => key(kind, visit.ref, part.id);
  const [parcel, receipt, answers] = await Promise.all([store.get(here("parcel")), store.get(here("receipt")), store.list(here("answer"))]);
  const state = receipt || part.state === "sent" ? "sent" : parcel ? "waiting" : answers.length ? "begun" : "fresh";
  const card = make("li", { className: `part ${state}` }, make("h3", { textContent: titles[language]?.[part.id] || part.id }), make("p", { textContent: fill(text[state], answers.length) }));
  const page = part.pages[language] || Object.values(part.pages)[0];
  if (state === "begun" || state === "fresh")
    card.append(make("a", { className: "button go", href: `${page}#${visit.ref}`, textContent: state === "begun" ? text.resume : text.start }));
  return { card, state };
}

async function show(store, outbox) {
  const visits = (await store.list("visit/")).map(([, visit]) => visit).sort((a, b) => (b.ref === linked) - (a.ref === linked) || b.seen - a.seen);
  const language = languageOf(visits);
  const text = words[language];
  document.documentElement.lang = language;
  document.title = byId("title").textContent = text.title;
  // Nothing is kept here: the server knows the link, if there is one.
  if (token && !visits.some(({ ref }) => ref === linked) && navigator.onLine && location.pathname === "/app") return location.replace(`/v/${token}`);
  byId("offline").textContent = text.offline;
  byId("offline").hidden = navigator.onLine;
  byId("none").textContent = text.none + (language === "en" ? " " : "") + text.open_link;
  byId("none").hidden = visits.length > 0;
  Object.assign(byId("code"), { textContent: text.code, hidden: visits.length > 0 });
  const cards = [];
  for (const visit of visits) {
    const parts = await Promise.all(visit.instruments.map((part) => partOf(store, visit, part, language, text)));
    const closes = visit.closes && new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { dateStyle: "long" }).format(new Date(`${visit.closes}T00:00`));
    const card = make("section", { className: "visit" }, make("h2", { textContent: visit.timepoint.label }));
    if (closes && parts.some(({ state }) => state !== "sent")) card.append(make("p", { textContent: fill(text.until, closes) }));
    card.append(make("ul", {}, ...parts.map((part) => part.card)));
    if (parts.some(({ state }) => state === "waiting")) card.append(make("button", { type: "button", className: "button", textContent: text.send_now, onclick: () => outbox.flush() }));
    card.append(make("p", {}, make("a", { href: `/v/${visit.token}`, textContent: text.follow_up })));
    cards.push(card);
  }
  byId("visits").replaceChildren(...cards);
  return undefined;
}

async function begin() {
  const store = await openStore();
  const outbox = new Outbox(store, (event) => ["saved", "receipt"].includes(event.type) && show(store, outbox));
  await show(store, outbox);
  for (const name of ["online", "offline"]) addEventListener(name, () => show(store, outbox));
  addEventListener("hashchange", () => location.reload());
  addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
  outbox.now();
}

begin();
