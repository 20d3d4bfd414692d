/**
 * The initiator's side.
 *
 * @module
 */
import type { Connection } from "./connection.ts";
import { LektError, type MethodFailure } from "./errors.ts";
import { type Accept, establish } from "./establish.ts";
import { type Limits, resolveLimits } from "./limits.ts";
import { type Method, parseMethod } from "./method.ts";
import { encodeNickname } from "./text.ts";
import { dial } from "./transport/dial.ts";

/** Options of {@linkcode connect}. */
export interface ConnectOptions {
  /** This side's nickname: 1 to 255 bytes of UTF-8 (`PROTOCOL.md`, section 3). */
  nickname: string;
  /** Decides whether to talk to whoever answers; left out: everyone. */
  accept?: Accept;
  /** Limits and times that differ from the defaults. */
  limits?: Partial<Limits>;
  /** Gives the attempt up; of no effect once connected. */
  signal?: AbortSignal;
}

/**
 * Connects to another peer: tries its connection methods in turn, best first,
 * and runs the handshake (`PROTOCOL.md`, sections 2, 3 and 6). Resolves in
 * connected state.
 *
 * Rejects with `REJECTED` where one of the two sides said no, which ends the
 * search; with `UNREACHABLE` where no method led to the other side, with the
 * failure of each; with `PROTOCOL`, `TIMEOUT` or `CLOSED` where there is one
 * method and its handshake failed; with `INVALID_ARGUMENT` for what is no
 * nickname or method; with the signal's reason.
 *
 * @example Say hello
 * ```ts
 * import { connect, listen } from "@lekt/lekt";
 * import { assertEquals } from "@std/assert";
 *
 * await using listener = await listen({
 *   nickname: "bob",
 *   methods: ["tcp://127.0.0.1:0"],
 *   accept: (remote) => remote.nickname === "alice",
 * });
 * await using connection = await connect(listener.methods, {
 *   nickname: "alice",
 * });
 * assertEquals(connection.remote.nickname, "bob");
 * await connection.send("hello");
 * ```
 */
export async function connect(
  target: string | readonly string[],
  options: ConnectOptions,
): Promise<Connection> {
  const methods = parseTarget(target);
  encodeNickname(options.nickname);
  const limits = resolveLimits(options.limits);
  const failures: MethodFailure[] = [];
  for (const method of methods) {
    const startMs = performance.now();
    options.signal?.throwIfAborted();
    try {
      return await connectTo(method, limits, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof LektError)) throw error;
      const isAnswer = error.code === "REJECTED" || methods.length === 1;
      if (isAnswer && error.code !== "UNREACHABLE") throw error;
      const elapsedMs = performance.now() - startMs;
      failures.push({ method: method.uri, elapsedMs, error });
    }
  }
  throw unreachable(failures);
}

function parseTarget(target: string | readonly string[]): Method[] {
  const methods = [target].flat().map((text) => parseMethod(text));
  if (methods.length === 0) {
    throw new LektError(
      "INVALID_ARGUMENT",
      "Cannot connect: there is no connection method",
    );
  }
  return methods;
}

async function connectTo(
  method: Method,
  limits: Limits,
  { nickname, accept = () => true, signal }: ConnectOptions,
): Promise<Connection> {
  const late = AbortSignal.timeout(limits.dialTimeoutMs);
  const transport = await dial(method, {
    signal: signal ? AbortSignal.any([signal, late]) : late,
  });
  const attempt = establish(transport, {
    role: "initiator",
    nickname,
    method: method.uri,
    accept,
    limits,
    signal,
  });
  return await attempt.connection;
}

function unreachable(failures: MethodFailure[]): LektError {
  const list = failures.map(({ method, elapsedMs, error }) =>
    `${method} (${Math.round(elapsedMs)} ms: ${error.message})`
  );
  return new LektError(
    "UNREACHABLE",
    `Cannot connect by any method: ${list.join("; ")}`,
    { failures, cause: failures[0]?.error },
  );
}
