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
    return { name: STANDARD_INPUT_NAME, open: openStandardInput };
  }
  const info = await system.stat(path);
  if (info.isDirectory) {
    throw new Error(
      "it is a folder; send it without --raw, or an archive of it",
    );
  }
  const name = basename(path);
  // A pipe or a device has no size that could be told in advance.
  return regularSource(name, path, info.isFile ? info.size : undefined);
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

function openStandardInput(): Promise<AsyncIterable<Uint8Array>> {
  return Promise.resolve(chunksOf(system.stdin));
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

/** Each chunk is valid until the next one is asked for. */
async function* chunksOf(
  source: { read(into: Uint8Array): Promise<number | null> },
): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(READ_SIZE);
  for (;;) {
    const count = await source.read(buffer);
    if (count === null) return;
    yield buffer.subarray(0, count);
  }
}
