// The first script, and a small one: it waits for the first paint, then asks the hospital about the visit and
// fetches the question's own scripts at the same time.

const SILENCE = 15000; // milliseconds after which a try counts as failed

export const ref = location.hash.slice(1).split("/")[0];

/** One request; never throws. `json` is there only when the reply says that it is JSON and is. */
export async function ask(path, token, body) {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), SILENCE);
  const headers = { Accept: "application/json" };
  if (token) headers.Authorization = `Visit ${token}`;
  if (body) headers["Content-Type"] = "application/json";
  try {
    const reply = await fetch(path, {
      method: body ? "POST" : "GET",
      headers,
      body: body && JSON.stringify(body),
      redirect: "manual",
      cache: "no-store",
      credentials: "same-origin",
      signal: silence.signal,
    });
    const ours = /^application\/json/.test(reply.headers.get("Content-Type") || "");
    return { status: reply.status, ok: reply.ok, json: ours ? JSON.parse(await reply.text()) : null };
  } catch {
    return { status: 0, ok: false, json: null };
  } finally {
    clearTimeout(timer);
  }
}

/** What the hospital says about a visit; with the cookie alone as long as nobody knows a token. */
export const askVisit = (known, token) => ask(`/device/visit/${encodeURIComponent(known)}`, token);

/** The first such reply, asked for before anything else is there; read once. */
export const early = {};

if (document.querySelector("body.waiting")) {
  const go = () => {
    if (ref) early.reply = askVisit(ref);
    import("./store.js");
    import("./question.js");
  };
  // This script came from the device itself, and so will the others: the place where the person stopped is known
  // in a moment, and the first question isn't shown before it. Nor is there anybody to wait for in the background.
  const [{ transferSize } = {}] = performance.getEntriesByName(import.meta.url);
  if (transferSize === 0) document.body.classList.add("kept");
  if (transferSize === 0 || document.hidden) go();
  else requestAnimationFrame(() => setTimeout(go));
}
