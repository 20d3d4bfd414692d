/**
 * Connection method `unix`: Unix domain sockets.
 *
 * @module
 */
import type { UnixMethod } from "./method.ts";
import type { Transport, TransportListener } from "./transport.ts";
import { AcceptLoop } from "./accept_loop.ts";
import { dialError, isTaken, listenError } from "./failure.ts";
import { StreamTransport } from "./stream.ts";

/**
 * Connects to a `unix` method.
 *
 * @throws {LektError} `UNREACHABLE` with the system's error as `cause`; the
 * signal's reason where `signal` fired.
 */
export async function dialUnix(
  method: UnixMethod,
  signal?: AbortSignal,
): Promise<Transport> {
  signal?.throwIfAborted();
  const connecting = Deno.connect({ transport: "unix", path: method.path });
  try {
    const connection = await orAborted(connecting, signal);
    return new StreamTransport(connection, method.uri);
  } catch (cause) {
    // Deno cannot give up connecting to a Unix socket: a late success is closed.
    connecting.then((late) => late.close()).catch(() => {});
    signal?.throwIfAborted();
    throw dialError(method, cause);
  }
}

/**
 * Listens on a `unix` method, mode 0600: for this user alone. A socket file
 * that a process left behind is replaced, once a refused connection has proved
 * that nobody listens there; any other file is left as it is.
 *
 * @throws {LektError} `INVALID_ARGUMENT` with the system's error as `cause`, such as a socket in use.
 */
export async function listenUnix(
  method: UnixMethod,
): Promise<TransportListener> {
  let listener: Deno.UnixListener;
  try {
    listener = bind(method.path);
  } catch (cause) {
    if (!isTaken(cause) || !await removeStale(method.path)) {
      throw listenError(method, cause);
    }
    try {
      listener = bind(method.path);
    } catch (again) {
      throw listenError(method, again);
    }
  }
  return new UnixListener(listener, method);
}

/** Listens on a `unix` method and removes its socket file at the end. */
class UnixListener implements TransportListener {
  readonly method: UnixMethod;
  readonly #loop: AcceptLoop<Deno.UnixConn>;
  readonly #file: Deno.FileInfo | undefined;

  constructor(listener: Deno.UnixListener, method: UnixMethod) {
    this.method = method;
    this.#loop = new AcceptLoop(listener);
    this.#file = statSocket(method.path);
  }

  async accept(): Promise<Transport | null> {
    const connection = await this.#loop.accept();
    return connection === null
      ? null
      : new StreamTransport(connection, this.method.uri);
  }

  async close(): Promise<void> {
    if (!this.#loop.isClosed) {
      const now = statSocket(this.method.path);
      // Somebody may have put a socket of their own in its place meanwhile.
      if (now?.ino === this.#file?.ino && now?.dev === this.#file?.dev) {
        remove(this.method.path);
      }
    }
    await this.#loop.close();
  }
}

/**
 * Creates the socket file with mode 0600 from its first moment: in a folder
 * that nobody else may enter, from where a hard link brings it to its place.
 * (A mask of the process would do it, too, but needs a permission of its own.)
 * A link fails where there is a file already, and so replaces nothing.
 */
function bind(path: string): Deno.UnixListener {
  const folder = besides(path);
  Deno.mkdirSync(folder, { mode: 0o700 });
  try {
    const first = `${folder}/s`;
    const listener = Deno.listen({ transport: "unix", path: first });
    try {
      Deno.chmodSync(first, 0o600);
      Deno.linkSync(first, path);
    } catch (error) {
      listener.close();
      throw error;
    } finally {
      remove(first);
    }
    return listener;
  } finally {
    Deno.removeSync(folder);
  }
}

/** A new short name in the same folder: the path of a socket may have 107 bytes. */
function besides(path: string): string {
  const random = crypto.getRandomValues(new Uint32Array(1))[0]!.toString(36);
  return path.replace(/[^/]*$/, `.${random}`);
}

/**
 * Removes a socket file that nobody listens on, and tells whether it did. The
 * file is moved aside and dialled again before it is removed: of two programs
 * that find the same stale file, neither may remove the other's fresh one.
 */
async function removeStale(path: string): Promise<boolean> {
  if (statSocket(path) === undefined || await answers(path)) return false;
  const aside = besides(path);
  try {
    Deno.renameSync(path, aside);
  } catch {
    return false;
  }
  const isStale = !await answers(aside);
  try {
    if (!isStale) Deno.linkSync(aside, path);
  } catch {
    // Its place is taken again: whoever holds it wins.
  }
  remove(aside);
  return isStale;
}

/** Whether anybody listens; only a refusal proves that nobody does. */
async function answers(path: string): Promise<boolean> {
  try {
    (await Deno.connect({ transport: "unix", path })).close();
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.ConnectionRefused);
  }
}

function statSocket(path: string): Deno.FileInfo | undefined {
  try {
    const file = Deno.lstatSync(path);
    return file.isSocket === false ? undefined : file;
  } catch {
    return undefined;
  }
}

function remove(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It is gone already.
  }
}

async function orAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (signal === undefined) return await promise;
  const aborted = Promise.withResolvers<never>();
  const onAbort = function onAbort(): void {
    aborted.reject(signal.reason);
  };
  signal.addEventListener("abort", onAbort);
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
