/**
 * What is measured slice by slice, at the sender.
 *
 * @module
 */
import { cpuUsage } from "node:process";
import type { Connection } from "../../../mod.ts";
import { patternOf } from "../loopback_pattern.ts";
import {
  type Answer,
  type Contestant,
  type Kind,
  limitsOf,
  load,
} from "./protocol.ts";

/** So much is sent before the sender looks whether it has been taken. */
const WINDOW_SIZE = 64 * 1024;
const CHUNK_SIZE = 256 * 1024;
const ECHO_SIZE = 64;
const OPEN_AT_ONCE = 16;
const MIB = 1024 * 1024;

/** A connection on which the receiver does what was asked for, and how to open another one. */
export interface Dialled {
  connection: Connection;
  openAndClose(): Promise<void>;
}

/** What one slice took: wall time, and the CPU time of either process. */
export interface Slice {
  wallMs: number;
  senderMs: number;
  receiverMs: number;
}

/** A kind of work, in slices of some 50 ms. */
export interface Workload {
  id: string;
  kind: Kind;
  runOver(dialled: Dialled): () => Promise<Slice>;
}

/** Connects, and says what the receiver is to do. */
export async function dial(
  contestant: Contestant,
  method: string,
  kind: Kind,
): Promise<Dialled> {
  const { connect } = await load(contestant);
  const options = { nickname: "sender", limits: limitsOf(contestant) };
  const connection = await connect(method, options);
  await connection.send(kind);
  async function openAndClose(): Promise<void> {
    await (await connect(method, options)).close();
  }
  return { connection, openAndClose };
}

/** What the receiver's process had used at its last answer, to whichever contestant. */
let receiverMicroseconds = 0;

/** Does `work`, asks the receiver what came, and measures both. */
function sliced(
  { connection }: Dialled,
  expectedBytes: number,
  work: () => Promise<unknown>,
): () => Promise<Slice> {
  return async () => {
    const before = cpuUsage();
    const start = performance.now();
    await work();
    await connection.send(new Uint8Array(0));
    const answer: Answer = await (await connection.receive())!.json();
    const wallMs = performance.now() - start;
    if (answer.bytes !== expectedBytes) {
      throw new Error(
        `Cannot compare: ${answer.bytes} bytes came of ${expectedBytes}`,
      );
    }
    const { user, system } = cpuUsage(before);
    const receiver = answer.cpuMicroseconds - receiverMicroseconds;
    receiverMicroseconds = answer.cpuMicroseconds;
    return {
      wallMs,
      senderMs: (user + system) / 1000,
      receiverMs: receiver / 1000,
    };
  };
}

function flow(id: string, kind: Kind, size: number, count: number): Workload {
  const message = patternOf(size);
  const awaitedEach = Math.max(1, Math.floor(WINDOW_SIZE / size));
  return {
    id,
    kind,
    runOver: (dialled) =>
      sliced(dialled, size * count, async () => {
        const { connection } = dialled;
        let latest: Promise<unknown> | undefined;
        for (let index = 0; index < count; index++) {
          if (index % awaitedEach === 0) await latest;
          latest = connection.send(message);
        }
        await latest;
      }),
  };
}

function streamed(id: string, size: number): Workload {
  const chunk = patternOf(CHUNK_SIZE);
  async function* chunks(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    for (let sent = 0; sent < size; sent += CHUNK_SIZE) yield chunk;
  }
  return {
    id,
    kind: "stream",
    runOver: (dialled) =>
      sliced(dialled, size, () => dialled.connection.send(chunks())),
  };
}

function pingPong(id: string, count: number): Workload {
  const message = patternOf(ECHO_SIZE);
  return {
    id,
    kind: "echo",
    runOver: (dialled) =>
      sliced(dialled, 0, async () => {
        const { connection } = dialled;
        for (let index = 0; index < count; index++) {
          await connection.send(message);
          await (await connection.receive())!.bytes();
        }
      }),
  };
}

function opening(id: string, count: number): Workload {
  return {
    id,
    kind: "keep",
    runOver: (dialled) =>
      sliced(dialled, 0, async () => {
        for (let opened = 0; opened < count; opened += OPEN_AT_ONCE) {
          await Promise.all(
            Array.from({ length: OPEN_AT_ONCE }, () => dialled.openAndClose()),
          );
        }
      }),
  };
}

/** All that can be compared. */
export const WORKLOADS: readonly Workload[] = [
  flow("64B", "keep", 64, 200_000),
  flow("64B-batches", "batches", 64, 200_000),
  flow("1KiB", "keep", 1024, 50_000),
  flow("64KiB", "keep", 64 * 1024, 1_000),
  flow("1MiB", "keep", MIB, 60),
  flow("256KiB-streamed", "stream", MIB / 4, 400),
  flow("1MiB-streamed", "stream", MIB, 100),
  streamed("64MiB-streamed", 64 * MIB),
  pingPong("ping-pong", 1_000),
  opening("opening", 128),
];
