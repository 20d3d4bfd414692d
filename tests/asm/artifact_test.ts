import { assert, assertEquals, assertThrows } from "@std/assert";
import { coreBytes, SOURCE_HASH } from "../../src/framing/core_wasm.ts";
import {
  hashSources,
  MODULE_PATH,
  readMemoryPages,
  WASM_PATH,
} from "../tools/wasm.ts";

const PAGE_SIZE = 64 * 1024;

const root = new URL("../../", import.meta.url);

function hasNode(): boolean {
  try {
    return new Deno.Command("node", { args: ["--version"] }).outputSync()
      .success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function instantiate(): WebAssembly.Exports {
  const module = new WebAssembly.Module(coreBytes());
  return new WebAssembly.Instance(module).exports;
}

async function readListedExports(): Promise<string[]> {
  const text = await Deno.readTextFile(new URL("asm/mod.ts", root));
  const lists = [...text.matchAll(/^export \{([^}]*)\}/gm)];
  return lists.flatMap(([, list]) => list!.split(","))
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

Deno.test("the core imports nothing", () => {
  const module = new WebAssembly.Module(coreBytes());
  assertEquals(WebAssembly.Module.imports(module), []);
});

Deno.test("the core exports what asm/mod.ts lists, and its memory", async () => {
  const listed = await readListedExports();
  assert(listed.length > 0);
  assertEquals(
    Object.keys(instantiate()).sort(),
    [...listed, "memory"].sort(),
  );
});

Deno.test("the core's memory has the size of asconfig.json and cannot grow", async () => {
  const { initial, maximum } = await readMemoryPages(root);
  assertEquals(maximum, initial);
  const memory = instantiate().memory as WebAssembly.Memory;
  assertEquals(memory.buffer.byteLength, initial * PAGE_SIZE);
  assertThrows(() => memory.grow(1), RangeError);
});

Deno.test("coreBytes() gives core.wasm, in memory of the caller's own", async () => {
  assertEquals(coreBytes(), await Deno.readFile(new URL(WASM_PATH, root)));
  coreBytes().fill(0);
  assert(WebAssembly.validate(coreBytes()));
});

Deno.test("the committed core is what its sources give", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "build", "--check"],
    cwd: root,
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder();
  assertEquals(code, 0, text.decode(stdout) + text.decode(stderr));
  assertEquals(
    text.decode(stdout).match(/^src\S+(?=: \d+ bytes, is up to date$)/gm),
    [WASM_PATH, MODULE_PATH],
  );
});

Deno.test("SOURCE_HASH is the hash of the sources", async () => {
  assertEquals(SOURCE_HASH, await hashSources(root));
});

Deno.test({
  name: "the core runs in Node",
  ignore: !hasNode(),
  async fn() {
    const module = await Deno.readTextFile(new URL(MODULE_PATH, root));
    const script = `${module.replace(/: (string|Uint8Array<ArrayBuffer>)/g, "")}
      const module = new WebAssembly.Module(coreBytes());
      const { memory } = new WebAssembly.Instance(module).exports;
      console.log(coreBytes().length, memory.buffer.byteLength);
    `;
    const { stdout, stderr } = await new Deno.Command("node", {
      args: ["--input-type=module", "--eval", script],
    }).output();
    const { initial } = await readMemoryPages(root);
    assertEquals(new TextDecoder().decode(stderr), "");
    assertEquals(
      new TextDecoder().decode(stdout),
      `${coreBytes().length} ${initial * PAGE_SIZE}\n`,
    );
  },
});
