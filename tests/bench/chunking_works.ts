/**
 * What the chunking benchmark measures: from the user's bytes to bytes ready
 * for the socket, and from received bytes, in the place where the transport
 * put them, to the user's bytes.
 *
 * @module
 */
import {
  type FramingEvent,
  Packetizer,
  Reassembler,
} from "../../src/framing/mod.ts";
import { concat, equals } from "@std/bytes";
import type { Work } from "./measure.ts";
import { TwinPacketizer } from "./twin_packetizer.ts";
import { TwinReassembler } from "./twin_reassembler.ts";

/** Bytes of payload in each piece of work. */
export const TOTAL_SIZE = 16 * 1024 * 1024;

const REGION_SIZE = 0x4_0000;

/** The three that are measured beside each other, in this order. */
export const CONTESTANTS = ["wasm", "twin", "memcpy"] as const;

/** Pieces of work, in the order of {@linkcode CONTESTANTS}. */
export type Works = [wasm: Work, twin: Work, memcpy: Work];

interface Packetizing {
  packetize(message: Uint8Array): Iterable<Uint8Array>;
  put(message: Uint8Array): boolean;
  take(): Uint8Array;
}

interface Reassembling {
  receiveBuffer(): Uint8Array;
  receive(size: number): Iterable<FramingEvent>;
}

/** The user's bytes: not zeros, and no period that a copy error could hide in. */
export const userBytes: Uint8Array<ArrayBuffer> = makeUserBytes();

/** Where the received bytes must be in the end. */
const received = new Uint8Array(TOTAL_SIZE);

/** What the socket gets; the sum keeps the work from being optimised away. */
let socketSum = 0;

function makeUserBytes(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(TOTAL_SIZE);
  let state = 1;
  for (let index = 0; index < TOTAL_SIZE; index++) {
    state = Math.imul(state, 0x41c6_4e6d) + 0x3039 | 0;
    bytes[index] = state >>> 16;
  }
  return bytes;
}

function giveToSocket(bytes: Uint8Array): void {
  socketSum = (socketSum + bytes[0]! + bytes[bytes.length - 1]!) | 0;
}

function packetizeLarge(
  packetizer: Packetizing,
  give: (bytes: Uint8Array) => void,
): void {
  for (const bytes of packetizer.packetize(userBytes)) give(bytes);
}

function packetizeSmall(
  packetizer: Packetizing,
  messages: readonly Uint8Array[],
  give: (bytes: Uint8Array) => void,
): void {
  for (const message of messages) {
    if (packetizer.put(message)) continue;
    give(packetizer.take());
    packetizer.put(message);
  }
  give(packetizer.take());
}

function time(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function copyThrough(): void {
  const buffer = memcpyBuffer;
  for (let offset = 0; offset < TOTAL_SIZE; offset += REGION_SIZE) {
    buffer.set(userBytes.subarray(offset, offset + REGION_SIZE));
    giveToSocket(buffer);
  }
}

const memcpyBuffer = new Uint8Array(REGION_SIZE);

/** The messages of `size` bytes that the user's bytes make. */
function smallMessages(size: number): Uint8Array[] {
  return Array.from(
    { length: TOTAL_SIZE / size },
    (_, index) => userBytes.subarray(index * size, (index + 1) * size),
  );
}

function collect(run: (give: (bytes: Uint8Array) => void) => void): Uint8Array {
  const pieces: Uint8Array[] = [];
  run((bytes) => pieces.push(bytes.slice()));
  return concat(pieces);
}

function assertEqual(a: Uint8Array, b: Uint8Array, what: string): void {
  if (!equals(a, b)) throw new Error(`Cannot measure ${what}: bytes differ`);
}

/** A stream of all packets, made by both packetizers and found equal. */
function makeStream(
  run: (
    packetizer: Packetizing,
    give: (bytes: Uint8Array) => void,
  ) => void,
  maxPartBytes: number,
): Uint8Array {
  const core = collect((give) => run(new Packetizer({ maxPartBytes }), give));
  const twin = collect((give) =>
    run(new TwinPacketizer({ maxPartBytes }), give)
  );
  assertEqual(core, twin, "packetizing");
  return core;
}

/** Receives a stream in reads of a whole region; only the framing and the copy to the user count. */
function receiveAll(reassembler: Reassembling, stream: Uint8Array): number {
  const region = reassembler.receiveBuffer();
  let elapsedMs = 0;
  let to = 0;
  for (let from = 0; from < stream.length; from += REGION_SIZE) {
    const piece = stream.subarray(from, from + REGION_SIZE);
    region.set(piece);
    const start = performance.now();
    for (const event of reassembler.receive(piece.length)) {
      if (event.kind !== "part") throw new Error("Cannot measure an abort");
      received.set(event.payload, to);
      to += event.payload.length;
    }
    elapsedMs += performance.now() - start;
  }
  return elapsedMs;
}

function copyReceived(): number {
  const region = memcpyBuffer;
  let elapsedMs = 0;
  for (let offset = 0; offset < TOTAL_SIZE; offset += REGION_SIZE) {
    region.set(userBytes.subarray(offset, offset + REGION_SIZE));
    const start = performance.now();
    received.set(region, offset);
    elapsedMs += performance.now() - start;
  }
  return elapsedMs;
}

function verified(work: Work): Work {
  received.fill(0);
  work();
  assertEqual(received, userBytes, "reassembling");
  return work;
}

function sendWorks(
  run: (packetizer: Packetizing, give: (bytes: Uint8Array) => void) => void,
  maxPartBytes: number,
): Works {
  const core = new Packetizer({ maxPartBytes });
  const twin = new TwinPacketizer({ maxPartBytes });
  return [
    () => time(() => run(core, giveToSocket)),
    () => time(() => run(twin, giveToSocket)),
    () => time(copyThrough),
  ];
}

function receiveWorks(stream: Uint8Array): Works {
  const core = new Reassembler();
  const twin = new TwinReassembler();
  return [
    verified(() => receiveAll(core, stream)),
    verified(() => receiveAll(twin, stream)),
    verified(copyReceived),
  ];
}

/** One large message in parts of `size` bytes. */
export function largeWorks(size: number): { send: Works; receive: Works } {
  return {
    send: sendWorks(packetizeLarge, size),
    receive: receiveWorks(makeStream(packetizeLarge, size)),
  };
}

/** Many messages of `size` bytes, each of one packet. */
export function smallWorks(size: number): { send: Works; receive: Works } {
  const messages = smallMessages(size);
  function run(
    packetizer: Packetizing,
    give: (bytes: Uint8Array) => void,
  ): void {
    packetizeSmall(packetizer, messages, give);
  }
  return {
    send: sendWorks(run, REGION_SIZE),
    receive: receiveWorks(makeStream(run, REGION_SIZE)),
  };
}
