/**
 * What an attack is, and what attackers need: bare sockets, and the bytes to
 * begin with.
 *
 * @module
 */
import { concat } from "@std/bytes";
import type { Prng } from "../helpers/prng.ts";
import { hello, packetOfHandshake, RawPeer } from "../helpers/raw_peer.ts";

/** What is attacked. */
export type Target = "tcp" | "tls" | "ws" | "directory";

/** What an attack is run with. */
export interface AttackContext {
  /** Where each target listens on this machine. */
  ports: Record<Target, number>;
  /** All chance. */
  prng: Prng;
  /** The attack ends when it fires. */
  signal: AbortSignal;
  /** How many do it at once, where it is done by many. */
  crowd: number;
}

/** One way to misbehave. */
export interface Attack {
  name: string;
  target: Target;
  /** Goes on until the signal fires; throws where the other side lets pass what it must not. */
  run(context: AttackContext): Promise<void>;
}

/** The other side has let something pass. */
export class NotRefused extends Error {
  override name = "NotRefused";
}

/** Version bytes of a peer of minor version 1 or 0. */
export function versionOf(minor: number): number[] {
  return [1, minor, 0];
}

/** Opens a bare socket. */
export async function dial(
  { ports }: AttackContext,
  target: Target = "tcp",
): Promise<Deno.TcpConn> {
  return await Deno.connect({ hostname: "127.0.0.1", port: ports[target] });
}

/** A peer who was let in. */
export async function letIn(
  context: AttackContext,
  minor = 1,
): Promise<RawPeer> {
  const raw = new RawPeer(await dial(context));
  const version = versionOf(minor);
  await raw.write(hello("mallory", version));
  await raw.read("LEKTA".length + 3 + "bob\0".length);
  await raw.write(packetOfHandshake("A", "", version));
  return raw;
}

/** Does `one` again and again, `count` at a time, until the time is over. What happens to the sockets is of no interest. */
export async function again(
  { signal, crowd }: AttackContext,
  one: () => Promise<void>,
  count = crowd,
): Promise<void> {
  await Promise.all(Array.from({ length: count }, async () => {
    while (!signal.aborted) {
      try {
        await one();
      } catch (error) {
        if (error instanceof NotRefused) throw error;
        // Sockets run out, or were closed: this machine needs a moment.
        await pause(5, signal);
      }
    }
  }));
}

/** Opens `count` sockets by `open`, and holds them until the time is over. */
export async function hold(
  context: AttackContext,
  open: () => Promise<Disposable>,
  count = context.crowd * 10,
): Promise<void> {
  const { signal } = context;
  const held: Disposable[] = [];
  while (held.length < count && !signal.aborted) {
    try {
      held.push(await open());
    } catch {
      await pause(5, signal);
    }
  }
  await over(signal);
  for (const each of held) dispose(each);
}

/** Sends `bytes` to a new socket, and throws where the other side does not end it. */
export async function mustEnd(
  raw: RawPeer,
  ...bytes: Uint8Array[]
): Promise<void> {
  try {
    await raw.write(...bytes);
    await raw.readToEnd();
  } catch (error) {
    if (!/in vain/.test(`${error}`)) return;
    throw new NotRefused("the other side did not end the connection");
  } finally {
    dispose(raw);
  }
}

/** Writes the same bytes again and again until the time is over, or the other side ends it. */
export async function flood(
  raw: RawPeer,
  { signal }: AttackContext,
  bytes: Uint8Array,
): Promise<void> {
  const onAbort = (): void => dispose(raw);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    while (!signal.aborted) await raw.write(bytes);
  } catch {
    // It was cut off, or the time is over.
  } finally {
    signal.removeEventListener("abort", onAbort);
    dispose(raw);
  }
}

/** One piece many times over. */
export function repeated(piece: Uint8Array, count: number): Uint8Array {
  return concat(Array.from({ length: count }, () => piece));
}

/** Resolves when the signal fires. */
export function over(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** Resolves after so long, or when the signal fires. */
export function pause(
  milliseconds: number,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      resolve();
    };
    const timer = setTimeout(stop, milliseconds);
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
  });
}

/** Closes it, also where it is closed already. */
export function dispose(each: Disposable): void {
  try {
    each[Symbol.dispose]();
  } catch {
    // It is closed already.
  }
}
