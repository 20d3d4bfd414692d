/**
 * All that the command line names to be sent, looked at before anybody is
 * connected.
 *
 * @module
 */
import { cannotSend, fileSource } from "./file_sources.ts";
import { offeredItem } from "./offered_items.ts";
import type { Reporter } from "./reporter.ts";
import type { Sources } from "./send_all.ts";

/**
 * Looks at all files and folders that are to be sent.
 *
 * @param paths Where they are; `-` is standard input.
 * @param how `isRaw`: they are sent as bare messages, and there are no folders; `isZstd`: compressed where that pays.
 * @param reporter Told of the first that cannot be sent.
 * @return What to send; `undefined` where one cannot be.
 */
export async function openSources(
  paths: readonly string[],
  how: { readonly isRaw: boolean; readonly isZstd: boolean },
  reporter: Reporter,
): Promise<Sources | undefined> {
  const { isRaw, isZstd } = how;
  if (isRaw) {
    const files = await lookAt(paths, fileSource, reporter);
    return files && { isRaw, files };
  }
  const items = await lookAt(paths, offeredItem, reporter);
  return items && { isRaw, items, isZstd };
}

async function lookAt<T>(
  paths: readonly string[],
  look: (path: string) => Promise<T>,
  reporter: Reporter,
): Promise<T[] | undefined> {
  const found: T[] = [];
  for (const path of paths) {
    try {
      found.push(await look(path));
    } catch (error) {
      const message = cannotSend(path, error) + adviceOn(path);
      reporter.emit({ event: "error", code: "FILE", message });
      return undefined;
    }
  }
  return found;
}

/** What to name instead of a path that the system has for standard input. */
function adviceOn(path: string): string {
  return /^\/(?:dev|proc)\/.*(?:stdin|fd\/0)$/.test(path)
    ? '; standard input is "-"'
    : "";
}
