/**
 * Which key held which nickname when it was first met.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";
import { fileReason } from "../base/reasons.ts";
import { harmless } from "../base/text.ts";
import { isSystemError } from "../runtime/errors.ts";
import { system } from "../runtime/system.ts";
import { replaceFile, withFileLock } from "./atomic_file.ts";
import { isDigest } from "./names.ts";

/** What is remembered of one nickname of one directory. */
export interface Pin {
  /** The RFC 7638 thumbprint of its key. */
  thumbprint: string;
  /** When it was met first, in ISO 8601. */
  since: string;
}

/** Bytes of the largest pins file that is read: some 50,000 nicknames. */
const PINS_FILE_SIZE_MAX = 8 * 1024 * 1024;

/** What to do about a file that is damaged. */
const REMEDY = "bring back a copy of it, or move it away, and all are met anew";

/** The file's members: directory, then nickname, then its pin. */
type PinTable = Record<string, Record<string, Pin>>;

/**
 * Trust on first use: the first key met under a nickname is remembered in a
 * file, and another one is refused from then on.
 *
 * @example
 * ```ts
 * import { createIdentity, PinFile } from "@lekt/lekt/directory";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * const pins = new PinFile(`${folder}/pins.json`);
 * const { thumbprint } = await createIdentity();
 * assertEquals(await pins.check("https://dir.example", "bob", thumbprint), "new");
 * assertEquals(await pins.check("https://dir.example", "bob", thumbprint), "known");
 * const other = (await createIdentity()).thumbprint;
 * await assertRejects(() => pins.check("https://dir.example", "bob", other));
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export class PinFile {
  /** Where the pins are; made at the first pin, mode 0600. */
  readonly path: string;

  /**
   * Names the file; nothing is read yet.
   *
   * @param path The file that holds the pins; made when the first one is written.
   */
  constructor(path: string) {
    this.path = path;
  }

  /**
   * Compares a key with the one that was met first, or remembers it as that.
   *
   * @param directory The origin of the directory: each has nicknames of its own.
   * @param nickname The nickname that was met.
   * @param thumbprint The identity that was met under it.
   * @throws {LektError} `REJECTED`, by this side, where the key is another one; `INVALID_ARGUMENT` where the file cannot be used.
   */
  async check(
    directory: string,
    nickname: string,
    thumbprint: string,
  ): Promise<"new" | "known"> {
    const known = (await this.get(directory, nickname))?.thumbprint;
    if (known !== undefined) return this.#compare(nickname, known, thumbprint);
    return await this.#locked(async () => {
      const table = await this.#read();
      // Looked up again: another process may have met it meanwhile.
      const pin = ownPin(table, directory, nickname);
      if (pin) return this.#compare(nickname, pin.thumbprint, thumbprint);
      const pins = ownMember(table, directory) ?? {};
      const since = new Date().toISOString();
      setMember(pins, nickname, { thumbprint, since });
      setMember(table, directory, pins);
      await this.#write(table);
      return "new";
    });
  }

  /**
   * What is remembered of a nickname, or `undefined`.
   *
   * @param directory The directory's origin.
   * @param nickname The nickname to look for.
   */
  async get(directory: string, nickname: string): Promise<Pin | undefined> {
    return ownPin(await this.#read(), directory, nickname);
  }

  /**
   * Forgets a nickname, so that its next key is taken as the first; tells whether it was known.
   *
   * @param directory The directory's origin.
   * @param nickname The nickname to forget.
   */
  forget(directory: string, nickname: string): Promise<boolean> {
    return this.#locked(async () => {
      const table = await this.#read();
      if (!ownPin(table, directory, nickname)) return false;
      delete table[directory]![nickname];
      await this.#write(table);
      return true;
    });
  }

  #compare(nickname: string, known: string, thumbprint: string): "known" {
    if (known === thumbprint) return "known";
    throw new LektError(
      "REJECTED",
      `Cannot trust ${
        harmless(nickname)
      }: its key is ${thumbprint}, but was ${known} when it was first met; ` +
        `either it has a new key, or somebody else claims the nickname (the first key is in ${this.path})`,
      { by: "local", reason: "key changed" },
    );
  }

  async #read(): Promise<PinTable> {
    let text: string;
    try {
      const { size } = await system.stat(this.path);
      if (size > PINS_FILE_SIZE_MAX) {
        throw this.#unusable(
          `it has ${size} bytes, expected at most ${PINS_FILE_SIZE_MAX}`,
        );
      }
      text = await system.readTextFile(this.path);
    } catch (error) {
      if (isSystemError(error, "NotFound")) return {};
      if (error instanceof LektError) throw error;
      throw this.#unusable(`it cannot be read: ${fileReason(error)}`, error);
    }
    let content: unknown;
    try {
      content = JSON.parse(text);
    } catch (cause) {
      throw this.#unusable(`it is not JSON; ${REMEDY}`, cause);
    }
    if (!isPinTable(content)) {
      throw this.#unusable(`it holds no pins; ${REMEDY}`);
    }
    return content;
  }

  /** Runs `work` alone; what the system refuses is the file's fault. */
  async #locked<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await withFileLock(this.path, work);
    } catch (error) {
      if (error instanceof LektError) throw error;
      throw this.#unusable(`it cannot be written: ${fileReason(error)}`, error);
    }
  }

  #write(table: PinTable): Promise<void> {
    return replaceFile(this.path, `${JSON.stringify(table, null, 2)}\n`);
  }

  #unusable(state: string, cause?: unknown): LektError {
    return new LektError(
      "INVALID_ARGUMENT",
      `Cannot use the pins file ${this.path}: ${state}`,
      cause === undefined ? {} : { cause },
    );
  }
}

function ownPin(
  table: PinTable,
  directory: string,
  nickname: string,
): Pin | undefined {
  const pins = ownMember(table, directory);
  return pins === undefined ? undefined : ownMember(pins, nickname);
}

/** A nickname may be `constructor` or `__proto__`: only what was put in counts. */
function ownMember<T>(record: Record<string, T>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function setMember<T>(
  record: Record<string, T>,
  name: string,
  value: T,
): void {
  Object.defineProperty(record, name, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

function isPinTable(value: unknown): value is PinTable {
  return isRecord(value) &&
    Object.values(value).every((pins) =>
      isRecord(pins) &&
      Object.values(pins).every((pin) =>
        isRecord(pin) && isDigest(pin["thumbprint"]) &&
        typeof pin["since"] === "string"
      )
    );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
