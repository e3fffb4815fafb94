// What a clinic's tablet keeps between two patients, in a database of its own: the key it seals with, the list
// of a ward round (sealed under the nurse's PIN), and envelopes. An envelope is sealed to a public key whose
// other half is at the hospital only: this browser made it and can't open it again.

import { ask } from "./start.js";
import { key, openStore } from "./store.js";

const NAME = "pro-tablet";
const encoder = new TextEncoder();
const decoder = new TextDecoder();

const asked = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

async function room(mode, work) {
  const opening = indexedDB.open(NAME, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("kept");
  const database = await asked(opening);
  const transaction = database.transaction("kept", mode, { durability: "strict" });
  const done = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
  try {
    const result = await work(transaction.objectStore("kept"));
    await done;
    return result;
  } finally {
    database.close();
  }
}

export const get = (name) => room("readonly", (kept) => asked(kept.get(name)));
export const put = (name, value) => room("readwrite", (kept) => asked(kept.put(value, name)));
export const drop = (name) => room("readwrite", (kept) => asked(kept.delete(name)));
const list = (prefix) =>
  room("readonly", async (kept) => {
    const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
    const [names, values] = await Promise.all([asked(kept.getAllKeys(range)), asked(kept.getAll(range))]);
    return names.map((name, index) => [name, values[index]]);
  });

const text = (bytes) => btoa(Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join(""));
const bytes = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

/* In whose hands the tablet is: the server says it in a cookie, so that a page knows it before anything else */

export const hands = () => /(?:^|; )(?:__Host-)?tablet_hands=(\w+)/.exec(document.cookie)?.[1];

/** Without a connection nobody else can write it down; `left`: given back, and the hospital doesn't know yet. */
export function passTo(whom) {
  const secure = location.protocol === "https:";
  document.cookie = `${secure ? "__Host-" : ""}tablet_hands=${whom}; Path=/; Max-Age=34560000; SameSite=Lax${secure ? "; Secure" : ""}`;
}

/** Close the visit at the hospital; false when it can't be reached. */
export async function back(ending) {
  try {
    const reply = await fetch("/tablet/back", { method: "POST", body: new URLSearchParams({ ending }), redirect: "manual", cache: "no-store" });
    if (reply.type !== "opaqueredirect") return false;
    passTo(hands() === "round" ? "round" : "nobody");
    return true;
  } catch {
    return false;
  }
}

/** What the hospital says about this tablet, and its key, kept for when there is no connection. Null: no reply. */
export async function learn(active) {
  const { json } = await ask("/device/tablet", null, active ? {} : undefined);
  if (!json?.state) return null;
  if (json.public_key) await put("tablet", { id: json.id, key: json.public_key });
  return json.state;
}

/* Envelopes */

async function seal(tablet, words) {
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const own = await crypto.subtle.generateKey(curve, false, ["deriveBits"]);
  const point = await crypto.subtle.exportKey("raw", own.publicKey);
  const theirs = await crypto.subtle.importKey("raw", bytes(tablet.key), curve, false, []);
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, own.privateKey, 256);
  const base = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: point, info: encoder.encode("pro-follow-up envelope 1") };
  const secret = await crypto.subtle.deriveKey(how, base, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const lock = { name: "AES-GCM", iv, additionalData: encoder.encode(`tablet/${tablet.id}`) };
  const box = await crypto.subtle.encrypt(lock, secret, encoder.encode(words));
  return { v: 1, tablet: tablet.id, key: text(point), iv: text(iv), box: text(box) };
}

/** SHA-256 in hex: names an envelope, and a visit without telling which it is. */
export async function nameOf(words) {
  const digest = await crypto.subtle.digest("SHA-256", encoder.encode(words));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const PLACE = "pro-follow-up";
const isThere = async () => (await indexedDB.databases()).some(({ name }) => name === PLACE);

/** What of the patient's waits to be sent: complete responses, and drafts that changed since they were sent. */
async function waiting(store) {
  const found = [];
  const tokenOf = async (ref) => (await store.get(key("visit", ref)))?.token;
  const parcels = await store.list("parcel/");
  for (const [, content] of parcels) found.push({ kind: "response", token: await tokenOf(content.ref), content });
  const whole = new Set(parcels.map(([, { ref, instrument }]) => key("", ref, instrument)));
  const begun = new Map();
  for (const [name] of await store.dirty("answer/")) begun.set(key("", ...name.split("/").slice(1, 3)), name.split("/").slice(1, 3));
  for (const [group, [ref, instrument]] of begun) {
    if (whole.has(group)) continue;
    const [draft, place] = [await store.get(key("draft", ref, instrument)), await store.get(key("place", ref, instrument))];
    if (!draft || !place) continue;
    const answers = {};
    for (const [name, answer] of await store.list(key("answer", ref, instrument))) answers[name.split("/")[3]] = answer;
    const times = { started: draft.started, finished: new Date().toISOString() };
    found.push({ kind: "draft", token: await tokenOf(ref), content: { ref, instrument, response: draft.response, ...place, ...times, answers } });
  }
  return found;
}

/** Seal what waits, then forget everything of the patient. False when something waits and can't be sealed. */
export async function clean() {
  if (!globalThis.crypto?.subtle || !globalThis.indexedDB) return true;
  if (await isThere()) {
    const [store, tablet] = [await openStore(), await get("tablet")];
    const found = (await waiting(store)).filter(({ token }) => token);
    if (found.length && !tablet) return false;
    const envelopes = await Promise.all(found.map((one) => seal(tablet, JSON.stringify(one))));
    const named = await Promise.all(envelopes.map(async (one) => [await nameOf(one.box), one]));
    await room("readwrite", (kept) => Promise.all(named.map(([name, one]) => asked(kept.put(one, `envelope/${name}`)))));
    // Its own connections close by themselves when they hear of it; another tab's may take a moment.
    await asked(indexedDB.deleteDatabase(PLACE)).catch(() => {});
  }
  await drop("touched");
  localStorage.clear();
  sessionStorage.clear();
  for (const name of await globalThis.caches.keys()) if (!name.startsWith("pro-")) await caches.delete(name);
  return true;
}

export const envelopes = () => list("envelope/");

/** Deliver every envelope. One is let go of only when the hospital names its very content. */
export async function deliver() {
  const refusals = [];
  for (const [name, envelope] of await envelopes()) {
    const { ok, json } = await ask("/device/envelope", null, envelope);
    if (ok && `envelope/${json?.envelope}` === name) await drop(name);
    else if (json?.error) refusals.push(json.message);
  }
  return { left: (await envelopes()).length, refusals };
}

/* The list of a ward round, sealed under the PIN */

const TURNS = 600000; // PBKDF2 as OWASP asks for with SHA-256

async function pinKey(pin, salt) {
  const base = await crypto.subtle.importKey("raw", encoder.encode(pin), "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations: TURNS };
  return crypto.subtle.deriveKey(how, base, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

export async function keepRound(pin, round) {
  const [salt, iv] = [crypto.getRandomValues(new Uint8Array(16)), crypto.getRandomValues(new Uint8Array(12))];
  const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await pinKey(pin, salt), encoder.encode(JSON.stringify(round)));
  await put("round", { salt, iv, data, wrong: 0, loaded: Date.now() });
}

const TRIES = 5;
const GOOD_FOR = 12 * 3600 * 1000;

/** The list, for the right PIN; null for a wrong one, and after five of those there is no list any more. */
export async function openRound(pin) {
  const kept = await get("round");
  if (!kept) return null;
  // Counted before it is tried: who pulls the plug in time has had this try nevertheless.
  if (kept.wrong + 1 >= TRIES) await drop("round");
  else await put("round", { ...kept, wrong: kept.wrong + 1 });
  try {
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: kept.iv }, await pinKey(pin, kept.salt), kept.data);
    await put("round", { ...kept, wrong: 0 });
    return JSON.parse(decoder.decode(plain));
  } catch {
    return null;
  }
}

export async function hasRound() {
  const kept = await get("round");
  if (kept && Date.now() - kept.loaded > GOOD_FOR) await drop("round");
  return Boolean(kept && Date.now() - kept.loaded <= GOOD_FOR);
}
