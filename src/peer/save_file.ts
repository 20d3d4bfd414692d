/**
 * Puts a received file into its place: under its final name stands only a
 * whole file, and no file that was there before is ever touched.
 *
 * @module
 */
import { fileReason } from "../base/reasons.ts";
import { FileFault, type IncomingFile, readContent } from "../talk/receive.ts";
import type { DiskGate } from "./disk_gate.ts";
import { PartialFile } from "./partial_file.ts";

/** What saving works with. */
export interface SaveOptions {
  /** What waits for the disk is counted there. */
  readonly gate: DiskGate;
  /** Called with the number of bytes of each chunk that was written. */
  readonly onReceived: (byteCount: number) => void;
}

/** A file that is in its place. */
export interface SavedFile {
  /** Where it is. */
  readonly path: string;
  /** Its size in bytes. */
  readonly size: number;
  /** Its SHA-256 in lower-case hexadecimal digits. */
  readonly sha256: string;
}

/**
 * Receives a file into a folder, which is made where it is missing.
 *
 * @param folder The folder.
 * @param file The file that arrives.
 * @param options The disk's gate, and who is told of progress.
 * @return Where the file is now.
 * @throws {FileFault} Where it cannot be saved, or is damaged; nothing is left of it then.
 * @throws What reading its body throws; nothing is left of it then either.
 */
export async function saveFile(
  folder: string,
  file: IncomingFile,
  options: SaveOptions,
): Promise<SavedFile> {
  const { gate } = options;
  const { name } = file.header;
  let part: PartialFile | undefined;
  try {
    part = await local(gate, () => PartialFile.create(folder, name));
    const written = await writeContent(part, file, options);
    const path = await local(gate, () => part!.moveIntoPlace());
    return { path, ...written };
  } finally {
    await part?.remove();
  }
}

/** Runs something that concerns the local disk only: what fails there is no fault of the connection. */
async function local<T>(gate: DiskGate, run: () => Promise<T>): Promise<T> {
  try {
    return await gate.run(run);
  } catch (cause) {
    throw new FileFault(`it cannot be saved: ${fileReason(cause)}`, {
      cause,
    });
  }
}

async function writeContent(
  part: PartialFile,
  file: IncomingFile,
  { gate, onReceived }: SaveOptions,
): Promise<{ size: number; sha256: string }> {
  const content = readContent(file);
  let size = 0;
  for (;;) {
    const { value, done } = await content.next();
    if (done) return { size, sha256: value };
    await local(gate, () => part.write(value));
    size += value.length;
    onReceived(value.length);
  }
}
