// Talking to the hospital. Nothing on this device is let go before the hospital has said, in a reply
// that could only come from it, that it holds the same thing: a hotel's sign-in page answers 200 too.

import { ask, askVisit, early } from "./start.js";
import { key } from "./store.js";

const WAITS = [2, 5, 15, 30, 60]; // seconds between tries while something waits
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

export class Outbox {
  /** `tell(event)` hears: saved, trouble (with the hospital's own refusals, if any), closed, receipt, sealed, and answer from another page. */
  constructor(store, tell) {
    this.store = store;
    this.trouble = false;
    this._tell = tell;
    this._tries = 0;
    if (channel) channel.onmessage = ({ data }) => tell({ ...data, elsewhere: true });
    addEventListener("online", () => this.now());
    document.addEventListener("visibilitychange", () => this.now());
  }

  _everybody(event) {
    this._tell(event);
    if (channel) channel.postMessage(event);
  }

  /** An answer was kept on this device: tell the other pages, and send it soon. */
  kept(ref, instrument, item, answer) {
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
    let reply = await (early.reply || askVisit(ref, known?.token));
    // The early one had but the cookie, which may be lost or another visit's.
    if (early.reply && known?.token && (reply.status === 401 || reply.status === 403)) reply = await askVisit(ref, known.token);
    early.reply = null;
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
