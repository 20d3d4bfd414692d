/**
 * The honest client, of lekt and of the floor.
 *
 * @module
 */
import { connect } from "../../../mod.ts";
import { packet } from "../../helpers/raw_peer.ts";
import { BARE_HONEST, writeAll } from "./bare.ts";

/** A connection whose pings are answered. */
export interface Honest {
  /** Resolves when the answer has come. */
  ping(): Promise<void>;
  /** Ends the connection. */
  close(): Promise<void>;
}

/** Connects once more. */
export type Enter = () => Promise<Honest>;

/** Times in milliseconds, ascending. */
export interface Times {
  /** Of pings on one connection. */
  pings: number[];
  /** Of new connections, with a ping on each. */
  dials: number[];
}

/** Pings are measured for so long, in milliseconds. */
const PING_MS = 2_000;
const DIAL_COUNT = 20;

/** Enters a server of lekt. */
export async function enterLekt(
  method: string,
  pinnedKey: string,
): Promise<Honest> {
  const connection = await connect(method, {
    nickname: "honest",
    tls: { pinnedKey },
    limits: { dialTimeoutMs: 60_000, handshakeTimeoutMs: 60_000 },
  });
  return {
    async ping(): Promise<void> {
      await connection.send("ping");
      await (await connection.receive())!.text();
    },
    close: () => connection.close(),
  };
}

/** Enters a server without lekt, whose pings have the same bytes. */
export async function enterBare(port: number): Promise<Honest> {
  const socket = await Deno.connect({ hostname: "127.0.0.1", port });
  socket.setNoDelay(true);
  await writeAll(socket, Uint8Array.of(BARE_HONEST));
  const bytes = packet(0, 0, "ping");
  const into = new Uint8Array(bytes.length);
  return {
    async ping(): Promise<void> {
      await writeAll(socket, bytes);
      for (let size = 0; size < bytes.length;) {
        size += (await socket.read(into))!;
      }
    },
    close: () => Promise.resolve(socket.close()),
  };
}

async function timeOf(run: () => Promise<void>): Promise<number> {
  const startMs = performance.now();
  await run();
  return performance.now() - startMs;
}

/** Pings on `honest`, and connects anew some times. */
export async function measureTimes(
  enter: Enter,
  honest: Honest,
): Promise<Times> {
  const pings: number[] = [];
  const dials: number[] = [];
  const endMs = performance.now() + PING_MS;
  while (performance.now() < endMs) {
    pings.push(await timeOf(() => honest.ping()));
  }
  for (let count = 0; count < DIAL_COUNT; count++) {
    let another: Honest | undefined;
    dials.push(
      await timeOf(async () => {
        another = await enter();
        await another.ping();
      }),
    );
    await another!.close();
  }
  pings.sort((a, b) => a - b);
  dials.sort((a, b) => a - b);
  return { pings, dials };
}
