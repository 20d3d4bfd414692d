/**
 * What an error of the system says, whichever runtime has thrown it.
 *
 * @module
 */

/** By the names of Deno's error classes, the codes that Node and Bun give. */
const CODES = {
  AddrInUse: "EADDRINUSE",
  AlreadyExists: "EEXIST",
  BrokenPipe: "EPIPE",
  ConnectionAborted: "ECONNABORTED",
  ConnectionRefused: "ECONNREFUSED",
  ConnectionReset: "ECONNRESET",
  NotADirectory: "ENOTDIR",
  NotCapable: undefined,
  NotConnected: "ENOTCONN",
  NotFound: "ENOENT",
} as const;

/** A kind of error that the system reports; the name is that of Deno's class. */
export type SystemErrorKind = keyof typeof CODES;

/** Whether an error is the system's, of one of these kinds. */
export function isSystemError(
  error: unknown,
  ...kinds: readonly SystemErrorKind[]
): boolean {
  if (!(error instanceof Error)) return false;
  const { name, code } = error as Error & { code?: unknown };
  return kinds.some((kind) =>
    name === kind ||
    (code !== undefined && code === CODES[kind])
  );
}
