/**
 * The code on the pages and in the documentation of symbols, which runs.
 *
 * @module
 */
import { type Block, findBlocks, ROOT } from "./pages.ts";
import { listFiles, scanComments } from "./source_scan.ts";

/** What a block is in that runs. */
const LANGUAGES = ["ts", "js"];

/** Where the symbols stand whose documentation is read. */
const SOURCES = ["src/", "examples/", "asm/"];

/** The fenced blocks in the comments of `text`, the content of the file `path`, that document something. */
export function findDocumented(path: string, text: string): Block[] {
  return scanComments(path, text).flatMap(([line, comment]) => {
    if (!comment.startsWith("*")) return [];
    const lines = comment.slice(1).split("\n")
      .map((each) => each.replace(/^ *\* ?/, ""));
    return findBlocks(path, lines, line);
  });
}

/** All fenced blocks in the documentation of symbols. */
export async function readDocumented(): Promise<Block[]> {
  const paths = ["mod.ts"];
  for (const folder of SOURCES) {
    paths.push(...await listFiles(ROOT, folder, ".ts"));
  }
  const blocks: Block[] = [];
  for (const path of paths) {
    const text = await Deno.readTextFile(new URL(path, ROOT));
    blocks.push(...findDocumented(path, text));
  }
  return blocks;
}

/** Whether a block runs. */
export function isCode({ info: [language = "", ...rest] }: Block): boolean {
  return LANGUAGES.includes(language) && !rest.includes("ignore");
}

/** The code of a block, from the line on that it has on its page, with what it imports by a path named whole. */
function moduleOf(path: string, line: number, text: string): string {
  const base = new URL(path, ROOT);
  const code = text.replace(
    /(?<=\b(?:from|import)\s*\(?\s*")\.{1,2}\/[^"]*(?=")/g,
    (specifier) => new URL(specifier, base).href,
  );
  return "\n".repeat(line) + code;
}

/**
 * Runs a block as a module of its own, and ends where the module has: also behind
 * what `await using` disposes of. Errors name the lines of the page.
 */
export async function runBlock({ place, text }: Block): Promise<void> {
  const [path, line] = place.split(":");
  const folder = await Deno.makeTempDir({ prefix: "lekt-block-" });
  try {
    const file = `${folder}/${path!.replaceAll("/", "_")}.ts`;
    await Deno.writeTextFile(file, moduleOf(path!, Number(line), text));
    await import(`file://${file}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
