/**
 * The folder that received files go to, tried before anybody sends one.
 *
 * @module
 */
import { resolve } from "node:path";
import type { Settings } from "./options.ts";
import { savingFault } from "./partial_file.ts";

/** Where received files go. */
export interface SaveFolder {
  /** The folder; left out where no file is received, or none can be saved. */
  readonly folder?: string;
  /** That, and why, nothing can be saved, where files are received. */
  readonly fault?: string;
}

/** Finds the folder that received files go to, and tries it. */
export async function findSaveFolder(settings: Settings): Promise<SaveFolder> {
  const { command, saveFolder, acceptFiles, output } = settings;
  if (command === "send" || acceptFiles === "none" || output) return {};
  if (saveFolder === undefined) {
    return {
      fault:
        "Cannot save received files: HOME names no folder; name one by --save DIR",
    };
  }
  const folder = resolve(saveFolder);
  const reason = await savingFault(folder);
  if (reason === undefined) return { folder };
  const remedy = "name another folder by --save DIR";
  return {
    fault: `Cannot save received files in ${folder}: ${reason}; ${remedy}`,
  };
}
