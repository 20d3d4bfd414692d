/**
 * Fuzz test of the receiving side of a session: what an application gets of a
 * random stream, cut in any way and read at any time, must be what the
 * reference finds in it.
 *
 * @module
 */
import { concat, equals } from "@std/bytes";
import { LektError } from "../../src/base/errors.ts";
import { resolveLimits } from "../../src/base/limits.ts";
import { IncomingMessage } from "../../src/session/incoming_message.ts";
import { MessageBatch } from "../../src/session/message_batch.ts";
import { Session } from "../../src/session/session.ts";
import { CoreHoard, SCARCE_COUNT } from "../helpers/core_hoard.ts";
import { hello, packetOfHandshake } from "../helpers/raw_peer.ts";
import { takeRest } from "../helpers/session_pair.ts";
import { ReferenceReassembler } from "../reference/framing.ts";
import type { Prng } from "./prng.ts";
import { randomStream } from "./random_stream.ts";

const NOW_MS = 1_000;

/** So that sessions have to give their cores back, now and then. */
const hoard = new CoreHoard();

/** Faults that the framing does not know: they are about what goes the other way. */
const SESSION_FAULTS = /window|to be confirmed already|Confirms are unanswered/;

/** What the application has got. */
type Got = IncomingMessage | { id: number; bytes: Uint8Array };

/** A responder in connected state, of the given minor version; its Accept is written. */
function connectedResponder(minor: 0 | 1): Session {
  const session = new Session({
    role: "responder",
    nickname: "bob",
    limits: resolveLimits({ maxVersionMinor: minor }),
    nowMs: NOW_MS,
  });
  feed(session, hello("alice", [1, minor, 0]));
  session.handleDecision(true, NOW_MS);
  transmitAll(session);
  return session;
}

function feed(session: Session, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length && !session.error;) {
    const buffer = session.receiveBuffer();
    const read = bytes.subarray(at, at + buffer.length);
    buffer.set(read);
    session.handleReceived(read.length, NOW_MS);
    takeRest(session);
    at += read.length;
  }
}

function transmitAll(session: Session): void {
  for (let bytes; (bytes = session.pollTransmit());) {
    session.handleTransmitted(bytes.length);
  }
}

function take(session: Session): Got | undefined {
  return session.shift<Got>((source, index) =>
    source instanceof MessageBatch
      ? { id: source.idAt(index), bytes: source.bytesAt(index).slice() }
      : source
  );
}

/** What each message of `got` came to: `id: bytes` or `id: reason`, in order for each id. */
function outcomeOf(got: readonly Got[]): Map<number, (Uint8Array | string)[]> {
  const outcome = new Map<number, (Uint8Array | string)[]>();
  for (const each of got) {
    const all = outcome.get(each.id) ?? [];
    outcome.set(each.id, all);
    if (!(each instanceof IncomingMessage)) all.push(each.bytes);
    else if (each.error?.code === "ABORTED") all.push(each.error.reason ?? "");
    else if (each.isComplete && !each.error) all.push(each.join());
  }
  return outcome;
}

function findDifference(
  got: readonly Got[],
  reference: ReferenceReassembler,
): string | undefined {
  const outcome = outcomeOf(got);
  for (const { messageId, bytes, reason } of reference.ended) {
    const actual = outcome.get(messageId)?.shift();
    if (actual === undefined) return `message ${messageId} is missing`;
    const isSame = typeof actual === "string"
      ? actual === reason
      : reason === undefined && equals(actual, bytes);
    if (!isSame) return `message ${messageId} is another`;
  }
  for (const [messageId, rest] of outcome) {
    if (rest.length > 0) return `message ${messageId} was made up`;
  }
  return undefined;
}

/** What is different once all of the stream has come. */
function judge(
  session: Session,
  reference: ReferenceReassembler,
  got: Got[],
  isSaid: boolean,
): string | undefined {
  const { error } = session;
  if (error && SESSION_FAULTS.test(error.message)) return undefined;
  const { fault } = reference;
  if ((error === undefined) !== (fault === undefined)) {
    return `session says ${error?.message}, reference ${fault?.rule}`;
  }
  if (error && error.code !== "PROTOCOL") return `the code is ${error.code}`;
  for (let message; (message = take(session));) got.push(message);
  const difference = findDifference(got, reference);
  if (difference || error) return difference;
  const { versionMinor } = session;
  if (isSaid && versionMinor > 0) session.sayGoodbye("", NOW_MS);
  transmitAll(session);
  session.handleEndOfStream(NOW_MS);
  const mayEnd = reference.mayEnd && (isSaid || versionMinor === 0);
  if (session.hasEndOfStream && !mayEnd) return "an end that is none";
  const mustEnd = mayEnd && versionMinor === 0;
  return mustEnd && !session.hasEndOfStream ? "an end is not seen" : undefined;
}

/** Compares the session with the reference on the stream that belongs to the state of `prng`; `undefined` where all is the same. */
export function compareSession(prng: Prng): string | undefined {
  const { bytes, cuts, minor } = randomStream(prng);
  const session = connectedResponder(minor);
  const reference = new ReferenceReassembler(1_024, minor);
  const got: Got[] = [];
  hoard.keep(SCARCE_COUNT - prng.between(0, 2));
  const readRate = prng.pick([1, 4, 1_000]);
  let head = packetOfHandshake("A", "", [1, minor, 0]);
  if (cuts.length === 0 || prng.oneIn(2)) {
    feed(session, head);
    head = new Uint8Array(0);
  }
  let at = 0;
  for (const size of cuts) {
    const piece = bytes.subarray(at, at + size);
    // The first bytes may come with the Accept.
    feed(session, concat([head, piece]));
    head = new Uint8Array(0);
    reference.push(piece);
    at += size;
    if (session.error || reference.fault) break;
    if (prng.oneIn(3)) transmitAll(session);
    if (prng.oneIn(4)) hoard.keep(SCARCE_COUNT - prng.between(0, 2));
    while (prng.oneIn(readRate)) {
      const message = take(session);
      if (!message) break;
      got.push(message);
    }
  }
  const difference = judge(session, reference, got, prng.oneIn(2));
  session.fail(session.error ?? new LektError("CLOSED", "It is over"));
  session.release();
  return difference;
}
