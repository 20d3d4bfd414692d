/**
 * Paths of what is in folders.
 *
 * @module
 */
import { sep } from "node:path";

/**
 * The path of what has this name in a folder, whose path and whose name are
 * clean: as `join` gives it, which looks at each character again, and is felt
 * with thousands of files.
 */
export function below(folder: string, name: string): string {
  return folder.endsWith(sep) ? folder + name : folder + sep + name;
}
