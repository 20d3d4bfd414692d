/**
 * How fast the command is beside what people use otherwise, in rounds in which
 * each has its turn: `deno task bench:command`. `--rounds N`, `--files N`,
 * `--mb N` and `--folder DIR` say how much and where; what is not installed is left out, and named.
 *
 * @module
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runTask } from "../../helpers/task.ts";
import {
  BY_ADDRESS,
  BY_CODE,
  type Contestant,
  type Cost,
  NETCAT,
  TAR,
  WORMHOLE,
} from "./contestants.ts";

const MIB = 1024 * 1024;

/** Bytes of each of many files. */
const SMALL_SIZE = 4096;

/** Files in one folder. */
const FOLDER_SIZE = 100;

/** What is to be brought, and who tries; the first one is what the others are compared with. */
interface Work {
  readonly name: string;
  readonly path: string;
  readonly contestants: readonly Contestant[];
}

/** Programs with which the command is compared on its page, and that no package has here. */
const ABSENT = ["croc", "sendme"];

/** Whether a program, or a subcommand of it, is there. */
function isInstalled(command: string): boolean {
  const [program, ...subcommands] = command.split(" ");
  const isThere = (name: string, args: string[]) =>
    new Deno.Command(name, { args, stdout: "null", stderr: "null" })
      .outputSync().success;
  return isThere("which", [program!]) &&
    (subcommands.length === 0 || isThere(program!, [...subcommands, "--help"]));
}

function makeFiles(folder: string, count: number): void {
  const bytes = new Uint8Array(SMALL_SIZE);
  Deno.mkdirSync(folder);
  for (let index = 0; index < count; index++) {
    const inner = join(folder, String(Math.floor(index / FOLDER_SIZE)));
    if (index % FOLDER_SIZE === 0) Deno.mkdirSync(inner);
    crypto.getRandomValues(bytes);
    Deno.writeFileSync(join(inner, `file-${index}`), bytes);
  }
}

function makeLarge(path: string, size: number): void {
  using file = Deno.openSync(path, { write: true, createNew: true });
  const bytes = new Uint8Array(MIB);
  for (let at = 0; at < bytes.length; at += 65_536) {
    crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  }
  for (let at = 0; at < size; at += MIB) {
    new DataView(bytes.buffer).setUint32(0, at / MIB);
    file.writeSync(bytes);
  }
}

/** Runs one, and looks whether what has arrived is what was sent. */
async function runOne(
  { run }: Contestant,
  path: string,
  root: string,
): Promise<Cost> {
  const to = join(root, "to");
  const home = join(root, "home");
  await Deno.mkdir(to);
  await Deno.mkdir(home, { recursive: true });
  try {
    const cost = await run({ path, to, home });
    const [arrived] = Array.from(Deno.readDirSync(to), ({ name }) => name);
    const { success } = await new Deno.Command("diff", {
      args: ["-rq", path, join(to, arrived ?? "")],
    }).output();
    if (!success) throw new Error("what has arrived is not what was sent");
    return cost;
  } finally {
    await Deno.remove(to, { recursive: true });
  }
}

function best(costs: readonly Cost[], part: keyof Cost): number {
  return Math.min(...costs.map((cost) => cost[part]));
}

function print({ name }: Work, costs: ReadonlyMap<string, Cost[]>): void {
  console.log(
    `\n| ${name} | best, s | of the first | processors, s | of the first | all rounds, s |`,
  );
  console.log("| --- | --- | --- | --- | --- | --- |");
  let first: Cost[] | undefined;
  for (const [contestant, each] of costs) {
    if (each.length === 0) continue;
    first ??= each;
    const cells = (["wall", "cpu"] as const).flatMap((part) => [
      best(each, part).toFixed(2),
      (best(each, part) / best(first!, part)).toFixed(2),
    ]);
    const all = each.map(({ wall }) => wall.toFixed(1)).join(", ");
    console.log(`| ${contestant} | ${cells.join(" | ")} | ${all} |`);
  }
}

async function measure(
  work: Work,
  roundCount: number,
  root: string,
): Promise<void> {
  const costs = new Map<string, Cost[]>();
  for (const { name } of work.contestants) costs.set(name, []);
  for (let round = 1; round <= roundCount; round++) {
    for (const contestant of work.contestants) {
      const cost = await runOne(contestant, work.path, root);
      costs.get(contestant.name)!.push(cost);
    }
  }
  print(work, costs);
}

function present(contestants: readonly Contestant[]): Contestant[] {
  return contestants.filter(({ name, needs }) => {
    const missing = needs.filter((command) => !isInstalled(command));
    if (missing.length === 0) return true;
    console.warn(`\n*** SKIPPED: ${name}: no ${missing.join(", ")} ***`);
    return false;
  });
}

async function main(args: string[]): Promise<number> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args,
    options: { rounds: text, files: text, mb: text, folder: text },
  });
  const { rounds = "3", files = "10000", mb = "1024", folder } = values;
  const root = await Deno.makeTempDir({
    prefix: "lekt-command-",
    ...(folder === undefined ? {} : { dir: folder }),
  });
  try {
    const [many, large] = [join(root, "many"), join(root, "large.bin")];
    makeFiles(many, Number(files));
    makeLarge(large, Number(mb) * MIB);
    const works: Work[] = [
      {
        name: `${files} files of 4 KiB`,
        path: many,
        contestants: present([TAR, BY_ADDRESS]),
      },
      {
        name: `a file of ${mb} MiB, to an address`,
        path: large,
        contestants: present([NETCAT, BY_ADDRESS]),
      },
      {
        name: `a file of ${mb} MiB, by a code`,
        path: large,
        contestants: present([BY_CODE, WORMHOLE]),
      },
    ];
    for (const work of works) await measure(work, Number(rounds), root);
    for (const program of ABSENT) {
      console.log(`\n*** SKIPPED: ${program}: no package has it here ***`);
    }
  } finally {
    await Deno.remove(root, { recursive: true });
  }
  return 0;
}

if (import.meta.main) {
  const usage =
    "deno task bench:command [--rounds N] [--files N] [--mb N] [--folder DIR]";
  await runTask(usage, main);
}
