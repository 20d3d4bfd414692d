/**
 * Files of this machine, and standard input, as something to send.
 *
 * @module
 */
import { basename } from "node:path";
import { fileReason } from "../base/reasons.ts";
import type { FileSource } from "./outgoing_files.ts";
import type { Reporter } from "./reporter.ts";

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
  const info = await Deno.stat(path);
  if (info.isDirectory) {
    throw new Error("it is a folder; send its files, or an archive of it");
  }
  const name = basename(path);
  const open = () => openFile(path);
  // A pipe or a device has no size that could be told in advance.
  return info.isFile ? { name, size: info.size, open } : { name, open };
}

/** Says that a file cannot be sent, and why. */
export function cannotSend(path: string, error: unknown): string {
  return `Cannot send ${path || '""'}: ${fileReason(error)}`;
}

/** What to name instead of a path that the system has for standard input. */
function adviceOn(path: string): string {
  return /^\/(?:dev|proc)\/.*(?:stdin|fd\/0)$/.test(path)
    ? '; standard input is "-"'
    : "";
}

/** Looks at all files that are to be sent; `undefined` where one cannot be, which is reported. */
export async function openSources(
  paths: readonly string[],
  reporter: Reporter,
): Promise<FileSource[] | undefined> {
  const sources: FileSource[] = [];
  for (const path of paths) {
    try {
      sources.push(await fileSource(path));
    } catch (error) {
      reporter.emit({
        event: "error",
        code: "FILE",
        message: cannotSend(path, error) + adviceOn(path),
      });
      return undefined;
    }
  }
  return sources;
}

function openStandardInput(): Promise<AsyncIterable<Uint8Array>> {
  return Promise.resolve(chunksOf(Deno.stdin));
}

async function openFile(path: string): Promise<AsyncIterable<Uint8Array>> {
  return closing(await Deno.open(path));
}

/** By hand: `return()` of a generator that was never begun closes nothing. */
function closing(file: Deno.FsFile): AsyncIterable<Uint8Array> {
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
