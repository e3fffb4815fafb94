// What this device keeps: sealed records in IndexedDB, or, where the browser offers no encryption
// (a plain http address, some private windows), in memory only. `durable` says which it is.
//
// Records are sealed with AES-GCM under a key that can't leave the browser. `dirty` holds no answers:
// only which record changed when and hasn't reached the hospital.

const NAME = "pro-follow-up";

/** The key of a record: visit, draft (id and start of a response), place (where the person is), answer (one an
 * item), parcel (a complete response on its way), receipt; each under the visit and the instrument. */
export const key = (kind, ...names) => [kind, ...names].join("/") + "/";

/** A UUID, also where the browser keeps randomUUID from plain http addresses. */
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const asked = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

const completed = (transaction) =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });

const within = (prefix) => IDBKeyRange.bound(prefix, prefix + "\uffff");

async function openDatabase() {
  const opening = indexedDB.open(NAME, 1);
  opening.onupgradeneeded = () => {
    for (const name of ["keys", "sealed", "dirty"]) opening.result.createObjectStore(name);
  };
  return asked(opening);
}

/** The same words as SealedStore, for as long as the page is open. */
class MemoryStore {
  constructor() {
    this.durable = false;
    this._records = new Map();
    this._dirty = new Map();
  }

  async get(key) {
    return this._records.get(key);
  }

  async put(key, value) {
    this._records.set(key, value);
  }

  async add(key, value) {
    if (!this._records.has(key)) this._records.set(key, value);
    return this._records.get(key);
  }

  async list(prefix) {
    return [...this._records].filter(([key]) => key.startsWith(prefix));
  }

  async change(key, value, at) {
    this._records.set(key, value);
    this._dirty.set(key, at);
  }

  async dirty(prefix) {
    return [...this._dirty].filter(([key]) => key.startsWith(prefix));
  }

  async clean(pairs) {
    for (const [key, at] of pairs) if (this._dirty.get(key) === at) this._dirty.delete(key);
  }

  async settle(prefixes, key, value) {
    for (const records of [this._records, this._dirty])
      for (const known of [...records.keys()])
        if (prefixes.some((prefix) => known.startsWith(prefix))) records.delete(known);
    if (key) this._records.set(key, value);
  }
}

class SealedStore {
  constructor(database, key) {
    this.durable = true;
    this._key = key;
    this._spare = new MemoryStore(); // when the disk is full, what it wouldn't take
    this._use(database);
  }

  _use(database) {
    this._database = database;
    // iOS closes the database under a page that slept; a newer page may want to change its shape.
    database.onclose = () => (this._database = null);
    database.onversionchange = () => database.close();
  }

  /** Run `work` in one transaction and wait until it is on the disk; reopen once if it was closed. */
  async _run(mode, work, again = true) {
    try {
      if (!this._database) this._use(await openDatabase());
      const transaction = this._database.transaction(["sealed", "dirty"], mode, { durability: "strict" });
      const done = completed(transaction);
      done.catch(() => {}); // a failed request is reported by `work` first
      const result = await work(transaction.objectStore("sealed"), transaction.objectStore("dirty"));
      await done;
      return result;
    } catch (fault) {
      if (!again || fault.name !== "InvalidStateError") throw fault;
      this._database = null;
      return this._run(mode, work, false);
    }
  }

  async _write(work, otherwise) {
    try {
      return await this._run("readwrite", work);
    } catch {
      this.durable = false;
      return otherwise(this._spare);
    }
  }

  async _seal(key, value) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const how = { name: "AES-GCM", iv, additionalData: encoder.encode(key) };
    return { iv, data: await crypto.subtle.encrypt(how, this._key, encoder.encode(JSON.stringify(value))) };
  }

  async _unseal(key, sealed) {
    if (!sealed) return undefined;
    try {
      const how = { name: "AES-GCM", iv: sealed.iv, additionalData: encoder.encode(key) };
      return JSON.parse(decoder.decode(await crypto.subtle.decrypt(how, this._key, sealed.data)));
    } catch {
      return undefined; // sealed under a key that this browser has lost: as good as not there
    }
  }

  async _both(name, prefix) {
    const [keys, values] = await this._run("readonly", (sealed, dirty) => {
      const records = name === "sealed" ? sealed : dirty;
      return Promise.all([asked(records.getAllKeys(within(prefix))), asked(records.getAll(within(prefix)))]);
    });
    return keys.map((key, index) => [key, values[index]]);
  }

  async get(key) {
    const spare = await this._spare.get(key);
    return spare === undefined ? this._unseal(key, await this._run("readonly", (sealed) => asked(sealed.get(key)))) : spare;
  }

  async put(key, value) {
    const record = await this._seal(key, value);
    await this._write((sealed) => asked(sealed.put(record, key)), (spare) => spare.put(key, value));
  }

  /** Put unless there is one already (another tab may be quicker); the one that is there now. */
  async add(key, value) {
    const record = await this._seal(key, value);
    const first = await this._write(
      async (sealed) => (await asked(sealed.get(key))) || (await asked(sealed.put(record, key)), record),
      async (spare) => (await spare.add(key, value), null),
    );
    return first ? this._unseal(key, first) : this.get(key);
  }

  async list(prefix) {
    const sealed = await this._both("sealed", prefix);
    const values = await Promise.all(sealed.map(async ([key, record]) => [key, await this._unseal(key, record)]));
    return [...new Map([...values.filter(([, value]) => value !== undefined), ...(await this._spare.list(prefix))])];
  }

  /** Put, and remember in the same transaction that the hospital hasn't got it. */
  async change(key, value, at) {
    const record = await this._seal(key, value);
    await this._write(
      (sealed, dirty) => Promise.all([asked(sealed.put(record, key)), asked(dirty.put(at, key))]),
      (spare) => spare.change(key, value, at),
    );
  }

  async dirty(prefix) {
    return [...new Map([...(await this._both("dirty", prefix)), ...(await this._spare.dirty(prefix))])];
  }

  /** The hospital has these; one that was changed again meanwhile stays marked. */
  async clean(pairs) {
    await this._spare.clean(pairs);
    await this._run("readwrite", async (_, dirty) => {
      for (const [key, at] of pairs) if ((await asked(dirty.get(key))) === at) await asked(dirty.delete(key));
    });
  }

  /** Delete everything under `prefixes` and put one record in its place, all or nothing. */
  async settle(prefixes, key, value) {
    const record = key && (await this._seal(key, value));
    await this._spare.settle(prefixes);
    await this._run("readwrite", (sealed, dirty) => {
      for (const prefix of prefixes) for (const records of [sealed, dirty]) records.delete(within(prefix));
      if (key) sealed.put(record, key);
    });
  }
}

async function sealingKey(database) {
  const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  const transaction = database.transaction("keys", "readwrite");
  const keys = transaction.objectStore("keys");
  const there = await asked(keys.get("main"));
  if (!there) keys.put(made, "main");
  await completed(transaction);
  return there || made;
}

export async function openStore() {
  if (!globalThis.crypto?.subtle || !globalThis.indexedDB) return new MemoryStore();
  try {
    const database = await openDatabase();
    return new SealedStore(database, await sealingKey(database));
  } catch {
    return new MemoryStore(); // a private window, or storage switched off
  }
}
