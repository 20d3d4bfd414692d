/**
 * The records of TLS 1.3 (RFC 8446, section 5) over a byte stream, protected by
 * AES-128-GCM.
 *
 * @module
 */
import type { Transport } from "./transport.ts";
import {
  type Bytes,
  joined,
  nextSecret,
  type TrafficKey,
  trafficKey,
} from "./tls13_keys.ts";

/** What a record is of. */
export const RECORD_TYPE = {
  changeCipherSpec: 20,
  alert: 21,
  handshake: 22,
  data: 23,
} as const;

/** Bytes of one record's content. */
export const CONTENT_SIZE_MAX = 16 * 1024;

const HEADER_SIZE = 5;

/** Bytes of a protected record behind its header. */
const PROTECTED_SIZE_MAX = CONTENT_SIZE_MAX + 256;

/** Bytes of one read. */
const READ_SIZE = 64 * 1024;

/** Records that may be protected with one key: AES-GCM bears 2^24.5 (section 5.5). */
export const RECORDS_PER_KEY = 2 ** 23;

/** One record without its protection. */
export interface TlsRecord {
  /** See {@linkcode RECORD_TYPE}. */
  readonly type: number;
  /** What it holds. */
  readonly content: Bytes;
}

/** The protection of one direction; its records are counted from 0 with each key. */
export class Protection {
  #secret: Bytes;
  #key: TrafficKey;
  #count = 0;

  private constructor(secret: Bytes, key: TrafficKey) {
    this.#secret = secret;
    this.#key = key;
  }

  /** Begins with a secret. */
  static async of(secret: Bytes): Promise<Protection> {
    return new Protection(secret, await trafficKey(secret));
  }

  /** Records since the key was new. */
  get count(): number {
    return this.#count;
  }

  /** Takes the next key. */
  async update(): Promise<void> {
    this.#secret = await nextSecret(this.#secret);
    this.#key = await trafficKey(this.#secret);
    this.#count = 0;
  }

  /** A whole record, header included. */
  async seal(type: number, content: Uint8Array): Promise<Bytes> {
    const plain = joined(content, Uint8Array.of(type));
    const header = headerOf(RECORD_TYPE.data, plain.byteLength + 16);
    const sealed = await crypto.subtle.encrypt(
      this.#algorithm(header),
      this.#key.key,
      plain,
    );
    return joined(header, new Uint8Array(sealed));
  }

  /** What a record holds; throws where it is not what the other side has sent at this place. */
  async open(header: Bytes, sealed: Bytes): Promise<TlsRecord> {
    let plain: Bytes;
    try {
      plain = new Uint8Array(
        await crypto.subtle.decrypt(
          this.#algorithm(header),
          this.#key.key,
          sealed,
        ),
      );
    } catch (cause) {
      throw new Error("a TLS record is not what the other side has sent", {
        cause,
      });
    }
    let end = plain.byteLength;
    while (end > 0 && plain[end - 1] === 0) end--;
    if (end === 0) throw new Error("a TLS record has no type");
    const content = plain.slice(0, end - 1);
    if (content.byteLength > CONTENT_SIZE_MAX) throw tooLarge();
    return { type: plain[end - 1]!, content };
  }

  #algorithm(
    additionalData: Bytes,
  ): { name: string; iv: Bytes; additionalData: Bytes } {
    const iv = this.#key.iv.slice();
    const view = new DataView(iv.buffer);
    const count = this.#count++;
    view.setUint32(4, view.getUint32(4) ^ Math.floor(count / 2 ** 32));
    view.setUint32(8, view.getUint32(8) ^ (count >>> 0));
    return { name: "AES-GCM", iv, additionalData };
  }
}

/** A record that is not protected. */
export function plainRecord(type: number, content: Uint8Array): Bytes {
  return joined(headerOf(type, content.byteLength), content);
}

function headerOf(type: number, size: number): Bytes {
  return Uint8Array.of(type, 3, 3, size >> 8, size & 0xff);
}

function tooLarge(): Error {
  return new Error("a TLS record is too large");
}

/** Reads records one after the other. */
export class RecordReader {
  /** What protects them; nothing does at the beginning. */
  protection: Protection | undefined;
  readonly #below: Transport;
  readonly #arrived = new Uint8Array(READ_SIZE);
  #rest: Bytes = new Uint8Array(0);

  /** Reads from a byte stream. */
  constructor(below: Transport) {
    this.#below = below;
  }

  /** The next one; `null` where the byte stream has ended behind a whole one. */
  async next(): Promise<TlsRecord | null> {
    if (!await this.#fill(HEADER_SIZE)) return null;
    const header = this.#rest.slice(0, HEADER_SIZE);
    const [type = 0, major, , high = 0, low = 0] = header;
    const size = high << 8 | low;
    if (major !== 3) throw new Error("the listener does not speak TLS");
    if (size > PROTECTED_SIZE_MAX) throw tooLarge();
    if (!await this.#fill(HEADER_SIZE + size)) {
      throw new Error("the stream has ended within a TLS record");
    }
    const body = this.#rest.slice(HEADER_SIZE, HEADER_SIZE + size);
    this.#rest = this.#rest.subarray(HEADER_SIZE + size);
    const { protection } = this;
    if (protection === undefined || type === RECORD_TYPE.changeCipherSpec) {
      return { type, content: body };
    }
    if (type !== RECORD_TYPE.data) {
      throw new Error("a TLS record is not protected");
    }
    return await protection.open(header, body);
  }

  /** Reads until so many bytes are there; tells whether they are. */
  async #fill(size: number): Promise<boolean> {
    while (this.#rest.byteLength < size) {
      const count = await this.#below.read(this.#arrived);
      if (count === null) {
        if (this.#rest.byteLength === 0) return false;
        throw new Error("the stream has ended within a TLS record");
      }
      this.#rest = joined(this.#rest, this.#arrived.subarray(0, count));
    }
    return true;
  }
}
