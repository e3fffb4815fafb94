// Loading a ward round: the chosen visits come once, are sealed under the PIN that was typed, and the page leaves.

import { clean, keepRound, put } from "./tablet_store.js";

const form = document.getElementById("load");
const button = document.getElementById("load-button");
const state = document.getElementById("load-state");
const fault = document.getElementById("load-fault");

function say(words) {
  fault.textContent = words;
  fault.hidden = !words;
  state.textContent = words ? "" : state.dataset.busy;
  button.disabled = !words;
}

/** The worker of a tablet keeps the pages of the round besides the questions; wait until it has them all. */
async function worker() {
  const registration = await navigator.serviceWorker.register("/sw.js");
  await registration.update();
  const coming = registration.installing || registration.waiting;
  if (coming) {
    if (coming.state === "installing")
      await new Promise((done) => coming.addEventListener("statechange", () => coming.state !== "installing" && done()));
    coming.postMessage("change");
  }
  await navigator.serviceWorker.ready;
}

async function load() {
  const body = new URLSearchParams(new FormData(form));
  if (!body.has("visit")) return say(state.dataset.nobody);
  say("");
  try {
    await clean();
    const reply = await fetch(form.action, { method: "POST", body, redirect: "manual", cache: "no-store" });
    if (reply.type === "opaqueredirect") return location.reload(); // signed out meanwhile
    const told = await reply.json();
    if (!reply.ok) return say(told.message);
    await put("tablet", { id: told.tablet, key: told.public_key });
    await keepRound(body.get("pin"), { nurse: told.nurse, visits: told.visits });
    form.reset();
    await worker();
    return location.replace("/tablet/round");
  } catch {
    return say(state.dataset.broken);
  }
}

if (form) {
  const able = globalThis.crypto?.subtle && globalThis.indexedDB && navigator.serviceWorker;
  if (!able) state.textContent = state.dataset.insecure;
  button.disabled = !able;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    load();
  });
  addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
}
