/**
 * A TLS 1.3 client that needs nothing but WebCrypto, for what runs where there
 * is no TLS to be had: in web pages, within a WebSocket to a relay. It knows the
 * listener by its key alone. The protocol is that of `tls`; nothing of it is of
 * our own making but this code, which knows the one way through a handshake
 * that any implementation of TLS 1.3 can go, and refuses all others.
 *
 * ```text
 *   ClientHello ->                  <- ServerHello
 *                                   <- EncryptedExtensions, CertificateRequest?,
 *                                      Certificate, CertificateVerify, Finished
 *   Certificate (none)?, Finished ->
 *   data <-> data, key updates, an alert close_notify at either's end
 * ```
 *
 * @module
 */
import { breakError, closedError } from "./faults.ts";
import { type Bytes, joined } from "./tls13_keys.ts";
import {
  alertError,
  ClientHandshake,
  type Secured,
  writeAll,
} from "./tls13_handshake.ts";
import {
  type HandshakeMessage,
  message,
  MESSAGE_TYPE,
  odd,
  readKeyUpdate,
} from "./tls13_messages.ts";
import {
  CONTENT_SIZE_MAX,
  RECORD_TYPE,
  RECORDS_PER_KEY,
} from "./tls13_records.ts";
import type { Transport } from "./transport.ts";

/** Bytes of one write: three records, which are one message of a WebSocket. */
const WRITE_SIZE_MAX = 3 * CONTENT_SIZE_MAX;

const CLOSE_NOTIFY = 0;
const USER_CANCELED = 90;

/**
 * Secures a byte stream, which is owned from now on: resolves when the listener
 * has proved to hold the key `pinnedKey` (base64url SHA-256 of its
 * SubjectPublicKeyInfo). Rejects with why not; the byte stream is closed then.
 */
export async function secureInScript(
  below: Transport,
  pinnedKey: string,
): Promise<Transport> {
  try {
    const handshake = new ClientHandshake(below);
    const { schedule, secrets } = await handshake.exchange();
    const context = await handshake.authenticate(pinnedKey, secrets);
    const secured = await handshake.finish(schedule, secrets, context);
    return new ScriptTlsTransport(below, secured, pinnedKey);
  } catch (error) {
    below.close();
    throw error;
  }
}

/** A {@linkcode Transport} over TLS that is made here. */
class ScriptTlsTransport implements Transport {
  readonly address: string;
  // TLS tells it, but not through a program that ends TLS in front of the other side.
  readonly tellsCut = false;
  readonly remoteKey: string;
  readonly #below: Transport;
  readonly #secured: Secured;
  #plain: Bytes = new Uint8Array(0);
  #hasEnded = false;
  #isClosed = false;
  #failure: unknown;
  /** What is sent one after the other: data, and answers to key updates. */
  #sent: Promise<void> = Promise.resolve();

  constructor(below: Transport, secured: Secured, remoteKey: string) {
    this.address = below.address;
    this.remoteKey = remoteKey;
    this.#below = below;
    this.#secured = secured;
  }

  async read(into: Uint8Array): Promise<number | null> {
    try {
      for (;;) {
        if (this.#isClosed) throw closedError("read from", this.address);
        if (this.#plain.byteLength > 0) break;
        if (this.#hasEnded) return null;
        if (this.#failure !== undefined) throw this.#failure;
        await this.#readRecord();
      }
    } catch (cause) {
      this.#failure ??= cause;
      throw this.#fault("read from", cause);
    }
    const some = this.#plain.subarray(0, into.byteLength);
    into.set(some);
    this.#plain = this.#plain.subarray(some.byteLength);
    return some.byteLength;
  }

  async write(bytes: Uint8Array): Promise<number> {
    const some = bytes.slice(0, WRITE_SIZE_MAX);
    try {
      await this.#send(RECORD_TYPE.data, some);
    } catch (cause) {
      throw this.#fault("write to", cause);
    }
    return some.byteLength;
  }

  async closeWrite(): Promise<void> {
    try {
      await this.#send(RECORD_TYPE.alert, Uint8Array.of(1, CLOSE_NOTIFY));
      await this.#below.closeWrite();
    } catch (cause) {
      throw this.#fault("end the stream to", cause);
    }
  }

  close(): void | Promise<void> {
    this.#isClosed = true;
    this.#plain = new Uint8Array(0);
    return this.#below.close();
  }

  async #readRecord(): Promise<void> {
    const { records, messages } = this.#secured;
    const record = await records.next();
    if (record === null) {
      throw new Error("the stream has ended without a word of TLS");
    }
    const { type, content } = record;
    if (type !== RECORD_TYPE.handshake && !messages.isAtEnd) {
      throw odd("a record within a message");
    }
    if (type === RECORD_TYPE.data) {
      this.#plain = content;
    } else if (type === RECORD_TYPE.alert) {
      if (content[1] === USER_CANCELED) return;
      if (content[1] !== CLOSE_NOTIFY) throw alertError(content);
      this.#hasEnded = true;
    } else if (type === RECORD_TYPE.handshake) {
      messages.push(content);
      for (let next; (next = messages.take());) await this.#handle(next);
    } else {
      throw odd("a record of another type");
    }
  }

  async #handle({ type, body }: HandshakeMessage): Promise<void> {
    // It lets a later connection begin sooner; none does.
    if (type === MESSAGE_TYPE.newSessionTicket) return;
    const { messages, records } = this.#secured;
    if (type !== MESSAGE_TYPE.keyUpdate || !messages.isAtEnd) {
      throw odd("a message behind the handshake");
    }
    const isAsked = readKeyUpdate(body);
    await records.protection!.update();
    if (isAsked) await this.#inTurn(() => this.#updateKey());
  }

  #send(type: number, bytes: Uint8Array): Promise<void> {
    return this.#inTurn(async () => {
      const { sending } = this.#secured;
      if (sending.count > RECORDS_PER_KEY) await this.#updateKey();
      const sealed: Bytes[] = [];
      let offset = 0;
      do {
        const end = offset + CONTENT_SIZE_MAX;
        sealed.push(await sending.seal(type, bytes.subarray(offset, end)));
        offset = end;
      } while (offset < bytes.byteLength);
      await writeAll(this.#below, joined(...sealed));
    });
  }

  /** Tells that a new key begins, and takes it. */
  async #updateKey(): Promise<void> {
    const { sending } = this.#secured;
    const update = message(MESSAGE_TYPE.keyUpdate, Uint8Array.of(0));
    await writeAll(
      this.#below,
      await sending.seal(RECORD_TYPE.handshake, update),
    );
    await sending.update();
  }

  /** Does one thing behind the other; once one has failed none is done any more. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#sent.then(work);
    this.#sent = done;
    // Whoever waits for it is told.
    done.catch(() => {});
    return done;
  }

  #fault(action: string, cause: unknown): Error {
    if (this.#isClosed) return closedError(action, this.address);
    const reason = cause instanceof Error ? cause.message : String(cause);
    return breakError(action, this.address, reason, cause);
  }
}
