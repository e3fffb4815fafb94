// A clinic's tablet in a patient's hands: the button to give it back, five idle minutes, and leaving so that
// nothing stays behind. Loaded only where the tablet's cookie says so.

import { back, clean, get, hands, learn, passTo, put } from "./tablet_store.js";

const IDLE = 5 * 60 * 1000;
const LOOK = 15 * 1000; // how often the hospital is asked whether the tablet is still the patient's
const LOCKED = "/staff/tablet";
const ROUND = "/tablet/round";
const channel = globalThis.BroadcastChannel ? new BroadcastChannel("pro-tablet") : null;
const asking = document.body.classList.contains("asking");
const start = hands();
let touched = Date.now();
let leaving = false;

/** Nothing stays on the screen, nor in what the browser keeps of this page to go back to. */
function blank() {
  // What is still on its way finds no page any more; nobody needs to hear of that.
  for (const name of ["error", "unhandledrejection"]) addEventListener(name, (event) => event.preventDefault());
  document.title = "";
  document.body.replaceChildren();
}

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export async function leave(ending) {
  if (leaving) return;
  leaving = true;
  const app = asking && (await import("./question.js")).app;
  if (app) app.keeping = Infinity; // there is nothing left to say it on
  blank();
  // What can be sent now is sent now; the rest goes into envelopes.
  if (app?.outbox && ending !== "closed") await Promise.race([app.outbox.flush(), wait(3000)]);
  await clean().catch(() => {});
  channel?.postMessage("closed");
  const told = ending === "closed" || (await back(ending));
  if (start === "patient" && !told) passTo("left");
  location.replace(start === "round" ? ROUND : LOCKED);
}

async function look() {
  if (leaving) return;
  if (Date.now() - touched >= IDLE) return leave("idle");
  await put("touched", touched).catch(() => {});
  const state = await learn(Date.now() - touched < LOOK * 2);
  if (state && state !== "handed_over" && state !== "ward_round") leave("closed");
}

async function words() {
  const all = await (await fetch("/tablet/words")).json();
  return all[document.documentElement.lang] || Object.values(all)[0];
}

function button(className, label) {
  const made = Object.assign(document.createElement("button"), { type: "button", className, textContent: label });
  made.onclick = () => leave("given_back");
  return made;
}

/** The pages of the server bring their own button; the questions are the same bytes for everyone. */
async function dress() {
  const text = await words();
  document.querySelector(".tools").prepend(button("tool", text.give_back));
  const last = document.createElement("p");
  last.append(button("button go wide", text.give_back));
  const line = Object.assign(document.createElement("p"), { className: "note", textContent: text.please });
  const [home, onward] = [document.getElementById("home"), document.getElementById("onward")];
  home.before(line, last);
  home.hidden = true;
  // Not while another questionnaire is still to come.
  const fit = () => (line.hidden = last.hidden = !onward.hidden);
  new MutationObserver(fit).observe(onward, { attributes: true });
  fit();
}

/** Leave, and let nothing go on meanwhile. */
const gone = (ending) => (leave(ending), new Promise(() => {}));

async function begin() {
  if (start === "nobody" || start === "left") return gone("closed");
  if (start !== "patient" && start !== "round") return;
  const before = await get("touched").catch(() => 0);
  if (before && Date.now() - before >= IDLE) return gone("idle");
  for (const name of ["pointerdown", "keydown", "input", "scroll"])
    addEventListener(name, () => (touched = Date.now()), { passive: true, capture: true });
  addEventListener("pagehide", blank);
  document.addEventListener("visibilitychange", look);
  document.addEventListener("submit", (event) => {
    if (event.target.getAttribute("action") !== "/tablet/back") return;
    event.preventDefault();
    leave("given_back");
  });
  if (channel) channel.onmessage = () => leave("closed");
  setInterval(look, LOOK);
  if (asking) dress().catch(() => {});
  look();
}

/** Question and visit pages wait for this before they show anything of a person. */
export const ready = begin();
