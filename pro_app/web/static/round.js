// The ward round: a list that only the nurse's PIN opens, handing the tablet to one participant after another,
// and delivering what was sealed once there is a connection. It works without one, and after a restart.

import { key, openStore } from "./store.js";
import { back, clean, deliver, drop, envelopes, get, hands, hasRound, learn, nameOf, openRound, passTo, put } from "./tablet_store.js";

const byId = (id) => document.getElementById(id);
const all = await (await fetch("/tablet/words")).json();
const wish = /(?:^|; )(?:__Host-)?language=([\w-]+)/.exec(document.cookie)?.[1];
const language = [wish, ...navigator.languages].map((tag) => Object.keys(all).find((known) => known.split("-")[0] === tag?.split("-")[0])).find(Boolean) || Object.keys(all)[0];
const text = all[language];
const fill = (words, value) => words.replace("{}", value);
const make = (name, properties, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};
const press = (words, onclick, className = "") => make("button", { type: "button", className, textContent: words, onclick });
let revoked = false;

/** Between two participants: what waits is sealed, the rest forgotten. */
async function shut(words = text.thanks) {
  byId("visits").replaceChildren();
  const round = !revoked && (await hasRound());
  document.title = text.title;
  byId("title").textContent = revoked ? text.revoked : text.locked;
  byId("say").textContent = round || revoked ? words : `${words} ${text.none}`;
  byId("open").hidden = !round;
  byId("acts").replaceChildren();
  if (!round) byId("acts").append(make("a", { className: "button", href: "/staff/tablet", textContent: text.staff }));
}

async function unlock(event) {
  event.preventDefault();
  const pin = byId("pin").value;
  byId("pin").value = "";
  const round = await openRound(pin);
  if (round) return show(round);
  byId("say").textContent = (await hasRound()) ? text.wrong : text.wiped;
  if (!(await hasRound())) return shut(text.wiped);
  return byId("pin").focus();
}

async function show(round) {
  const done = (await get("done")) || {};
  byId("open").hidden = true;
  byId("title").textContent = text.title;
  byId("say").textContent = round.nurse;
  const cards = await Promise.all(round.visits.map(async (visit) => line(visit, done[await nameOf(visit.ref)])));
  byId("visits").replaceChildren(...cards);
  byId("acts").replaceChildren(
    press(text.send, () => post()),
    press(text.lock, () => shut("")),
    make("a", { className: "button quiet-button", href: "/staff/tablet", textContent: text.end }),
  );
  // A list that lies open on a bed is no list under a PIN.
  clearTimeout(show.timer);
  show.timer = setTimeout(() => shut(""), 2 * 60 * 1000);
}

function line(visit, given) {
  const who = `${visit.study_number} ${visit.initials}`;
  const card = make("li", { className: "card" }, make("div", {}, make("b", { className: "tablet-who", textContent: who }), " ", make("span", { className: "quiet", textContent: given ? text.given : `${visit.visit.timepoint.label} · ${text.todo}` })));
  const ask = () => {
    card.lastChild.remove();
    card.append(make("div", { className: "buttons" }, make("span", { textContent: fill(text.sure, who) }), press(text.yes, () => hand(visit), "main"), press(text.no, () => shut(""))));
  };
  card.append(press(fill(text.give, visit.study_number), ask));
  return card;
}

/** From here on the tablet is the participant's: this page is gone, and with it the list. */
async function hand(visit) {
  await clean();
  const store = await openStore();
  await store.put(key("visit", visit.ref), { ...visit.visit, seen: Date.now() });
  for (const part of visit.visit.instruments) await goOn(store, visit, part);
  await put("done", { ...(await get("done")), [await nameOf(visit.ref)]: true });
  await put("touched", Date.now());
  location.replace(`${visit.page}#${visit.ref}`);
}

/** What was answered before, at home or at another round, is there again. */
async function goOn(store, { ref, visit }, part) {
  const begun = Object.entries(part.answers);
  if (!begun.length) return;
  const { language } = visit;
  for (const [item, answer] of begun) await store.put(key("answer", ref, part.id, item), answer);
  await store.put(key("draft", ref, part.id), { response: part.response, started: new Date().toISOString() });
  await store.put(key("place", ref, part.id), { version: part.version, language, pack: part.packs[language], position: part.position });
}

/** Deliver what waits, and hear whether the tablet is still one. */
async function post() {
  if (hands() === "left") await back("given_back");
  const state = await learn();
  if (state === "revoked" || state === "unknown") {
    revoked = state === "revoked";
    await drop("round");
    await drop("done");
    await shut("");
  }
  const before = (await envelopes()).length;
  const { left, refusals } = before ? await deliver() : { left: 0, refusals: [] };
  const box = byId("post");
  box.hidden = !before && !left;
  box.textContent = !left ? text.all_sent : refusals.length ? fill(text.refused, refusals[0]) : `${fill(text.wait, left)} ${state ? "" : text.offline}`;
}

document.documentElement.lang = language;
document.querySelector('label[for="pin"]').textContent = text.pin;
byId("open").querySelector("button").textContent = text.unlock;
byId("open").addEventListener("submit", unlock);
addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
addEventListener("online", () => post());
await clean();
if (hands() === "patient") passTo("left");
await shut();
await post();
setInterval(post, 30000);
document.documentElement.dataset.tidy = "done";
