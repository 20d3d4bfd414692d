/**
 * End to end over loopback, between two processes: messages over lekt beside
 * the same bytes over raw Deno TCP, with a write for each message and with
 * writes of 256 KiB.
 *
 * @module
 */
import { connect } from "../../mod.ts";
import { patternOf } from "./loopback_pattern.ts";
import { type Measurement, summarize } from "./measure.ts";
import { startReceiver } from "./receiver_process.ts";

const WRITE_SIZE = 0x4_0000;
const TOTAL_SIZE = 256 * 1024 * 1024;
const MESSAGE_COUNT_MAX = 200_000;

/** A write for each message is slow: fewer of them tell as much. */
const RAW_WRITE_COUNT_MAX = 40_000;

const WARM_UP_COUNT = 1;
const ROUND_COUNT = 5;

/** The three that are measured beside each other, in this order. */
export const LOOPBACK_CONTESTANTS = [
  "lekt",
  "raw, a write each",
  "raw, 256 KiB writes",
] as const;

/** How fast messages of one size went from the one process to the other. */
export interface LoopbackRow {
  sizeBytes: number;
  /** In the order of {@linkcode LOOPBACK_CONTESTANTS}: decimal gigabytes of payload a second, and their spread. */
  gigabytesPerSecond: number[];
  spread: number[];
  /** Of lekt. */
  messagesPerSecond: number;
}

/** Where the other process listens. */
interface Addresses {
  method: string;
  port: number;
}

/** Sends some messages of `size` bytes; returns how long one took, in milliseconds. */
type Send = (addresses: Addresses, size: number) => Promise<number>;

function countOf(size: number, countMax: number): number {
  return Math.min(countMax, TOTAL_SIZE / size);
}

async function sendMessages(
  { method }: Addresses,
  size: number,
  count: number,
  isChecked: boolean,
): Promise<number> {
  await using connection = await connect(method, { nickname: "sender" });
  const message = patternOf(size);
  await connection.send(JSON.stringify({ size, isChecked }));
  const start = performance.now();
  for (let index = 0; index < count; index++) await connection.send(message);
  await connection.closeWrite();
  const answer = await (await connection.receive())!.json();
  const elapsedMs = performance.now() - start;
  if (answer.count !== count || !answer.isEqual) {
    throw new Error(`Cannot measure loopback: the other side has ${answer}`);
  }
  return elapsedMs / count;
}

function sendLekt(addresses: Addresses, size: number): Promise<number> {
  const count = countOf(size, MESSAGE_COUNT_MAX);
  return sendMessages(addresses, size, count, false);
}

async function writeAll(
  connection: Deno.TcpConn,
  bytes: Uint8Array,
): Promise<void> {
  let offset = 0;
  while (offset < bytes.length) {
    offset += await connection.write(
      offset === 0 ? bytes : bytes.subarray(offset),
    );
  }
}

async function sendRaw(
  { port }: Addresses,
  writeSize: number,
  count: number,
): Promise<number> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  connection.setNoDelay(true);
  const bytes = patternOf(writeSize);
  const start = performance.now();
  for (let index = 0; index < count; index++) await writeAll(connection, bytes);
  await connection.closeWrite();
  const answer = new Uint8Array(32);
  const answerSize = await connection.read(answer);
  const elapsedMs = performance.now() - start;
  connection.close();
  const text = new TextDecoder().decode(answer.subarray(0, answerSize ?? 0));
  if (Number(text) !== writeSize * count) {
    throw new Error(`Cannot measure loopback: the other side has ${text}`);
  }
  return elapsedMs / count;
}

function sendRawEach(addresses: Addresses, size: number): Promise<number> {
  return sendRaw(addresses, size, countOf(size, RAW_WRITE_COUNT_MAX));
}

async function sendRawTogether(
  addresses: Addresses,
  size: number,
): Promise<number> {
  const count = TOTAL_SIZE / WRITE_SIZE;
  return await sendRaw(addresses, WRITE_SIZE, count) * size / WRITE_SIZE;
}

const SENDERS: Send[] = [sendLekt, sendRawEach, sendRawTogether];

function rowOf(sizeBytes: number, measurements: Measurement[]): LoopbackRow {
  return {
    sizeBytes,
    gigabytesPerSecond: measurements.map(({ medianMs }) =>
      sizeBytes / medianMs / 1e6
    ),
    spread: measurements.map(({ spread }) => spread),
    messagesPerSecond: 1000 / measurements[0]!.medianMs,
  };
}

async function measureSize(
  addresses: Addresses,
  size: number,
): Promise<LoopbackRow> {
  await sendMessages(addresses, size, 100, true);
  const times = SENDERS.map((): number[] => []);
  for (let round = -WARM_UP_COUNT; round < ROUND_COUNT; round++) {
    for (let turn = 0; turn < SENDERS.length; turn++) {
      const index = (turn + round + WARM_UP_COUNT) % SENDERS.length;
      const elapsedMs = await SENDERS[index]!(addresses, size);
      if (round >= 0) times[index]!.push(elapsedMs);
    }
  }
  return rowOf(size, times.map(summarize));
}

/** Measures messages of each of these sizes. */
export async function measureLoopback(
  sizes: readonly number[],
): Promise<LoopbackRow[]> {
  const { process, told: addresses } = await startReceiver<Addresses>(
    new URL("loopback_receiver.ts", import.meta.url),
    "--allow-net=127.0.0.1",
  );
  const rows: LoopbackRow[] = [];
  try {
    for (const size of sizes) rows.push(await measureSize(addresses, size));
  } finally {
    process.kill();
    await process.status;
  }
  return rows;
}
