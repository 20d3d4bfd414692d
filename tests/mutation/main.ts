/**
 * Makes each mutant of a room, one at a time, and runs the tests of that room:
 * `main.ts [--room src/handshake] [--from N] [--count N]`. Lists those that no
 * test notices, but for the ones that `reasons.ts` explains. Works on a copy.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { listFiles } from "../helpers/source_scan.ts";
import { type Mutant, mutantsOf, mutated, nameOf } from "./mutants.ts";
import { REASONS } from "./reasons.ts";

const root = new URL("../../", import.meta.url);

/** The tests of each room. */
const TESTS: Record<string, string[]> = {
  "src/base": ["tests/base"],
  "src/handshake": ["tests/handshake"],
  "src/framing": ["tests/framing"],
  "src/session": ["tests/session", "tests/connection"],
  "src/talk": ["tests/talk"],
  "src/connection": ["tests/connection", "tests/simulation", "tests/faults"],
  "src/connect": ["tests/connect"],
  "src/transport": ["tests/transport"],
  "src/directory": ["tests/directory"],
};

/** A mutant that makes the tests go on for ever is noticed, too. */
const PATIENCE_MS = 180_000;

const FLAGS = [
  "test",
  "--no-check",
  "--fail-fast",
  "--quiet",
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-run",
  "--allow-net",
];

/** Copies what tests need to a folder of its own. */
async function copyProject(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "lekt-mutation-" });
  const files = await new Deno.Command("git", {
    args: ["ls-files", "-co", "--exclude-standard"],
    cwd: root,
  }).output();
  for (const path of new TextDecoder().decode(files.stdout).split("\n")) {
    if (path === "") continue;
    const target = `${folder}/${path}`;
    await Deno.mkdir(target.slice(0, target.lastIndexOf("/")), {
      recursive: true,
    });
    await Deno.copyFile(new URL(path, root), target);
  }
  return folder;
}

/** Whether the tests pass. */
async function passes(folder: string, tests: string[]): Promise<boolean> {
  const run = new Deno.Command(Deno.execPath(), {
    args: [...FLAGS, ...tests],
    cwd: folder,
    stdout: "null",
    stderr: "null",
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  return (await run.output()).success;
}

async function isNoticed(
  folder: string,
  mutant: Mutant,
  tests: string[],
): Promise<boolean> {
  const path = `${folder}/${mutant.path}`;
  const text = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, mutated(text, mutant));
  try {
    return !await passes(folder, tests);
  } finally {
    await Deno.writeTextFile(path, text);
  }
}

async function mutantsIn(room: string): Promise<Mutant[]> {
  const mutants: Mutant[] = [];
  for (const path of await listFiles(root, `${room}/`, ".ts")) {
    if (path.endsWith("core_wasm.ts")) continue;
    const text = await Deno.readTextFile(new URL(path, root));
    mutants.push(...mutantsOf(path, text));
  }
  return mutants;
}

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      room: { type: "string", multiple: true },
      from: { type: "string", default: "0" },
      count: { type: "string", default: "1000000" },
    },
  });
  const folder = await copyProject();
  const first = Number(values.from);
  let survivorCount = 0;
  let count = 0;
  try {
    for (const room of values.room ?? Object.keys(TESTS)) {
      const tests = TESTS[room]!;
      if (!await passes(folder, tests)) {
        throw new Error(`the tests of ${room} fail without any mutant`);
      }
      const all = await mutantsIn(room);
      const mutants = all.slice(first, first + Number(values.count));
      console.log(`${room}: ${mutants.length} of ${all.length} mutants`);
      for (const mutant of mutants) {
        count++;
        if (await isNoticed(folder, mutant, tests)) continue;
        const reason = REASONS[nameOf(mutant)];
        if (!reason) survivorCount++;
        console.log(
          `${mutant.path}:${mutant.line} survives: ${mutant.before.trim()} -> ${mutant.after.trim()}${
            reason ? ` (${reason})` : ""
          }`,
        );
      }
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  console.log(`${count} mutants, ${survivorCount} survive without a reason`);
  return survivorCount === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
