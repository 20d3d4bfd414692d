/**
 * The handshake of a TLS 1.3 client (RFC 8446, section 4): see `tls13_client.ts`.
 *
 * @module
 */
import { subjectKey } from "./subject_key.ts";
import {
  type Bytes,
  finishedOf,
  isFinished,
  joined,
  KeySchedule,
  sha256,
  type TrafficSecrets,
} from "./tls13_keys.ts";
import {
  clientHello,
  type HandshakeMessage,
  message,
  MESSAGE_SIZE_MAX,
  MESSAGE_TYPE,
  noCertificate,
  odd,
  readCertificate,
  readCertificateRequest,
  readCertificateVerify,
  readServerHello,
} from "./tls13_messages.ts";
import {
  plainRecord,
  Protection,
  RECORD_TYPE,
  RecordReader,
} from "./tls13_records.ts";
import { checkSignature, SIGNATURE_SCHEMES } from "./tls13_signature.ts";
import type { Transport } from "./transport.ts";

const EXCHANGE = { name: "ECDH", namedCurve: "P-256" };

const ALERT_FATAL = 2;

/** Puts handshake messages together from records. */
export class MessageReader {
  readonly #records: RecordReader;
  #rest: Bytes = new Uint8Array(0);
  #hasChanged = false;

  /** Takes them from there. */
  constructor(records: RecordReader) {
    this.#records = records;
  }

  /** Whether a record ends where the last message does: only there keys may change. */
  get isAtEnd(): boolean {
    return this.#rest.byteLength === 0;
  }

  /** Takes what came in a record. */
  push(content: Bytes): void {
    if (content.byteLength === 0) throw odd("an empty record");
    this.#rest = joined(this.#rest, content);
  }

  /** The next message that is whole already. */
  take(): HandshakeMessage | undefined {
    const [type = 0, high = 0, middle = 0, low = 0] = this.#rest;
    const end = 4 + (high << 16 | middle << 8 | low);
    if (end > MESSAGE_SIZE_MAX) throw odd("a message is too long");
    if (this.#rest.byteLength < 4 || this.#rest.byteLength < end) return;
    const whole = this.#rest.slice(0, end);
    this.#rest = this.#rest.slice(end);
    return { type, body: whole.slice(4), whole };
  }

  /** The next message of the handshake. */
  async next(): Promise<HandshakeMessage> {
    for (;;) {
      const whole = this.take();
      if (whole) return whole;
      const record = await this.#records.next();
      if (record === null) {
        throw new Error("the other side closed within the TLS handshake");
      }
      const { type, content } = record;
      if (type === RECORD_TYPE.handshake) {
        this.push(content);
      } else if (type === RECORD_TYPE.alert) {
        throw alertError(content);
      } else {
        this.#passOver(type, content);
      }
    }
  }

  /** A sign for middleboxes that says nothing may come once. */
  #passOver(type: number, content: Bytes): void {
    const isSign = type === RECORD_TYPE.changeCipherSpec && !this.#hasChanged &&
      content.byteLength === 1 && content[0] === 1;
    if (!isSign) throw odd("a record of another type");
    this.#hasChanged = true;
  }
}

/** What a handshake leads to. */
export interface Secured {
  /** What comes behind it. */
  readonly messages: MessageReader;
  /** Reads what the other side sends. */
  readonly records: RecordReader;
  /** Protects what this side sends. */
  readonly sending: Protection;
}

/** One handshake: {@linkcode exchange}, {@linkcode authenticate} and {@linkcode finish}, in this order. */
export class ClientHandshake {
  readonly #below: Transport;
  readonly #records: RecordReader;
  readonly #messages: MessageReader;
  /** All messages until now. */
  #transcript: Bytes = new Uint8Array(0);

  /** Speaks over a byte stream. */
  constructor(below: Transport) {
    this.#below = below;
    this.#records = new RecordReader(below);
    this.#messages = new MessageReader(this.#records);
  }

  /** Agrees on keys with somebody, who is unknown yet. */
  async exchange(): Promise<
    { schedule: KeySchedule; secrets: TrafficSecrets }
  > {
    const own = await crypto.subtle.generateKey(EXCHANGE, false, [
      "deriveBits",
    ]) as CryptoKeyPair;
    const share = await crypto.subtle.exportKey("raw", own.publicKey);
    const hello = clientHello(
      crypto.getRandomValues(new Uint8Array(32)),
      new Uint8Array(share),
      SIGNATURE_SCHEMES,
    );
    await writeAll(this.#below, plainRecord(RECORD_TYPE.handshake, hello));
    this.#transcript = hello;
    const { body } = await this.#expect(
      MESSAGE_TYPE.serverHello,
      "ServerHello",
    );
    const point = readServerHello(body);
    const theirs = await crypto.subtle.importKey(
      "raw",
      point,
      EXCHANGE,
      false,
      [],
    );
    const shared = await crypto.subtle.deriveBits(
      { name: EXCHANGE.name, public: theirs },
      own.privateKey,
      256,
    );
    const schedule = await KeySchedule.begin(new Uint8Array(shared));
    const secrets = await schedule.handshakeSecrets(await this.#hash());
    await this.#protect(secrets.server);
    return { schedule, secrets };
  }

  /** Makes sure that it is the holder of the key, and nobody has changed a message; returns what to repeat where a certificate is asked for. */
  async authenticate(
    pinnedKey: string,
    { server }: TrafficSecrets,
  ): Promise<Bytes | undefined> {
    await this.#expect(MESSAGE_TYPE.encryptedExtensions, "extensions");
    let next = await this.#next();
    let context: Bytes | undefined;
    if (next.type === MESSAGE_TYPE.certificateRequest) {
      context = readCertificateRequest(next.body);
      next = await this.#next();
    }
    if (next.type !== MESSAGE_TYPE.certificate) throw odd("Certificate");
    const spki = subjectKey(readCertificate(next.body)).slice();
    const key = base64Url(await sha256(spki));
    if (key !== pinnedKey) throw new Error(wrongKey(key, pinnedKey));
    const signed = await this.#hash();
    const { body } = await this.#expect(
      MESSAGE_TYPE.certificateVerify,
      "CertificateVerify",
    );
    const { scheme, signature } = readCertificateVerify(body);
    await checkSignature(spki, scheme, signature, signed);
    const upToVerify = await this.#hash();
    const finished = await this.#expect(MESSAGE_TYPE.finished, "Finished");
    if (!await isFinished(server, upToVerify, finished.body)) {
      throw odd("Finished");
    }
    return context;
  }

  /** Answers, and changes to the keys of what comes behind the handshake. */
  async finish(
    schedule: KeySchedule,
    { client }: TrafficSecrets,
    context: Bytes | undefined,
  ): Promise<Secured> {
    const application = await schedule.applicationSecrets(await this.#hash());
    await this.#protect(application.server);
    const shown = context === undefined
      ? new Uint8Array(0)
      : noCertificate(context);
    this.#transcript = joined(this.#transcript, shown);
    const verifyData = await finishedOf(client, await this.#hash());
    const finished = message(MESSAGE_TYPE.finished, verifyData);
    const handshaking = await Protection.of(client);
    const answer = joined(shown, finished);
    await writeAll(
      this.#below,
      await handshaking.seal(RECORD_TYPE.handshake, answer),
    );
    const sending = await Protection.of(application.client);
    return { messages: this.#messages, records: this.#records, sending };
  }

  #hash(): Promise<Bytes> {
    return sha256(this.#transcript);
  }

  async #next(): Promise<HandshakeMessage> {
    const next = await this.#messages.next();
    this.#transcript = joined(this.#transcript, next.whole);
    return next;
  }

  async #expect(type: number, name: string): Promise<HandshakeMessage> {
    const next = await this.#next();
    if (next.type !== type) throw odd(name);
    return next;
  }

  /** What comes from now on is protected by this secret. */
  async #protect(secret: Bytes): Promise<void> {
    if (!this.#messages.isAtEnd) throw odd("a message before its key");
    this.#records.protection = await Protection.of(secret);
  }
}

/** Writes all of it. */
export async function writeAll(below: Transport, bytes: Bytes): Promise<void> {
  let offset = 0;
  while (offset < bytes.byteLength) {
    offset += await below.write(bytes.subarray(offset));
  }
}

/** What an alert says that is no orderly end. */
export function alertError(content: Bytes): Error {
  const [level = ALERT_FATAL, description] = content;
  return new Error(
    `the listener's TLS gave up (alert ${level}, ${description})`,
  );
}

function wrongKey(key: string, expected: string): string {
  return `the listener has key ${key}, expected ${expected}; it has a new key, or is somebody else`;
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
