/**
 * Compiles `asm/` of a copy of the project again and again, as often as a line
 * comes on standard input, and answers each with one: `same` where that changes
 * nothing, `written` where it does, `failed` where it is no program. To start the compiler takes longer than
 * what it does.
 *
 * @module
 */
import { equals } from "@std/bytes";
import { build } from "./compile.ts";
import { MODULE_PATH, WASM_PATH } from "../tools/wasm.ts";

const root = new URL("../../", import.meta.url);

async function compileAgain(original: Uint8Array): Promise<string> {
  try {
    const { wasm, module } = await build(root);
    await Deno.writeTextFile(new URL(MODULE_PATH, root), module);
    return equals(wasm, original) ? "same" : "written";
  } catch {
    return "failed";
  }
}

if (import.meta.main) {
  const original = await Deno.readFile(new URL(WASM_PATH, root));
  for await (const _ of Deno.stdin.readable) {
    console.log(await compileAgain(original));
  }
}
