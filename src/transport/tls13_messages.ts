/**
 * The handshake messages of a TLS 1.3 client (RFC 8446, section 4): one cipher
 * suite, one curve, no resumption, no early data. Whatever is not of that is
 * refused.
 *
 * @module
 */
import { type Bytes, joined } from "./tls13_keys.ts";

/** What a handshake message is. */
export const MESSAGE_TYPE = {
  clientHello: 1,
  serverHello: 2,
  newSessionTicket: 4,
  encryptedExtensions: 8,
  certificate: 11,
  certificateRequest: 13,
  certificateVerify: 15,
  finished: 20,
  keyUpdate: 24,
} as const;

/** Bytes of one handshake message, and of all of a handshake that wait: certificates are the longest. */
export const MESSAGE_SIZE_MAX = 32 * 1024;

const AES_128_GCM_SHA256 = 0x1301;
const SECP256R1 = 0x0017;
const TLS_1_2 = 0x0303;
const TLS_1_3 = 0x0304;

const SUPPORTED_GROUPS = 10;
const SIGNATURE_ALGORITHMS = 13;
const SUPPORTED_VERSIONS = 43;
const KEY_SHARE = 51;

/** The random bytes of a ServerHello that asks for another ClientHello begin so (section 4.1.3). */
const RETRY_RANDOM = [0xcf, 0x21, 0xad, 0x74];

/** A handshake message. */
export interface HandshakeMessage {
  /** See {@linkcode MESSAGE_TYPE}. */
  readonly type: number;
  /** What is behind its header. */
  readonly body: Bytes;
  /** All of it, as the transcript has it. */
  readonly whole: Bytes;
}

/** A handshake message with its header. */
export function message(type: number, body: Uint8Array): Bytes {
  return joined(Uint8Array.of(type), vector(3, body));
}

/** The first message; `share` is the point of this side's key exchange, `signatureSchemes` are those that can be checked. */
export function clientHello(
  random: Uint8Array,
  share: Uint8Array,
  signatureSchemes: readonly number[],
): Bytes {
  const extensions = joined(
    extension(SUPPORTED_VERSIONS, vector(1, pairs(TLS_1_3))),
    extension(SUPPORTED_GROUPS, vector(2, pairs(SECP256R1))),
    extension(SIGNATURE_ALGORITHMS, vector(2, pairs(...signatureSchemes))),
    extension(KEY_SHARE, vector(2, joined(pairs(SECP256R1), vector(2, share)))),
  );
  return message(
    MESSAGE_TYPE.clientHello,
    joined(
      pairs(TLS_1_2),
      random,
      vector(1, new Uint8Array(0)),
      vector(2, pairs(AES_128_GCM_SHA256)),
      vector(1, Uint8Array.of(0)),
      vector(2, extensions),
    ),
  );
}

/** The point of the other side's key exchange. */
export function readServerHello(body: Bytes): Bytes {
  const reader = new Reader(body);
  if (reader.number(2) !== TLS_1_2) throw odd("ServerHello");
  const random = reader.bytes(32);
  if (RETRY_RANDOM.every((byte, at) => random[at] === byte)) {
    throw new Error("the listener's TLS has no key exchange with P-256");
  }
  const isOurs = reader.vector(1).byteLength === 0 &&
    reader.number(2) === AES_128_GCM_SHA256 && reader.number(1) === 0;
  if (!isOurs) throw odd("ServerHello");
  let share: Bytes | undefined;
  let version: number | undefined;
  const extensions = new Reader(reader.vector(2));
  reader.end();
  while (!extensions.hasEnded) {
    const type = extensions.number(2);
    const content = new Reader(extensions.vector(2));
    if (type === SUPPORTED_VERSIONS && version === undefined) {
      version = content.number(2);
    } else if (type === KEY_SHARE && share === undefined) {
      if (content.number(2) !== SECP256R1) throw odd("ServerHello");
      share = content.vector(2);
    } else {
      throw odd("ServerHello");
    }
    content.end();
  }
  if (version !== TLS_1_3 || share?.byteLength !== 65) {
    throw odd("ServerHello");
  }
  return share;
}

/** What an answer to a CertificateRequest has to repeat. */
export function readCertificateRequest(body: Bytes): Bytes {
  return new Reader(body).vector(1);
}

/** The first certificate (DER) of a Certificate. */
export function readCertificate(body: Bytes): Bytes {
  const reader = new Reader(body);
  if (reader.vector(1).byteLength > 0) throw odd("Certificate");
  const list = new Reader(reader.vector(3));
  reader.end();
  const first = list.vector(3);
  list.vector(2);
  return first;
}

/** A Certificate that shows none. */
export function noCertificate(context: Bytes): Bytes {
  return message(
    MESSAGE_TYPE.certificate,
    joined(vector(1, context), vector(3, new Uint8Array(0))),
  );
}

/** The scheme and the signature of a CertificateVerify. */
export function readCertificateVerify(
  body: Bytes,
): { scheme: number; signature: Bytes } {
  const reader = new Reader(body);
  const scheme = reader.number(2);
  const signature = reader.vector(2);
  reader.end();
  return { scheme, signature };
}

/** Whether the other side asks for an update of this side's key, too. */
export function readKeyUpdate(body: Bytes): boolean {
  const [asked] = body;
  if (body.byteLength !== 1 || asked! > 1) throw odd("KeyUpdate");
  return asked === 1;
}

/** A message that breaks a rule, or comes where none of its kind may. */
export function odd(name: string): Error {
  return new Error(`the listener's TLS is not what was expected (${name})`);
}

function extension(type: number, content: Uint8Array): Bytes {
  return joined(pairs(type), vector(2, content));
}

/** Numbers of two bytes. */
function pairs(...numbers: readonly number[]): Bytes {
  return Uint8Array.from(
    numbers.flatMap((number) => [number >> 8, number & 0xff]),
  );
}

/** Bytes behind their count, which takes so many bytes itself. */
function vector(countSize: number, content: Uint8Array): Bytes {
  const bytes = new Uint8Array(countSize + content.byteLength);
  for (let at = 0; at < countSize; at++) {
    bytes[at] = content.byteLength >> 8 * (countSize - 1 - at) & 0xff;
  }
  bytes.set(content, countSize);
  return bytes;
}

/** Reads the parts of a message; throws where one goes beyond its end. */
class Reader {
  readonly #bytes: Bytes;
  #offset = 0;

  constructor(bytes: Bytes) {
    this.#bytes = bytes;
  }

  get hasEnded(): boolean {
    return this.#offset === this.#bytes.byteLength;
  }

  bytes(size: number): Bytes {
    const end = this.#offset + size;
    if (end > this.#bytes.byteLength) throw odd("a message is cut short");
    const bytes = this.#bytes.slice(this.#offset, end);
    this.#offset = end;
    return bytes;
  }

  number(size: number): number {
    return this.bytes(size).reduce((number, byte) => number * 256 + byte, 0);
  }

  vector(countSize: number): Bytes {
    return this.bytes(this.number(countSize));
  }

  end(): void {
    if (!this.hasEnded) throw odd("a message has trailing bytes");
  }
}
