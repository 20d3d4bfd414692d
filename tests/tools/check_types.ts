/**
 * Checks all types, also those of the code on pages and in comments. All that
 * has the packages of `deno.json` is checked in one go, for each `deno check`
 * loads the types of the platform and of the module once more; the folders with
 * a configuration of their own follow, each with that.
 *
 * @module
 */
import { listFiles } from "../helpers/source_scan.ts";
import { runBareTask } from "../helpers/task.ts";

/** What is checked with another configuration, by the folder of that. */
const APART: Record<string, string[]> = {
  "tests/bench/peers": ["tests/bench"],
  "tests/browser": ["tests/browser"],
  "tests/build": ["tests/build"],
  "tests/runtimes": ["tests/runtimes/main.ts"],
};

/** The rest of those folders that has the packages of `deno.json`. */
const SHARED_PARTS = ["tests/runtimes/scenes"];

/** All that is checked with `deno.json`: what is new in `tests/` is among it, unless it stands apart. */
export async function listShared(root: URL): Promise<string[]> {
  const apart = Object.keys(APART).map((path) => path.split("/")[1]);
  const entries = await Array.fromAsync(Deno.readDir(new URL("tests", root)));
  const tests = entries
    .filter(({ name, isDirectory }) => isDirectory || name.endsWith(".ts"))
    .filter(({ name }) => !apart.includes(name))
    .map(({ name }) => `tests/${name}`);
  // `deno check` finds no pages in folders.
  const pages = await listFiles(root, "", ".md");
  return ["mod.ts", "src", "examples", ...pages, ...tests, ...SHARED_PARTS];
}

async function isChecked(args: string[], root: URL): Promise<boolean> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["check", ...args],
    cwd: root,
  }).spawn();
  return (await child.status).success;
}

async function main(root: URL): Promise<number> {
  const all = [["--doc", ...await listShared(root)]];
  for (const [folder, paths] of Object.entries(APART)) {
    all.push(["--config", `${folder}/deno.json`, ...paths]);
  }
  let status = 0;
  for (const args of all) if (!await isChecked(args, root)) status = 1;
  return status;
}

if (import.meta.main) {
  const root = new URL("../../", import.meta.url);
  await runBareTask("deno task check", () => main(root));
}
