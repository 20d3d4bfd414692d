// One room knows which runtime this is.
import { assert, assertEquals } from "@std/assert";
import { ROOT } from "../helpers/pages.ts";
import { listFiles, scanSource } from "../helpers/source_scan.ts";
import { isSystemError } from "../../src/runtime/errors.ts";
import { runtime, runtimeFault } from "../../src/runtime/mod.ts";

/** It asks whether there are sockets; a module more would cost each import of `mod.ts`. */
const ASKS_FOR_SOCKETS = "src/transport/dial.ts";

Deno.test("only src/runtime names Deno: all else runs on Node and Bun too", async () => {
  const paths = ["mod.ts", ...await listFiles(ROOT, "src/", ".ts")];
  const naming: string[] = [];
  for (const path of paths) {
    const text = await Deno.readTextFile(new URL(path, ROOT));
    if (scanSource(path, text).names.has("Deno")) naming.push(path);
  }
  assert(naming.some((path) => path.startsWith("src/runtime/")));
  assertEquals(
    naming.filter((path) => !path.startsWith("src/runtime/")),
    [ASKS_FOR_SOCKETS],
  );
});

/** What Deno has, and Node 22 or Bun lacks; the types of Deno let all of it pass. */
const NEWER =
  /\b(?:DisposableStack|AsyncDisposableStack|SuppressedError|Float16Array|Temporal|Iterator\.concat|Promise\.try|RegExp\.escape|Error\.isError|Math\.sumPrecise|Atomics\.pause)\b|\.(?:toBase64|setFromBase64|toHex|setFromHex|getOrInsert\w*)\(|\bUint8Array\.from(?:Base64|Hex)\b/;

Deno.test("src uses nothing that Node 22 lacks", async () => {
  const naming: string[] = [];
  for (const path of ["mod.ts", ...await listFiles(ROOT, "src/", ".ts")]) {
    const text = await Deno.readTextFile(new URL(path, ROOT));
    const [newer] = NEWER.exec(text) ?? [];
    if (newer !== undefined) naming.push(`${path}: ${newer}`);
  }
  assertEquals(naming, []);
  assert(NEWER.test("new Uint8Array(1).toBase64()"));
});

Deno.test("runtimeFault() names what is too old, and lets the rest pass", () => {
  assertEquals(runtime(), { name: "Deno", version: Deno.version.deno });
  assertEquals(runtimeFault(runtime()), undefined);
  assertEquals(runtimeFault({ name: "Node", version: "22.13.0" }), undefined);
  assertEquals(runtimeFault({ name: "Bun", version: "2.0.0" }), undefined);
  assertEquals(
    runtimeFault({ name: "Node", version: "20.20.2" }),
    "This is Node 20.20.2, and lekt needs 22.13 or later",
  );
  assertEquals(
    runtimeFault({ name: "Deno", version: "2.8.9" }),
    "This is Deno 2.8.9, and lekt needs 2.9 or later",
  );
});

Deno.test("isSystemError() knows errors of Deno and of Node", async () => {
  const path = "/does/not/exist";
  const byDeno = await Deno.stat(path).catch((error) => error);
  assert(isSystemError(byDeno, "AlreadyExists", "NotFound"));
  assert(!isSystemError(byDeno, "AddrInUse"));
  const byNode = Object.assign(new Error("no"), { code: "EADDRINUSE" });
  assert(isSystemError(byNode, "AddrInUse"));
  assert(!isSystemError(byNode, "NotCapable", "NotFound"));
  assert(isSystemError(new Deno.errors.NotCapable("no"), "NotCapable"));
  for (const thrown of ["NotFound", undefined, { name: "NotFound" }]) {
    assert(!isSystemError(thrown, "NotFound"));
  }
});
