/**
 * The list with which `send` ends: which files are safe, and which are not.
 *
 * @module
 */
import { harmless } from "../base/text.ts";
import type { FileReport } from "./events.ts";
import type { StyledLine } from "./style.ts";

/** More files that are safe than this are counted, and not named once more. */
const NAMED_SAFE_COUNT_MAX = 20;

const STATE_TEXTS: Readonly<Record<FileReport["state"], string>> = {
  safe: "safe",
  failed: "not safe",
  unconfirmed: "unknown",
};

/** The list as lines for a person; each file that is not known to be safe has one. */
export function summaryLines(files: readonly FileReport[]): StyledLine[] {
  const safeCount = files.filter(({ state }) => state === "safe").length;
  const what = files.length === 1 ? "1 file is" : `${files.length} files are`;
  const isComplete = safeCount === files.length;
  const lines: StyledLine[] = [{
    text: `${safeCount} of ${what} safe with the other side`,
    style: isComplete ? "plain" : "error",
  }];
  for (const { name, id, state, reason } of files) {
    if (state === "safe" && safeCount > NAMED_SAFE_COUNT_MAX) continue;
    const message = id === undefined ? "" : ` (message ${id})`;
    const why = reason === undefined ? "" : `: ${harmless(reason)}`;
    lines.push({
      text: `${STATE_TEXTS[state].padEnd(8)}  ${
        harmless(name)
      }${message}${why}`,
      style: state === "safe" ? "plain" : "error",
    });
  }
  return lines;
}
