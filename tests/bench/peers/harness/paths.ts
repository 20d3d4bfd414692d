/**
 * File URLs as the system writes them.
 *
 * @module
 */
import { fileURLToPath, pathToFileURL } from "node:url";

/** The path of a file URL. */
export function fromFileUrl(url: URL): string {
  return fileURLToPath(url);
}

/** The file URL of a path. */
export function toFileUrl(path: string): string {
  return pathToFileURL(path).href;
}
