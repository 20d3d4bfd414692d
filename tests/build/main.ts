/**
 * Compiles the framing core: writes `src/framing/core.wasm` and `src/framing/core_wasm.ts`, or,
 * with `--check`, tells whether the committed files are what the sources give.
 *
 * @module
 */
import { equals } from "@std/bytes";
import { MODULE_PATH, WASM_PATH } from "../tools/wasm.ts";
import { build } from "./compile.ts";

async function readCommitted(url: URL): Promise<Uint8Array> {
  try {
    return await Deno.readFile(url);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return new Uint8Array();
    throw error;
  }
}

async function main(args: string[]): Promise<number> {
  if (args.length > 1 || (args.length === 1 && args[0] !== "--check")) {
    console.error("usage: deno task build [--check]");
    return 2;
  }
  const root = new URL("../../", import.meta.url);
  const { wasm, module } = await build(root);
  const files: [string, Uint8Array][] = [
    [WASM_PATH, wasm],
    [MODULE_PATH, new TextEncoder().encode(module)],
  ];
  let status = 0;
  for (const [path, bytes] of files) {
    const url = new URL(path, root);
    const isEqual = equals(await readCommitted(url), bytes);
    if (args.length === 0 && !isEqual) await Deno.writeFile(url, bytes);
    if (args.length === 1 && !isEqual) status = 1;
    const verdict = isEqual
      ? "is up to date"
      : args.length === 0
      ? "written"
      : "differs from a fresh build: run deno task build and commit it";
    console.log(`${path}: ${bytes.length} bytes, ${verdict}`);
  }
  return status;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
