/**
 * The room of byte streams: one file for each connection method, and the method
 * URIs. This file is the interface that they all have, and all that the layers
 * above know of them.
 *
 * This room imports `src/base` and `src/runtime`, `node:` modules and the package
 * `ws`. Methods come in at `dial.ts`; bytes come in
 * at `read` and go out at `write`.
 *
 * @module
 */
import type { Method } from "./method.ts";

/** One open byte stream to the other side. One reader and one writer at a time. */
export interface Transport {
  /** Who is on the other side, for people and logs, such as `192.0.2.7:40112`. */
  readonly address: string;
  /**
   * base64url SHA-256 of the public key (SubjectPublicKeyInfo) that the other
   * side has proved to hold; `undefined` where the method proves nothing.
   */
  readonly remoteKey?: string | undefined;
  /** Whether the other side can tell {@linkcode close}, without {@linkcode closeWrite} before, from an end of stream, also where a program in between passes the stream on by other means. */
  readonly tellsCut: boolean;
  /**
   * Reads into `into`, at least one byte; `null` at the other side's end of
   * stream. Rejects when the stream breaks or {@linkcode close} is called.
   */
  read(into: Uint8Array): Promise<number | null>;
  /** Writes some of `bytes`, at least one, and tells how many. `bytes` is not touched after that. */
  write(bytes: Uint8Array): Promise<number>;
  /** Ends this side's stream; the other direction goes on. Called once, with no write under way. */
  closeWrite(): Promise<void>;
  /**
   * Says, once, that this side wants to talk to the other one. Before that the
   * transport of a listener with `needsAdmission` holds no more than 2 KiB of
   * a WebSocket message that is not whole, and breaks where there is more;
   * transports that hold nothing have no need of it.
   */
  admit?(): void;
  /**
   * Closes both directions at once and frees everything; may be called again,
   * never throws. Where an end that both sides have begun in order still takes
   * its way, a promise that resolves when all is free; it never rejects.
   */
  close(): void | Promise<void>;
}

/** How many places are taken, and how many clients wait for one. */
export interface PlaceCounts {
  /** How many are taken. */
  readonly count: number;
  /** How many clients wait for one. */
  readonly waitingCount: number;
}

/** Waits for others on one connection method. */
export interface TransportListener {
  /** The connection method, with the real port. */
  readonly method: Method;
  /** The places of clients who are amid a handshake of the transport's own; left out where it has none. */
  readonly places?: readonly PlaceCounts[];
  /** The next client's byte stream, or `null` when the listener was closed. Rejects only when it cannot go on. */
  accept(): Promise<Transport | null>;
  /**
   * Stops listening at once; byte streams that were handed over live on.
   * Resolves when the address is free to be listened on again. May be called
   * again; never rejects.
   */
  close(): Promise<void>;
}
