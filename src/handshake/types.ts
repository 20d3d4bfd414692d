/**
 * What a handshake is made from, and what it tells.
 *
 * @module
 */
import type { LektError } from "../base/errors.ts";
import type { Role } from "./table.ts";

/** Who is on the other side, as it says itself: a nickname proves nothing. */
export interface HandshakeRemote {
  /** The other side's nickname, 1 to 255 bytes in UTF-8 ([PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md#3-handshake-packets), section 3). */
  readonly nickname: string;
  /** The other side's version of the protocol, such as `1.0.0`. */
  readonly version: string;
}

/** What a `Handshake` is made from. */
export interface HandshakeOptions {
  /** Which side this is: `"initiator"` opened the connection, `"responder"` was connected to. */
  role: Role;
  /** This side's own nickname, 1 to 255 bytes in UTF-8 ([PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md#3-handshake-packets), section 3). */
  nickname: string;
  /** The VERSION_MINOR that this side says it speaks, 0 or 1 ([PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md#versions), section 3). Default: 0, which is what `Packetizer` and `Reassembler` speak by default. */
  versionMinor?: number;
  /** The moment at which the connection started, in milliseconds. */
  nowMs: number;
  /** Milliseconds for the Handshake to arrive whole, from the connection's start; of use to the responder. Default: 10 s. */
  handshakeTimeoutMs?: number;
  /** Milliseconds for this side's own decision; the other side's may take 15 s more. Default: 60 s. */
  decisionTimeoutMs?: number;
}

/**
 * What a handshake tells its driver.
 *
 * | kind | what happened |
 * | --- | --- |
 * | `decisionNeeded` | it is this side's turn: answer with `handleDecision` |
 * | `decisionCancelled` | the decision that was asked for is of no use any more: the other side went away or broke the protocol, or the decision took too long |
 * | `connected` | both sides have accepted |
 * | `failed` | it came to nothing; see the codes at `Handshake` |
 */
export type HandshakeEvent =
  | { readonly kind: "decisionNeeded"; readonly remote: HandshakeRemote }
  | { readonly kind: "decisionCancelled"; readonly error: LektError }
  | { readonly kind: "connected"; readonly remote: HandshakeRemote }
  | { readonly kind: "failed"; readonly error: LektError };
