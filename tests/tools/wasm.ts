/**
 * What the framing core is built from, and where the result is committed: for
 * `tests/build/`, which compiles it, and for the artifact test, which does not.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** Where the compiled bytes are committed. */
export const WASM_PATH = "src/framing/core.wasm";

/** Where the same bytes are committed, inline. */
export const MODULE_PATH = "src/framing/core_wasm.ts";

/** The options of the compiler. */
export const CONFIG_PATH = "asm/asconfig.json";

/** Names the compiler, in the one version that is used. */
const COMPILER_PATH = "tests/build/deno.json";

/** What `asm/asconfig.json` says about the size of the WASM memory, in pages of 64 KiB. */
export interface MemoryPages {
  /** Pages at the start. */
  initial: number;
  /** Pages at most; equal to `initial`, for memory never grows. */
  maximum: number;
}

/** The pages of memory that the WASM of the project at `root` is built with. */
export async function readMemoryPages(root: URL): Promise<MemoryPages> {
  const text = await Deno.readTextFile(new URL(CONFIG_PATH, root));
  const { options } = JSON.parse(text);
  return { initial: options.initialMemory, maximum: options.maximumMemory };
}

/** SHA-256, in hex, of all that decides about the compiled bytes: sources, options and compiler. */
export async function hashSources(root: URL): Promise<string> {
  const hash = createHash("sha256");
  hash.update(`assemblyscript ${await readCompilerVersion(root)}\0`);
  for (const path of await listSources(root)) {
    hash.update(`${path}\0`);
    hash.update(await Deno.readFile(new URL(path, root)));
    hash.update("\0");
  }
  return hash.digest("hex");
}

async function readCompilerVersion(root: URL): Promise<string> {
  const text = await Deno.readTextFile(new URL(COMPILER_PATH, root));
  const specifier: string = JSON.parse(text).imports.assemblyscript;
  return specifier.slice("npm:assemblyscript@".length);
}

async function listSources(root: URL): Promise<string[]> {
  const paths = [CONFIG_PATH];
  for await (const entry of Deno.readDir(new URL("asm/", root))) {
    if (entry.isFile && entry.name.endsWith(".ts")) {
      paths.push(`asm/${entry.name}`);
    }
  }
  return paths.sort();
}
