import { assert, assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import type { Session } from "../../src/session/session.ts";
import { fromHex, toHex } from "../helpers/cuts.ts";
import { SessionPair, shiftMessage } from "../helpers/session_pair.ts";
import file from "../vectors/conversation.json" with { type: "json" };

type Wire = string | { first: string; count: number; rest: string };

interface Vector {
  name: string;
  minor?: number;
  room?: number;
  sends?: boolean;
  takes?: boolean;
  reads: Wire[][];
  answers: string[];
  isFault?: boolean;
  breaks?: string[];
}

const HEADER_SIZE = 12;

/** Kinds of control packets that a side sends when it likes: Ping, Window, MessageWindow. */
const FREE_KINDS = [1, 3, 8];

function bytesOf(wire: Wire): Uint8Array {
  if (typeof wire === "string") return fromHex(wire);
  const rest = fromHex(wire.rest);
  const packets = new Uint8Array(wire.count * (4 + rest.length));
  const view = new DataView(packets.buffer);
  for (let index = 0; index < wire.count; index++) {
    const at = index * (4 + rest.length);
    view.setUint32(at, parseInt(wire.first, 16) + index);
    packets.set(rest, at + 4);
  }
  return packets;
}

/** All that a session has to write now. */
function written(session: Session): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (let bytes; (bytes = session.pollTransmit()) !== undefined;) {
    pieces.push(bytes.slice());
    session.handleTransmitted(bytes.length);
  }
  return concat(pieces);
}

/** The packets in `bytes`, in hex, but for control packets whose moment is free. */
function answersIn(bytes: Uint8Array): string[] {
  const answers: string[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (let at = 0; at < bytes.length;) {
    const end = at + HEADER_SIZE + view.getUint32(at + 8);
    const isControl = view.getUint32(at + 4) === 0xffff_ffff;
    const isFree = isControl && FREE_KINDS.includes(bytes[at + HEADER_SIZE]!);
    if (!isFree) answers.push(toHex(bytes.subarray(at, end)));
    at = end;
  }
  return answers;
}

/** Takes what is there, as a connection does whose application reads. */
function takeAll(session: Session): void {
  for (let message; (message = shiftMessage(session.inbox));) {
    if (!message.bytesNow()) continue;
    session.exchange?.receipts?.owed.settle(message.id, true);
  }
}

for (const vector of file.vectors as Vector[]) {
  Deno.test(`a session of version 1.1 reads ${vector.name}`, () => {
    const { minor = 1, room } = vector;
    const pair = SessionPair.connected({
      maxVersionMinor: minor,
      ...(room === undefined ? {} : { maxBufferedBytes: room }),
    });
    const { bob } = pair;
    written(bob);
    if (vector.sends) {
      bob.outbox.queueOpen().offer(Uint8Array.of(0x61), false);
      assertEquals(answersIn(written(bob)).length, 1);
    }
    const answers: string[] = [];
    for (const read of vector.reads) {
      pair.deliver(bob, concat(read.map(bytesOf)));
      if (vector.takes) takeAll(bob);
      answers.push(...answersIn(written(bob)));
    }
    assertEquals(bob.error?.code, vector.isFault ? "PROTOCOL" : undefined);
    const { ruleId } = bob.error ?? {};
    if (vector.isFault) assert(vector.breaks!.includes(ruleId!), ruleId);
    assertEquals(
      answers,
      vector.answers.map((packet) => toHex(fromHex(packet))),
    );
  });
}
