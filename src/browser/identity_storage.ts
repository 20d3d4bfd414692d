/**
 * The identity that a browser keeps for the pages of an origin.
 *
 * @module
 */
import { LektError, messageOf } from "../base/errors.ts";
import { createIdentity, type Identity } from "../directory/identity.ts";

const DATABASE = "lekt";
const STORE = "identities";

/** What of IndexedDB is used; programs have none, so their types do not name it. */
interface Database {
  createObjectStore(name: string): unknown;
  transaction(name: string, mode: string): {
    objectStore(name: string): {
      get(key: string): Asked<unknown>;
      add(value: unknown, key: string): Asked<unknown>;
    };
  };
  close(): void;
}

/** A request to IndexedDB. */
interface Asked<T> {
  readonly result: T;
  readonly error: unknown;
  onsuccess: (() => void) | null;
  onerror: (() => void) | null;
}

interface Opening extends Asked<Database> {
  onupgradeneeded: (() => void) | null;
}

/**
 * Reads the identity of this page's origin from the browser's storage, and
 * makes both at first use. Where several pages do that at once, all get the
 * same identity. Its private key never leaves the browser, not even to the page
 * itself; who clears the data of the site loses it.
 *
 * @param name Which of several identities. Default: `"identity"`.
 * @throws {LektError} `INVALID_ARGUMENT` where the browser keeps nothing for this page, as in some private windows, or where the page came by plain `http:`.
 *
 * @example In a page
 * ```ts
 * import { openIdentity } from "@lekt/lekt/browser";
 *
 * if ("indexedDB" in globalThis) {
 *   const { thumbprint } = await openIdentity();
 *   console.log(`my identity is ${thumbprint}`);
 * }
 * ```
 */
export async function openIdentity(name = "identity"): Promise<Identity> {
  const made = await createIdentity();
  try {
    const database = await openDatabase();
    try {
      const store = database.transaction(STORE, "readwrite")
        .objectStore(STORE);
      const kept = await settle(store.get(name)) as Identity | undefined;
      if (kept === undefined) await settle(store.add(made, name));
      return kept ?? made;
    } finally {
      database.close();
    }
  } catch (cause) {
    throw new LektError(
      "INVALID_ARGUMENT",
      `Cannot keep an identity in this browser: ${
        messageOf(cause)
      }; private windows and site settings can prevent it`,
      { cause },
    );
  }
}

function openDatabase(): Promise<Database> {
  const { indexedDB } = globalThis as unknown as {
    indexedDB: { open(name: string): Opening };
  };
  const opening = indexedDB.open(DATABASE);
  opening.onupgradeneeded = (): void => {
    opening.result.createObjectStore(STORE);
  };
  return settle(opening);
}

function settle<T>(asked: Asked<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  asked.onsuccess = (): void => resolve(asked.result);
  asked.onerror = (): void => reject(asked.error);
  return promise;
}
