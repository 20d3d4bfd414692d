/**
 * Files of this machine, and standard input, as something to send.
 *
 * @module
 */
import { basename } from "node:path";
import { fileReason } from "../base/reasons.ts";
import type { SystemFile } from "../runtime/files.ts";
import { system } from "../runtime/system.ts";
import type { FileSource } from "./outgoing_files.ts";

/** Bytes that are read at once. */
const READ_SIZE = 256 * 1024;

/** What standard input is called as a file. */
const STANDARD_INPUT_NAME = "stdin";

/**
 * Looks at a file that is to be sent.
 *
 * @param path Where it is; `-` is standard input.
 * @return The file.
 * @throws {Error} Where there is none that could be sent; the message says why.
 */
export async function fileSource(path: string): Promise<FileSource> {
  if (path === "-") {
    const input = { read: (into: Uint8Array) => system.stdin.read(into) };
    return passingSource(STANDARD_INPUT_NAME, () => Promise.resolve(input));
  }
  const info = await system.stat(path);
  if (info.isDirectory) {
    throw new Error(
      "it is a folder; send it without --raw, or an archive of it",
    );
  }
  const name = basename(path);
  return info.isFile
    ? regularSource(name, path, info.size)
    : passingSource(name, () => system.open(path));
}

/** A file of which it is known what it is. */
export function regularSource(
  name: string,
  path: string,
  size?: number,
): FileSource {
  const open = () => openFile(path);
  return size === undefined ? { name, open } : { name, size, open };
}

/** Says that a file cannot be sent, and why. */
export function cannotSend(path: string, error: unknown): string {
  return `Cannot send ${path || '""'}: ${fileReason(error)}`;
}

/** Standard input, a pipe or a device: it has no size that could be told in advance, and what was read of it is gone. */
function passingSource(
  name: string,
  open: () => Promise<Readable & { close?(): void }>,
): FileSource {
  let isRead = false;

  async function* chunks(): AsyncGenerator<Uint8Array> {
    if (isRead) {
      throw new Error("some of it was read before, and is not there any more");
    }
    isRead = true;
    const source = await open();
    try {
      yield* chunksOf(source);
    } finally {
      source.close?.();
    }
  }

  return { name, open: () => Promise.resolve(chunks()) };
}

async function openFile(path: string): Promise<AsyncIterable<Uint8Array>> {
  return closing(await system.open(path));
}

/** By hand: `return()` of a generator that was never begun closes nothing. */
function closing(file: SystemFile): AsyncIterable<Uint8Array> {
  const chunks = chunksOf(file);
  let isOpen = true;
  function close(): void {
    if (isOpen) file.close();
    isOpen = false;
  }
  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        try {
          const result = await chunks.next();
          if (result.done) close();
          return result;
        } catch (error) {
          close();
          throw error;
        }
      },
      return() {
        close();
        return Promise.resolve({ value: undefined, done: true });
      },
    }),
  };
}

/** What chunks are read from. */
interface Readable {
  read(into: Uint8Array): Promise<number | null>;
}

/** Each chunk is valid until the next one is asked for. */
async function* chunksOf(source: Readable): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(READ_SIZE);
  for (;;) {
    const count = await source.read(buffer);
    if (count === null) return;
    yield buffer.subarray(0, count);
  }
}
