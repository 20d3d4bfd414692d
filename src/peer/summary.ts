/**
 * The list with which `send` ends: which files are safe, and which are not.
 *
 * @module
 */
import { harmless } from "../base/text.ts";
import type { FileReport } from "./events.ts";
import { count as counted } from "./offer_words.ts";
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
  const what = `${files.length} ${kindsOf(files)}`;
  const isComplete = safeCount === files.length;
  const lines: StyledLine[] = [{
    text: `${safeCount} of ${what} safe with the other side`,
    style: isComplete ? "plain" : "error",
  }];
  for (const { name, id, state, reason, files: count } of files) {
    if (state === "safe" && safeCount > NAMED_SAFE_COUNT_MAX) continue;
    const facts = [
      ...count === undefined ? [] : [counted(count, "file")],
      ...id === undefined ? [] : [`message ${id}`],
    ];
    const about = facts.length === 0 ? "" : ` (${facts.join(", ")})`;
    const slash = count === undefined ? "" : "/";
    const why = reason === undefined ? "" : `: ${harmless(reason)}`;
    lines.push({
      text: `${STATE_TEXTS[state].padEnd(8)}  ${
        harmless(name)
      }${slash}${about}${why}`,
      style: state === "safe" ? "plain" : "error",
    });
  }
  if (files.some(({ resumable }) => resumable)) {
    lines.push({
      text: "Send the same again: what has arrived is not sent twice",
      style: "plain",
    });
  }
  return lines;
}

/** What is listed, with its verb: `file is`, `files are`, `folders are`. */
function kindsOf(files: readonly FileReport[]): string {
  const folderCount = files.filter((each) => each.files !== undefined).length;
  if (folderCount > 0 && folderCount < files.length) {
    return "files and folders are";
  }
  const kind = folderCount === 0 ? "file" : "folder";
  return files.length === 1 ? `${kind} is` : `${kind}s are`;
}
