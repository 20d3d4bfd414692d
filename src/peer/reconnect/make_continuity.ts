/**
 * Which conversations go on after the loss of their connection.
 *
 * @module
 */
import type { Connection } from "../../../mod.ts";
import { speaksMinor } from "../outgoing_files.ts";
import type { Reporter } from "../reporter.ts";
import { Continuity } from "./continuity.ts";
import { provenIdentity } from "./identity.ts";

/** What {@linkcode makeContinuity} works with. */
export interface MakeContinuityOptions {
  /** The number of the conversation. */
  readonly number: number;
  /** Shows what happens. */
  readonly reporter: Reporter;
  /** How long the other side is looked for, in milliseconds; 0: not at all. */
  readonly limitMs: number;
  /** Connects to the other side anew; left out where it comes back by itself. */
  readonly dial?: (signal: AbortSignal) => Promise<Connection>;
}

/**
 * Makes a conversation one that goes on. That takes somebody who has proved who
 * they are, for else anybody could be found again, and confirmations (version
 * 1.1), for else something could be told twice.
 */
export function makeContinuity(
  connection: Connection,
  options: MakeContinuityOptions,
): Continuity | undefined {
  const { remote } = connection;
  const identity = provenIdentity(remote);
  const isPossible = options.limitMs > 0 && speaksMinor(remote.version, 1);
  return identity && isPossible
    ? new Continuity({ connection, identity, ...options })
    : undefined;
}
