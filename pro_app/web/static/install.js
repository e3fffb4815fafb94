// The worker that keeps the pages for offline, the manifest for the home screen, and asking before a new version.

import { app, page } from "./question.js";

const text = page.text;

/** Said at the top, never done by itself: somebody may be in the middle of an answer. */
function offer(worker) {
  const bar = Object.assign(document.createElement("p"), { className: "update", textContent: `${text.update} ` });
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: text.update_now });
  button.onclick = async () => {
    await app.outbox.flush();
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
    worker.postMessage("change");
  };
  bar.append(button);
  document.querySelector("header").append(bar);
}

async function work() {
  const registration = await navigator.serviceWorker.register("/sw.js");
  const watch = () => {
    if (registration.waiting && navigator.serviceWorker.controller) offer(registration.waiting);
  };
  watch();
  registration.addEventListener("updatefound", () => {
    const coming = registration.installing;
    coming.addEventListener("statechange", () => coming.state === "installed" && watch());
  });
}

export function start() {
  const manifest = Object.assign(document.createElement("link"), { rel: "manifest", href: `/app.webmanifest?lang=${page.language}`, crossOrigin: "use-credentials" });
  document.head.append(manifest);
  if (navigator.serviceWorker) work().catch(() => {}); // WeChat and plain http have none; all but offline works
  navigator.storage?.persist?.().catch(() => {});
}
