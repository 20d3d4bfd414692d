/**
 * Serving: each connection has a handler of its own, and what goes wrong in one
 * stays there.
 *
 * @module
 */
import {
  type Connection,
  drainConnection,
  forgetConnection,
} from "../connection/connection.ts";
import { setDeadline } from "../connection/deadlines.ts";
import { LektError, messageOf } from "../base/errors.ts";
import { LineLimit } from "../base/line_limit.ts";
import { harmless } from "../base/text.ts";
import { hostKey } from "../transport/address_key.ts";

/**
 * Talks to one client. The connection lasts as long as the handler runs: when
 * it has returned, this side's stream ends behind all that was sent, and the
 * connection is closed; when it has thrown, the connection is closed at once.
 */
export type ConnectionHandler = (
  connection: Connection,
) => void | Promise<void>;

/** Options of {@linkcode Listener.serve}. */
export interface ServeOptions {
  /** Shuts the listener down when it fires, as {@linkcode Listener.shutdown} does. */
  signal?: AbortSignal;
  /**
   * Gets what a handler has thrown: a fault of its own, or that the client was
   * killed or broke a rule. The connection is closed as soon as it has been
   * called; {@linkcode Listener.serve} waits for a promise that it returns.
   * Default: writes one line to standard error; of those who broke a rule one a
   * minute for an address, and 30 in all.
   */
  onError?: (error: unknown, connection: Connection) => void | Promise<void>;
}

/** Options of {@linkcode Listener.shutdown}. */
export interface ShutdownOptions {
  /** Milliseconds until connections that have not ended are closed all the same, and given up one second later; `Infinity`: however long they take. Default: 5 s. */
  timeoutMs?: number;
}

/** Leaves time to spare before service managers kill, which is 10 s for Docker. In milliseconds. */
export const SHUTDOWN_TIMEOUT_MS = 5_000;

/** So long after that `close()` may go on before the connection is given up, in milliseconds. */
const CLOSE_TIMEOUT_MS = 1_000;

/** Runs `handler` for each connection, side by side; resolves when there are no more and all have returned. */
export async function serveEach(
  connections: AsyncIterable<Connection>,
  handler: ConnectionHandler,
  onError: ServeOptions["onError"] = limitedPrinter(),
): Promise<void> {
  const running = new Set<Promise<void>>();
  try {
    for await (const connection of connections) {
      const run = serveOne(connection, handler, onError);
      running.add(run);
      run.then(() => running.delete(run));
    }
  } finally {
    await Promise.all(running);
  }
}

/** Lets handlers come to their end, and closes what is left when the time is up. */
export async function endAll(
  connections: readonly Connection[],
  timeoutMs: number,
): Promise<void> {
  const ended = Promise.all(connections.map(({ closed }) => closed));
  for (const connection of connections) drainConnection(connection);
  const deadlines = [
    setDeadline(() => {
      for (const connection of connections) connection.close();
    }, timeoutMs),
    setDeadline(() => {
      for (const connection of connections) connection.abort();
    }, timeoutMs + CLOSE_TIMEOUT_MS),
  ];
  await ended;
  for (const deadline of deadlines) deadline.clear();
}

/** Never rejects. */
async function serveOne(
  connection: Connection,
  handler: ConnectionHandler,
  onError: NonNullable<ServeOptions["onError"]>,
): Promise<void> {
  let telling: Promise<void> | undefined;
  try {
    await handler(connection);
  } catch (error) {
    // Not awaited first: what `onError` waits for may be the end of the connection.
    telling = tell(error, connection, onError);
  }
  await connection.close();
  await telling;
  forgetConnection(connection);
}

async function tell(
  error: unknown,
  connection: Connection,
  onError: NonNullable<ServeOptions["onError"]>,
): Promise<void> {
  try {
    await onError(error, connection);
  } catch (second) {
    printError(error, connection);
    printError(second, connection);
  }
}

/** Prints each error, but of clients who break rules no more than a log can bear. */
function limitedPrinter(): NonNullable<ServeOptions["onError"]> {
  const limit = new LineLimit();
  return (error, connection) => {
    if (!(error instanceof LektError) || error.code !== "PROTOCOL") {
      return printError(error, connection);
    }
    const key = hostKey(connection.remote.address);
    const leftOut = limit.take(key, performance.now());
    if (leftOut === undefined) return;
    const note = leftOut > 0 ? ` (${leftOut} more were left out)` : "";
    printError(error, connection, note);
  };
}

function printError(
  error: unknown,
  { remote }: Connection,
  note = "",
): void {
  const kind = error instanceof LektError ? error.code : "Error in the handler";
  const text = messageOf(error);
  const line =
    `${remote.nickname} (${remote.address}): ${kind}: ${text}${note}`;
  console.error(harmless(line));
}
