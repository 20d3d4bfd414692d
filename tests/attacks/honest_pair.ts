/**
 * Honest clients beside an attack: one that pings again and again, and ones
 * that come anew.
 *
 * @module
 */
import { connect, type Connection } from "../../mod.ts";
import { within } from "../helpers/deadline.ts";
import { pause } from "./attack.ts";

const PING_GAP_MS = 10;
const DIAL_GAP_MS = 200;

/** Longer than this is not served. */
const PATIENCE_MS = 20_000;

/** What honest clients saw, in milliseconds. */
export interface HonestFigures {
  pingP50: number;
  pingP99: number;
  dialP50: number;
  dialMax: number;
}

/** How to reach the attacked program. */
export interface Reach {
  method: string;
  pinnedKey: string;
}

async function open({ method, pinnedKey }: Reach): Promise<Connection> {
  const tls = method.startsWith("tls") ? { tls: { pinnedKey } } : {};
  return await connect(method, { nickname: "alice", ...tls });
}

async function ping(connection: Connection): Promise<number> {
  const startMs = performance.now();
  await connection.send("ping");
  const answer = await within(connection.receive(), "an echo", PATIENCE_MS);
  if (await answer?.text() !== "ping") throw new Error("the echo is another");
  return performance.now() - startMs;
}

async function dialAnew(reach: Reach): Promise<number> {
  const startMs = performance.now();
  const connection = await within(open(reach), "a connection", PATIENCE_MS);
  await ping(connection);
  const tookMs = performance.now() - startMs;
  await connection.close();
  return tookMs;
}

async function repeat(
  signal: AbortSignal,
  gapMs: number,
  one: () => Promise<number>,
): Promise<number[]> {
  const took: number[] = [];
  do {
    took.push(await one());
    await pause(gapMs, signal);
  } while (!signal.aborted);
  return took.sort((some, other) => some - other);
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[
    Math.min(sorted.length - 1, Math.floor(sorted.length * share))
  ]!;
}

/** One connection that lives through all attacks. */
export class HonestPair implements AsyncDisposable {
  #connection: Connection;
  #reach: Reach;

  private constructor(connection: Connection, reach: Reach) {
    this.#connection = connection;
    this.#reach = reach;
  }

  /** Connects; the pings go over this connection. */
  static async open(reach: Reach): Promise<HonestPair> {
    return new HonestPair(await open(reach), reach);
  }

  /** Pings, and comes anew by `reach` where that is given, until the signal fires; rejects where it is not served. */
  async measure(
    signal: AbortSignal,
    reach: Reach = this.#reach,
  ): Promise<HonestFigures> {
    const [pings, dials] = await Promise.all([
      repeat(signal, PING_GAP_MS, () => ping(this.#connection)),
      repeat(signal, DIAL_GAP_MS, () => dialAnew(reach)),
    ]);
    return {
      pingP50: quantile(pings, 0.5),
      pingP99: quantile(pings, 0.99),
      dialP50: quantile(dials, 0.5),
      dialMax: dials.at(-1)!,
    };
  }

  /** Ends the connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.close();
  }
}
