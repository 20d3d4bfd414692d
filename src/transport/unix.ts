/**
 * Connection method `unix`: Unix domain sockets.
 *
 * @module
 */
import { isSystemError } from "../runtime/errors.ts";
import type { FileInfo } from "../runtime/files.ts";
import { openSockets } from "../runtime/open_sockets.ts";
import type { SocketListener, StreamSocket } from "../runtime/sockets.ts";
import { system } from "../runtime/system.ts";
import type { UnixMethod } from "./method.ts";
import type { Transport, TransportListener } from "./transport.ts";
import { AcceptLoop } from "./accept_loop.ts";
import {
  dialError,
  isPermissionMissing,
  isTaken,
  listenError,
} from "./failure.ts";
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
  const { connectUnix } = await openSockets();
  const connecting = connectUnix(method.path);
  try {
    const connection = await orAborted(connecting, signal);
    return new StreamTransport(connection, method.uri);
  } catch (cause) {
    // No runtime can give up connecting to a Unix socket: a late success is closed.
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
  const { path } = method;
  for (let triesLeft = BIND_TRIES - 1;; triesLeft--) {
    try {
      return new UnixListener(await bind(path), method);
    } catch (cause) {
      if (!isTaken(cause) || triesLeft === 0) throw listenError(method, cause);
      // Whoever had it may have left since, as in a restart.
      if (!isThere(path)) continue;
      if (statSocket(path) === undefined) {
        throw listenError(
          method,
          cause,
          "the address is in use: a file that is no socket has this name",
        );
      }
      if (!await removeStale(path)) throw listenError(method, cause);
    }
  }
}

/** How often an address is tried that was taken and is free again. */
const BIND_TRIES = 3;

/** A listener of the system, and whose name the runtime removes when it closes it. */
interface Bound {
  listener: SocketListener<StreamSocket>;
  /** Whether the runtime knows it by the method's path, and so removes whatever is there. */
  isDirect: boolean;
}

/** What the path of a socket may have (Linux: unix(7); 108 with the 0 behind it). */
const PATH_SIZE_MAX = 107;

/** Mode bits that let others than the owner connect. */
const OTHERS_WRITE = 0o022;

/** Listens on a `unix` method and removes its socket file at the end. */
class UnixListener implements TransportListener {
  readonly method: UnixMethod;
  readonly #loop: AcceptLoop<StreamSocket>;
  readonly #isDirect: boolean;
  readonly #file: FileInfo | undefined;

  constructor({ listener, isDirect }: Bound, method: UnixMethod) {
    this.method = method;
    this.#loop = new AcceptLoop(listener);
    this.#isDirect = isDirect;
    this.#file = statSocket(method.path);
  }

  async accept(): Promise<Transport | null> {
    const connection = await this.#loop.accept();
    return connection === null
      ? null
      : new StreamTransport(connection, this.method.uri);
  }

  async close(): Promise<void> {
    const { path } = this.method;
    if (this.#loop.isClosed) return await this.#loop.close();
    // Somebody may have put a socket of their own in its place meanwhile.
    const isOwn = this.#isOwn();
    if (isOwn && !this.#isDirect) remove(path);
    const saved = this.#isDirect && !isOwn ? linkAside(path) : undefined;
    await this.#loop.close();
    if (isOwn && this.#isDirect && this.#isOwn()) remove(path);
    if (saved !== undefined) linkBack(saved, path);
  }

  #isOwn(): boolean {
    const now = statSocket(this.method.path);
    return now?.ino === this.#file?.ino && now?.dev === this.#file?.dev;
  }
}

/** Gives what is at `path` a second name, for the runtime will remove the first; `undefined` where nothing is there. */
function linkAside(path: string): string | undefined {
  const aside = besides(path);
  try {
    system.linkSync(path, aside);
    return aside;
  } catch {
    return undefined;
  }
}

/** Gives it its first name again, unless somebody else has that by now. */
function linkBack(aside: string, path: string): void {
  try {
    system.linkSync(aside, path);
  } catch {
    // It was not removed, or its place is taken again.
  }
  remove(aside);
}

/**
 * Creates the socket file, by a second name where that can be, and directly
 * where the second name is too long for a socket, no permission names it
 * (`--allow-net=unix:PATH`), or the file system has no second names for sockets.
 */
async function bind(path: string): Promise<Bound> {
  const folder = besides(path);
  const size = new TextEncoder().encode(`${folder}/s`).length;
  if (size > PATH_SIZE_MAX) return await bindDirectly(path);
  try {
    const listener = await bindInFolder(path, folder);
    if (listener !== undefined) return { listener, isDirect: false };
  } catch (error) {
    if (!isPermissionMissing(error)) throw error;
  }
  return await bindDirectly(path);
}

/** Refuses where others could connect in the moment before the mode is set. */
async function bindDirectly(path: string): Promise<Bound> {
  const { listenUnix } = await openSockets();
  const listener = await listenUnix(path);
  try {
    if ((system.lstatSync(path).mode ?? 0) & OTHERS_WRITE) {
      throw new Error(
        "others could connect before its mode is set: use a shorter path, or a umask of 022 or stricter",
      );
    }
    system.chmodSync(path, 0o600);
    return { listener, isDirect: true };
  } catch (error) {
    listener.close();
    throw error;
  }
}

/**
 * Creates the socket file with mode 0600 from its first moment: in a folder
 * that nobody else may enter, from where a hard link brings it to its place.
 * (A mask of the process would do it, too, but needs a permission of its own.)
 * A link fails where there is a file already, and so replaces nothing.
 * `undefined` where links do not lead to the listener.
 */
async function bindInFolder(
  path: string,
  folder: string,
): Promise<SocketListener<StreamSocket> | undefined> {
  const { listenUnix } = await openSockets();
  system.mkdirSync(folder, { mode: 0o700 });
  try {
    const first = `${folder}/s`;
    const listener = await listenUnix(first);
    try {
      system.chmodSync(first, 0o600);
      if (await linksLead(first, listener)) {
        system.linkSync(first, path);
        return listener;
      }
      listener.close();
    } catch (error) {
      listener.close();
      throw error;
    } finally {
      remove(first);
    }
  } finally {
    system.removeSync(folder);
  }
  return undefined;
}

/**
 * Whether a second name of a socket leads to its listener, tried where nobody
 * else can connect. Some file systems refuse it, and in some that FUSE serves
 * each name is a file of its own, at which nobody listens.
 */
async function linksLead(
  first: string,
  listener: SocketListener<StreamSocket>,
): Promise<boolean> {
  const second = first.replace(/s$/, "t");
  try {
    system.linkSync(first, second);
    const { connectUnix } = await openSockets();
    const dialled = await connectUnix(second);
    (await listener.accept()).close();
    dialled.close();
    return true;
  } catch {
    return false;
  } finally {
    remove(second);
  }
}

/** A new short name in the same folder: the path of a socket may have 107 bytes. */
function besides(path: string): string {
  const random = crypto.getRandomValues(new Uint32Array(1))[0]!.toString(36);
  return path.replace(/[^/]*$/, `.${random}`);
}

/**
 * Removes a socket file that nobody listens on, and tells whether it is gone. The
 * file is moved aside and dialled again before it is removed: of two programs
 * that find the same stale file, neither may remove the other's fresh one.
 */
async function removeStale(path: string): Promise<boolean> {
  if (await answers(path)) return false;
  const aside = besides(path);
  try {
    system.renameSync(path, aside);
  } catch {
    return !isThere(path);
  }
  const isStale = !await answers(aside);
  try {
    if (!isStale) system.linkSync(aside, path);
  } catch {
    // Its place is taken again: whoever holds it wins.
  }
  remove(aside);
  return isStale;
}

/** Whether anybody listens; only a refusal, or that the file is gone, proves that nobody does. */
async function answers(path: string): Promise<boolean> {
  try {
    const { connectUnix } = await openSockets();
    (await connectUnix(path)).close();
    return true;
  } catch (error) {
    return !isSystemError(error, "ConnectionRefused", "NotFound");
  }
}

function statSocket(path: string): FileInfo | undefined {
  try {
    const file = system.lstatSync(path);
    return file.isSocket === false ? undefined : file;
  } catch {
    return undefined;
  }
}

function isThere(path: string): boolean {
  try {
    system.lstatSync(path);
    return true;
  } catch (error) {
    return !isSystemError(error, "NotFound");
  }
}

function remove(path: string): void {
  try {
    system.removeSync(path);
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
