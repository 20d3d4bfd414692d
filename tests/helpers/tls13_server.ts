/**
 * A listener's side of TLS 1.3 that can do what no honest one does.
 *
 * @module
 */
import type { Certificate } from "@lekt/lekt/certificate";
import {
  type Bytes,
  finishedOf,
  joined,
  KeySchedule,
  sha256,
} from "../../src/transport/tls13_keys.ts";
import { writeAll } from "../../src/transport/tls13_handshake.ts";
import { message, MESSAGE_TYPE } from "../../src/transport/tls13_messages.ts";
import {
  plainRecord,
  Protection,
  RECORD_TYPE,
  RecordReader,
} from "../../src/transport/tls13_records.ts";
import type { Transport } from "../../src/transport/transport.ts";

/** What a listener does otherwise. */
export interface Deviation {
  /** Whose key signs in place of that of the certificate. */
  readonly signer?: Certificate;
  /** Changes the body of the ServerHello. */
  readonly hello?: (body: Bytes) => Bytes;
  /** What stands behind the ServerHello in its record. */
  readonly behindHello?: Bytes;
  /** Changes the messages behind it, by their names; those that it leaves out are not sent. */
  readonly flight?: (
    messages: Record<string, Bytes>,
  ) => Record<string, Bytes>;
  /** Bytes of the records that the messages are sent in. */
  readonly recordSize?: number;
}

/** Both directions, once the messages are sent. */
export interface ServedTls {
  /** What this side sends is protected so. */
  readonly sending: Protection;
  /** Reads what the client sends, first of all the rest of its handshake. */
  readonly records: RecordReader;
}

const P256 = { name: "ECDH", namedCurve: "P-256" };
const ECDSA = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const SHARE_SIZE = 65;

/** Answers a ClientHello, and takes the keys of what comes behind the handshake. */
export async function serveTls(
  below: Transport,
  certificate: Certificate,
  {
    signer = certificate,
    hello,
    behindHello = new Uint8Array(0),
    flight,
    recordSize = 16_384,
  }: Deviation = {},
): Promise<ServedTls> {
  const records = new RecordReader(below);
  const { content } = (await records.next())!;
  // It is the last extension.
  const { share, shared } = await exchange(content.slice(-SHARE_SIZE));
  const body = serverHello(share);
  const answer = message(MESSAGE_TYPE.serverHello, hello?.(body) ?? body);
  await writeAll(
    below,
    plainRecord(RECORD_TYPE.handshake, joined(answer, behindHello)),
  );

  let transcript = joined(content, answer);
  const schedule = await KeySchedule.begin(shared);
  const secrets = await schedule.handshakeSecrets(await sha256(transcript));
  const handshaking = await Protection.of(secrets.server);
  const messages: Record<string, Bytes> = {
    extensions: message(MESSAGE_TYPE.encryptedExtensions, Uint8Array.of(0, 0)),
    certificate: message(
      MESSAGE_TYPE.certificate,
      certificateBody(fromPem(certificate.cert)),
    ),
  };
  transcript = joined(transcript, ...Object.values(messages));
  messages.verify = message(
    MESSAGE_TYPE.certificateVerify,
    await sign(signer, await sha256(transcript)),
  );
  transcript = joined(transcript, messages.verify);
  messages.finished = message(
    MESSAGE_TYPE.finished,
    await finishedOf(secrets.server, await sha256(transcript)),
  );
  transcript = joined(transcript, messages.finished);
  const sent = joined(...Object.values(flight?.(messages) ?? messages));
  for (let offset = 0; offset < sent.byteLength; offset += recordSize) {
    const part = sent.subarray(offset, offset + recordSize);
    await writeAll(below, await handshaking.seal(RECORD_TYPE.handshake, part));
  }
  const application = await schedule.applicationSecrets(
    await sha256(transcript),
  );
  records.protection = await Protection.of(secrets.client);
  const finished = await records.next();
  if (finished === null) throw new Error("the client has left");
  records.protection = await Protection.of(application.client);
  return { sending: await Protection.of(application.server), records };
}

/** This side's point, and what both sides know by it. */
async function exchange(
  point: Bytes,
): Promise<{ share: Bytes; shared: Bytes }> {
  const own = await crypto.subtle.generateKey(P256, false, [
    "deriveBits",
  ]) as CryptoKeyPair;
  const theirs = await crypto.subtle.importKey("raw", point, P256, false, []);
  const shared = await crypto.subtle.deriveBits(
    { name: P256.name, public: theirs },
    own.privateKey,
    256,
  );
  const share = await crypto.subtle.exportKey("raw", own.publicKey);
  return { share: new Uint8Array(share), shared: new Uint8Array(shared) };
}

function serverHello(share: Bytes): Bytes {
  return joined(
    Uint8Array.of(3, 3),
    crypto.getRandomValues(new Uint8Array(32)),
    // No session, AES-128-GCM, no compression; version 1.3, the share.
    Uint8Array.of(0, 0x13, 0x01, 0, 0, 79, 0, 43, 0, 2, 3, 4),
    Uint8Array.of(0, 51, 0, 69, 0, 0x17, 0, SHARE_SIZE),
    share,
  );
}

function certificateBody(der: Bytes): Bytes {
  const size = der.byteLength;
  return joined(
    Uint8Array.of(0, 0, (size + 5) >> 8, (size + 5) & 0xff),
    Uint8Array.of(0, size >> 8, size & 0xff),
    der,
    Uint8Array.of(0, 0),
  );
}

async function sign({ key }: Certificate, transcript: Bytes): Promise<Bytes> {
  const signer = await crypto.subtle.importKey(
    "pkcs8",
    fromPem(key),
    ECDSA,
    false,
    ["sign"],
  );
  const signed = joined(
    new Uint8Array(64).fill(32),
    new TextEncoder().encode("TLS 1.3, server CertificateVerify\0"),
    transcript,
  );
  const raw = new Uint8Array(await crypto.subtle.sign(ECDSA, signer, signed));
  const numbers = joined(derNumber(raw.slice(0, 32)), derNumber(raw.slice(32)));
  const der = joined(Uint8Array.of(0x30, numbers.byteLength), numbers);
  return joined(Uint8Array.of(4, 3, 0, der.byteLength), der);
}

/** An INTEGER, without zeros that it does not need. */
function derNumber(bytes: Bytes): Bytes {
  let number = bytes;
  while (number[0] === 0 && number[1]! < 0x80) number = number.slice(1);
  const sign = number[0]! >= 0x80 ? [0] : [];
  return Uint8Array.of(
    2,
    number.byteLength + sign.length,
    ...sign,
    ...number,
  );
}

function fromPem(pem: string): Bytes {
  const text = pem.replace(/-----[A-Z ]+-----/g, "").replace(/\s/g, "");
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
