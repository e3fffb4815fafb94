// The worker keeps what is the same for everyone: pages, scripts, styles, the list of visits on this device.
// It looks at same-origin GET only; nothing personal (/visit, /v/, /device/) is ever kept, nothing posted is
// ever touched. A new version waits until the person agrees or no page is open.
// The server puts RELEASE and FILES in front of this text.
/* global RELEASE, FILES */

const ROOM = `pro-${RELEASE}`;
const SHELL = "/app";

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(ROOM).then((room) => room.addAll(FILES)));
});

self.addEventListener("activate", (event) => {
  const old = (name) => name.startsWith("pro-") && name !== ROOM;
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("message", ({ data }) => {
  if (data === "change") self.skipWaiting();
});

/** A question page of another release answers for one that can't be had: same questionnaire, same language. */
async function instead(path) {
  const room = await caches.open(ROOM);
  const [, q, instrument, language] = path.split("/");
  const kin = q === "q" && FILES.find((file) => file.startsWith(`/q/${instrument}/${language}/`));
  // The round's page is there on a clinic's tablet alone.
  return (await room.match(kin || "/tablet/round")) || room.match(SHELL);
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (FILES.includes(url.pathname)) {
    event.respondWith(
      caches
        .open(ROOM)
        .then((room) => room.match(url.pathname))
        .then((kept) => kept || fetch(request)),
    );
  } else if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => instead(url.pathname)));
  }
});
