// The worker that keeps the pages for offline, the manifest for the home screen, and asking before a new version.

import { app, make, page } from "./question.js";

const text = page.text;

/** Said at the top, never done by itself: somebody may be in the middle of an answer. */
function offer(worker) {
  const change = async () => {
    await app.outbox.flush();
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
    worker.postMessage("change");
  };
  const button = make("button", { type: "button", onclick: change }, text.update_now);
  document.querySelector("header").append(make("p", { className: "update" }, `${text.update} `, button));
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
  document.head.append(make("link", { rel: "manifest", href: `/app.webmanifest?lang=${page.language}`, crossOrigin: "use-credentials" }));
  if (navigator.serviceWorker) work().catch(() => {}); // WeChat and plain http have none; all but offline works
  navigator.storage?.persist?.().catch(() => {});
}
