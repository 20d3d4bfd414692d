/**
 * Files by `node:fs`, for Node and Bun.
 *
 * @module
 */
import type { Dirent, Stats } from "node:fs";
import { builtin } from "./node_builtin.ts";
import { lockDescriptor } from "./node_locks.ts";
import {
  type FileInfo,
  type FileOptions,
  type Files,
  type FolderEntry,
  SEEK,
  type SystemFile,
} from "./files.ts";

/** How often the time of change of a file that is worked on is made young, in milliseconds. */
const TOUCH_MS = 15_000;

/** Files as Node and Bun have them. */
export function nodeFiles(): Files {
  const asynchronous = () => builtin("node:fs").promises;
  const synchronous = () => builtin("node:fs");
  return {
    async open(path, options = { read: true }) {
      const { open } = synchronous();
      return new NodeFile(
        await called<number>((done) =>
          open(path, flagsOf(options), options.mode, done)
        ),
      );
    },
    openSync: (path, options = { read: true }) =>
      new NodeFile(
        synchronous().openSync(path, flagsOf(options), options.mode),
      ),
    readFileSync: (path) => synchronous().readFileSync(path),
    readTextFileSync: (path) => synchronous().readFileSync(path, "utf8"),
    readTextFile: (path) => asynchronous().readFile(path, "utf8"),
    stat: async (path) => infoOf(await asynchronous().stat(path)),
    statSync: (path) => infoOf(synchronous().statSync(path)),
    lstat: async (path) => infoOf(await asynchronous().lstat(path)),
    lstatSync: (path) => infoOf(synchronous().lstatSync(path)),
    async *readDir(path) {
      for await (const entry of await asynchronous().opendir(path)) {
        yield entryOf(entry);
      }
    },
    readDirSync: (path) =>
      synchronous().readdirSync(path, { withFileTypes: true }).map(entryOf),
    async mkdir(path, options) {
      await asynchronous().mkdir(path, options);
    },
    mkdirSync(path, options) {
      synchronous().mkdirSync(path, options);
    },
    link: (from, to) => asynchronous().link(from, to),
    linkSync: (from, to) => synchronous().linkSync(from, to),
    rename: (from, to) => asynchronous().rename(from, to),
    renameSync: (from, to) => synchronous().renameSync(from, to),
    async remove(path, { recursive = false } = {}) {
      const { rm, rmdir } = asynchronous();
      if (recursive) return await rm(path, { recursive });
      const { isDirectory } = await this.lstat(path);
      await (isDirectory ? rmdir(path) : rm(path));
    },
    removeSync(path, { recursive = false } = {}) {
      const { rmSync, rmdirSync } = synchronous();
      if (!recursive && this.lstatSync(path).isDirectory) rmdirSync(path);
      else rmSync(path, { recursive });
    },
    utimeSync: (path, accessed, changed) =>
      synchronous().utimesSync(path, accessed, changed),
    chmodSync: (path, mode) => synchronous().chmodSync(path, mode),
  };
}

/** An open file. */
class NodeFile implements SystemFile {
  readonly #fd: number;
  /** Where the next byte is. */
  #offset = 0;
  /** Whether that differs from where the system has it. */
  #isSought = false;
  #touching: ReturnType<typeof setInterval> | undefined;
  #unlock: (() => void) | undefined;

  constructor(fd: number) {
    this.#fd = fd;
  }

  async read(into: Uint8Array): Promise<number | null> {
    const { read } = builtin("node:fs");
    return this.#moved(
      await called<number>((done) =>
        read(this.#fd, into, 0, into.byteLength, this.#position, done)
      ),
      into,
    );
  }

  readSync(into: Uint8Array): number | null {
    const { readSync } = builtin("node:fs");
    const options = { position: this.#position };
    return this.#moved(readSync(this.#fd, into, options), into);
  }

  async write(bytes: Uint8Array): Promise<number> {
    const { write } = builtin("node:fs");
    const count = await called<number>((done) =>
      write(this.#fd, bytes, 0, bytes.byteLength, this.#position, done)
    );
    this.#offset += count;
    return count;
  }

  writeSync(bytes: Uint8Array): number {
    const { writeSync } = builtin("node:fs");
    const size = bytes.byteLength;
    const count = writeSync(this.#fd, bytes, 0, size, this.#position);
    this.#offset += count;
    return count;
  }

  seek(offset: number, from: number): Promise<number> {
    this.#isSought ||= offset !== 0 || from === SEEK.start;
    this.#offset = from === SEEK.start ? offset : this.#offset + offset;
    return Promise.resolve(this.#offset);
  }

  truncate(size: number): Promise<void> {
    const { ftruncate } = builtin("node:fs");
    return called<void>((done) => ftruncate(this.#fd, size, done));
  }

  utimeSync(accessed: Date, changed: Date): void {
    builtin("node:fs").futimesSync(this.#fd, accessed, changed);
  }

  sync(): Promise<void> {
    const { fsync } = builtin("node:fs");
    return called<void>((done) => fsync(this.#fd, done));
  }

  async stat(): Promise<FileInfo> {
    const { fstat } = builtin("node:fs");
    return infoOf(await called<Stats>((done) => fstat(this.#fd, done)));
  }

  async lock(): Promise<void> {
    this.#unlock ??= lockDescriptor(this.#fd);
    await this.#touch();
  }

  /** Keeps it young: what nobody has touched for long is taken for abandoned. */
  #touch(): Promise<void> {
    this.#touching ??= setInterval(() => {
      const now = new Date();
      builtin("node:fs").futimes(this.#fd, now, now, () => {});
    }, TOUCH_MS);
    (this.#touching as unknown as { unref(): void }).unref();
    return Promise.resolve();
  }

  async tryLock(): Promise<boolean> {
    this.#unlock ??= lockDescriptor(this.#fd);
    if (this.#unlock) await this.#touch();
    return this.#unlock !== undefined;
  }

  close(): void {
    clearInterval(this.#touching);
    this.#unlock?.();
    builtin("node:fs").closeSync(this.#fd);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** A pipe has no position: it is only named once somebody has asked for another one. */
  get #position(): number | null {
    return this.#isSought ? this.#offset : null;
  }

  #moved(count: number, into: Uint8Array): number | null {
    this.#offset += count;
    return count === 0 && into.byteLength > 0 ? null : count;
  }
}

/** Calls something that takes a callback, and waits for that. */
function called<T>(
  run: (done: (error: Error | null, value?: unknown) => void) => unknown,
): Promise<T> {
  return new Promise((resolve, reject) => {
    run((error, value) => error ? reject(error) : resolve(value as T));
  });
}

function flagsOf(options: FileOptions): number {
  const { constants } = builtin("node:fs");
  const { read, write, append, create, createNew, truncate } = options;
  let flags = constants.O_RDONLY;
  if (write || append) flags = read ? constants.O_RDWR : constants.O_WRONLY;
  if (append) flags |= constants.O_APPEND;
  if (create || createNew) flags |= constants.O_CREAT;
  if (createNew) flags |= constants.O_EXCL;
  if (truncate) flags |= constants.O_TRUNC;
  return flags;
}

function infoOf(stats: Stats): FileInfo {
  const { size, mtime, mode, ino, dev } = stats;
  return {
    isFile: stats.isFile(),
    isDirectory: stats.isDirectory(),
    isSymlink: stats.isSymbolicLink(),
    isSocket: stats.isSocket(),
    isFifo: stats.isFIFO(),
    size,
    mtime,
    mode,
    ino,
    dev,
  };
}

function entryOf(entry: Dirent): FolderEntry {
  return {
    name: entry.name,
    isFile: entry.isFile(),
    isDirectory: entry.isDirectory(),
    isSymlink: entry.isSymbolicLink(),
  };
}
