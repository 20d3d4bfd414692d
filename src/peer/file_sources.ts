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
import { seenAgain } from "./unchanged.ts";

/** Bytes that are read at once. */
const READ_SIZE = 256 * 1024;

/** What standard input is called as a file. */
const STANDARD_INPUT_NAME = "stdin";

/** What chunks are read from. */
type ReadableFile = Pick<SystemFile, "read" | "close">;

/** It stays open: it belongs to the process. */
const STANDARD_INPUT: ReadableFile = {
  read: (into) => system.stdin.read(into),
  close() {},
};

const DONE: IteratorReturnResult<undefined> = { value: undefined, done: true };

/**
 * Looks at a file that is to be sent.
 *
 * @param path Where it is; `-` is standard input.
 * @return The file.
 * @throws {Error} Where there is none that could be sent; the message says why.
 */
export async function fileSource(path: string): Promise<FileSource> {
  if (path === "-") {
    return passingSource(
      STANDARD_INPUT_NAME,
      () => Promise.resolve(STANDARD_INPUT),
    );
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

/** A file of which it is known what it is; `entryPath`: what it is offered as. */
export function regularSource(
  name: string,
  path: string,
  size?: number,
  entryPath = name,
): FileSource {
  async function open(): Promise<AsyncIterable<Uint8Array>> {
    await seenAgain(path, entryPath);
    return closing(await system.open(path));
  }
  return size === undefined ? { name, open } : { name, size, open };
}

/** Says that a file cannot be sent, and why. */
export function cannotSend(path: string, error: unknown): string {
  return `Cannot send ${path || '""'}: ${unseenReason(path, error)}`;
}

/** Why a file cannot be looked at: Deno gives bytes that are no UTF-8 as U+FFFD, and finds nothing under that name. */
export function unseenReason(path: string, error: unknown): string {
  return path.includes("\uFFFD") ? "its name is no UTF-8" : fileReason(error);
}

/**
 * Standard input, a pipe or a device: it has no size that could be told in
 * advance, and what was read of it is gone. So it is opened, once, when its
 * first byte is wanted.
 */
function passingSource(
  name: string,
  open: () => Promise<ReadableFile>,
): FileSource {
  let isRead = false;

  async function openOnce(): Promise<AsyncIterator<Uint8Array>> {
    if (isRead) {
      throw new Error("some of it was read before, and is not there any more");
    }
    isRead = true;
    return closing(await open())[Symbol.asyncIterator]();
  }

  function chunks(): AsyncIterator<Uint8Array> {
    let opened: AsyncIterator<Uint8Array> | undefined;
    let isOver = false;
    return {
      async next() {
        opened ??= await openOnce();
        return await (isOver ? opened.return!() : opened.next());
      },
      return() {
        isOver = true;
        return Promise.resolve(opened?.return?.() ?? DONE);
      },
    };
  }

  return {
    name,
    open: () => Promise.resolve({ [Symbol.asyncIterator]: chunks }),
  };
}

/** By hand: `return()` of a generator that was never begun closes nothing, and that of one that waits for a chunk waits with it. */
function closing(file: ReadableFile): AsyncIterable<Uint8Array> {
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
        return Promise.resolve(DONE);
      },
    }),
  };
}

/** Each chunk is valid until the next one is asked for. */
async function* chunksOf(source: ReadableFile): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(READ_SIZE);
  for (;;) {
    const count = await source.read(buffer);
    if (count === null) return;
    yield buffer.subarray(0, count);
  }
}
