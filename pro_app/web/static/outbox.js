// Talking to the hospital. Nothing on this device is let go before the hospital has said, in a reply
// that could only come from it, that it holds the same thing: a hotel's sign-in page answers 200 too.
//
// Records, each under a key that ends in "/": visit, draft (id and start of a response), place (where the
// person is), answer (one an item), parcel (a complete response on its way), receipt.

const WAITS = [2, 5, 15, 30, 60]; // seconds between tries while something waits
const SILENCE = 15000; // milliseconds after which a try counts as failed

export const key = (kind, ...names) => [kind, ...names].join("/") + "/";
const channel = globalThis.BroadcastChannel ? new BroadcastChannel("pro-follow-up") : null;

/** JSON with sorted keys and no spaces: the bytes that phone and hospital both hash. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
}

export async function contentHash({ answers, instrument, language, pack, response, version }) {
  const bytes = new TextEncoder().encode(canonical({ answers, instrument, language, pack, response, version }));
  if (!globalThis.crypto?.subtle) return (await import("./sha256.js")).sha256(bytes);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** One request; never throws. `json` is there only when the reply says that it is JSON and is. */
async function ask(path, token, body) {
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

export class Outbox {
  /** `tell(event)` hears: saved, trouble (with the hospital's own refusals, if any), closed, receipt, sealed, and answer from another page. */
  constructor(store, tell) {
    this.store = store;
    this.trouble = false;
    this._tell = tell;
    this._tries = 0;
    this._stamp = 0;
    if (channel) channel.onmessage = ({ data }) => tell({ ...data, elsewhere: true });
    addEventListener("online", () => this.now());
    document.addEventListener("visibilitychange", () => this.now());
  }

  _everybody(event) {
    this._tell(event);
    if (channel) channel.postMessage(event);
  }

  /** Keep an answer here, and send it soon. */
  async keep(ref, instrument, item, answer) {
    // Two changes in one millisecond must not look like one.
    this._stamp = Math.max(Date.now(), this._stamp + 1);
    await this.store.change(key("answer", ref, instrument, item), answer, this._stamp);
    if (channel) channel.postMessage({ type: "answer", ref, instrument, item, answer });
    this.soon(1000);
  }

  soon(milliseconds) {
    clearTimeout(this._timer);
    this._timer = setTimeout(() => this.flush(), milliseconds);
  }

  /** Something hints that it may work now: don't wait out a long pause. */
  now() {
    this._tries = 0;
    this.soon(0);
  }

  /** Send everything that waits, of every visit on this device. True when nothing waits any more. */
  async flush() {
    if (this._running) {
      this._again = true;
      return this._running;
    }
    this._running = this._flush();
    const clear = await this._running;
    this._running = null;
    if (this._again) {
      this._again = false;
      return this.flush();
    }
    return clear;
  }

  async _flush() {
    let clear = true;
    this._refusals = [];
    for (const [name, parcel] of await this.store.list("parcel/")) clear = (await this._deliver(name, parcel)) && clear;
    const drafts = new Map();
    for (const [name, at] of await this.store.dirty("answer/")) {
      const [, ref, instrument] = name.split("/");
      const group = key("", ref, instrument);
      drafts.set(group, [...(drafts.get(group) || []), [name, at]]);
    }
    for (const changes of drafts.values()) clear = (await this._draft(changes)) && clear;
    this.trouble = !clear;
    if (!clear) this.soon(1000 * WAITS[Math.min(this._tries++, WAITS.length - 1)]);
    else this._tries = 0;
    this._tell({ type: clear ? "saved" : "trouble", refusals: this._refusals });
    return clear;
  }

  async _token(ref) {
    const known = await this.store.get(key("visit", ref));
    return known?.token || (await this.visit(ref)).visit?.token;
  }

  async _draft(changes) {
    const [, ref, instrument] = changes[0][0].split("/");
    if (await this.store.get(key("parcel", ref, instrument))) return true; // it carries them all
    const [draft, place] = [await this.store.get(key("draft", ref, instrument)), await this.store.get(key("place", ref, instrument))];
    if (!draft || !place) return false;
    const answers = {};
    for (const [name] of changes) answers[name.split("/")[3]] = await this.store.get(name);
    const reply = await ask("/device/draft", await this._token(ref), {
      ref,
      instrument,
      response: draft.response,
      ...place,
      answers,
    });
    if (reply.ok && typeof reply.json?.saved === "boolean") {
      await this.store.clean(changes);
      if (!reply.json.saved) this._tell({ type: "closed", ref, instrument }); // sent from elsewhere meanwhile
      return true;
    }
    return this._refused(ref, instrument, reply);
  }

  _refused(ref, instrument, { json }) {
    if (json?.error) this._refusals.push({ ref, instrument, message: json.message });
    return false;
  }

  /** The complete response: from now on it can't change here. False when another page was quicker. */
  async seal(parcel) {
    const kept = await this.store.add(key("parcel", parcel.ref, parcel.instrument), parcel);
    this._everybody({ type: "sealed", ref: parcel.ref, instrument: parcel.instrument });
    return kept;
  }

  async _deliver(name, parcel) {
    const reply = await ask("/device/response", await this._token(parcel.ref), parcel);
    const receipt = reply.ok && reply.json;
    const { ref, instrument } = parcel;
    if (!receipt || !receipt.receipt || receipt.response !== parcel.response || receipt.hash !== (await contentHash(parcel)))
      return this._refused(ref, instrument, reply);
    const kinds = ["answer", "draft", "place", "parcel"];
    await this.store.settle(kinds.map((kind) => key(kind, ref, instrument)), key("receipt", ref, instrument), receipt);
    this._everybody({ type: "receipt", ref, instrument, receipt });
    return true;
  }

  /** The visit as the hospital knows it, else as this device does; `refusal` when the hospital says no. */
  async visit(ref) {
    const known = await this.store.get(key("visit", ref));
    const reply = await ask(`/device/visit/${encodeURIComponent(ref)}`, known?.token);
    if (reply.ok && reply.json?.ref === ref) {
      await this.store.put(key("visit", ref), { ...reply.json, seen: Date.now() });
      return { visit: reply.json, fresh: true };
    }
    return { visit: known, fresh: false, refusal: reply.json?.error && { status: reply.status, message: reply.json.message } };
  }

  /** Take the hospital's draft in, item by item; what was changed here and not sent yet wins. */
  async merge(ref, instrument, entry) {
    const unsent = new Set((await this.store.dirty(key("answer", ref, instrument))).map(([name]) => name));
    const here = new Map(await this.store.list(key("answer", ref, instrument)));
    const theirs = Object.entries(entry.answers || {}).map(([item, answer]) => [key("answer", ref, instrument, item), answer]);
    let news = false;
    for (const [name, answer] of theirs) {
      if (unsent.has(name) || canonical(here.get(name) ?? null) === canonical(answer)) continue;
      await this.store.put(name, answer);
      news = true;
    }
    // What the hospital once confirmed and no longer has (a restored backup) is sent again.
    const has = new Set(theirs.map(([name]) => name));
    for (const [name, answer] of here) if (!has.has(name) && !unsent.has(name)) await this.store.change(name, answer, Date.now());
    if (entry.response) await this.store.add(key("draft", ref, instrument), { response: entry.response, started: new Date().toISOString() });
    return { news, ahead: news && !unsent.size };
  }
}
