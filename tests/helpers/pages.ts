/**
 * The pages of the documentation, and what stands on them.
 *
 * @module
 */
import { assert } from "@std/assert";
import { listFiles } from "./source_scan.ts";

/** The folder of the project. */
export const ROOT: URL = new URL("../../", import.meta.url);

/** A fenced block of a page. */
export interface Block {
  /** Where it begins: `PAGE:LINE`. */
  place: string;
  /** What stands behind the fence: the language, and more. */
  info: string[];
  /** The lines between the fences. */
  text: string;
}

/** The paths of all pages. */
export async function listPages(): Promise<string[]> {
  return await listFiles(ROOT, "", ".md");
}

/** The text of a page. */
export async function readPage(path: string): Promise<string> {
  return await Deno.readTextFile(new URL(path, ROOT));
}

/** The rows of the table of a page whose first column is called `heading`, as cells. */
export async function readTable(
  path: string,
  heading: string,
): Promise<string[][]> {
  const lines = (await readPage(path)).split("\n");
  const start = lines.findIndex((line) =>
    line.startsWith("|") && line.split("|")[1]?.trim() === heading
  );
  assert(start >= 0, `${path} has no table of "${heading}"`);
  const end = lines.findIndex((line, index) =>
    index > start && !line.startsWith("|")
  );
  return lines.slice(start + 2, end).map((line) =>
    line.split("|").slice(1, -1).map((cell) => cell.trim())
  );
}

/** What stands between backticks in the first column of a table. */
export async function firstColumn(
  path: string,
  heading: string,
): Promise<string[]> {
  const rows = await readTable(path, heading);
  return rows.flatMap(([cell]) => quoted(cell!));
}

/** What stands between backticks. */
export function quoted(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
}

/** The fenced blocks of a page. */
export async function readBlocks(path: string): Promise<Block[]> {
  return findBlocks(path, (await readPage(path)).split("\n"));
}

/** The fenced blocks of all pages. */
export async function readPages(): Promise<Block[]> {
  const blocks: Block[] = [];
  for (const path of await listPages()) blocks.push(...await readBlocks(path));
  return blocks;
}

/** The fenced blocks of `lines`, the first of which is the line `firstLine` of the file `path`. */
export function findBlocks(
  path: string,
  lines: string[],
  firstLine = 1,
): Block[] {
  const blocks: Block[] = [];
  for (let index = 0; index < lines.length; index++) {
    const fence = /^( *)```(.*)$/.exec(lines[index]!);
    if (!fence) continue;
    const indent = fence[1]!.length;
    const end = lines.findIndex((line, at) =>
      at > index && line.trim() === "```"
    );
    const place = `${path}:${firstLine + index}`;
    assert(end > 0, `${place}: the block does not end`);
    blocks.push({
      place,
      info: fence[2]!.trim().split(/\s+/).filter((word) => word !== ""),
      text: lines.slice(index + 1, end).map((line) => line.slice(indent))
        .join("\n"),
    });
    index = end;
  }
  return blocks;
}

/** The page without its fenced blocks and its code, in which a link is no link. */
export async function readProse(path: string): Promise<string> {
  return (await readPage(path)).replace(/^ *```[^]*?^ *```$/gm, "")
    .replace(/`[^`\n]*`/g, "");
}

/** The anchors that headings of a page have on GitHub. */
export async function readAnchors(path: string): Promise<string[]> {
  const page = (await readPage(path)).replace(/^ *```[^]*?^ *```$/gm, "");
  return [...page.matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
    title!.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-")
  );
}
