// The pages between two patients: seal what waits, forget the rest, deliver. In a patient's hands nothing is
// forgotten: the page for the PIN is only looked at then, by whoever pressed Back once too often.

import { back, clean, deliver, drop, envelopes, hands as written, learn } from "./tablet_store.js";

const hands = document.querySelector("[data-hands]").dataset.hands;
const channel = globalThis.BroadcastChannel ? new BroadcastChannel("pro-tablet") : null;

// A page that Back brings out of the browser's memory tells how things were: ask again.
addEventListener("pageshow", ({ persisted }) => persisted && location.reload());

// Pressed twice, the second press would come with a key that the first has just replaced.
document.addEventListener("submit", ({ target }) => setTimeout(() => target.querySelectorAll("button").forEach((one) => (one.disabled = true))));

async function tidy() {
  if (!globalThis.indexedDB) return;
  // Given back while there was no connection: the hospital hears of it first.
  if (written() === "left" && (await back("given_back"))) return location.reload();
  if (hands === "patient") return;
  channel?.postMessage("closed");
  await learn();
  await clean();
  if (hands !== "round") for (const name of ["round", "done"]) await drop(name);
  const box = document.getElementById("waiting");
  if (!(await envelopes()).length) return;
  const { left, refusals } = await deliver();
  if (!box) return;
  box.hidden = !left;
  if (refusals.length) box.append(` ${refusals[0]}`);
}

/** No patient's page is open now: a newer worker, such as the one with the tablet's own pages, may take over. */
async function renew() {
  const registration = hands !== "patient" && (await navigator.serviceWorker?.getRegistration());
  if (!registration) return;
  await registration.update();
  registration.waiting?.postMessage("change");
}

document.documentElement.dataset.tidy = "going";
tidy().finally(() => (document.documentElement.dataset.tidy = "done"));
addEventListener("online", () => tidy());
renew().catch(() => {});
