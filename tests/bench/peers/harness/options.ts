/**
 * The command line of the benches.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";

/** What the command line says. */
export interface Options {
  only: string[];
  variants: string[];
  rounds: number;
  seconds: number;
  quick: boolean;
  json: string | undefined;
  memorySize: number;
  idleCount: number;
  restSeconds: number;
  profileFolder: string | undefined;
  /** The folder of another checkout, measured as well. */
  beside: string | undefined;
}

const STRINGS = [
  "only",
  "variants",
  "rounds",
  "seconds",
  "json",
  "memory-mib",
  "idle",
  "rest",
  "profile",
  "beside",
] as const;

type Flags = Partial<Record<typeof STRINGS[number], string>> & {
  quick: boolean;
  help: boolean;
};

/** What a bench does where the command line does not say. */
export interface Defaults {
  rounds: number;
  /** Length of a round. */
  seconds: number;
}

function helpOf({ rounds, seconds }: Defaults): string {
  return `Options:
  --only ID,...       these workloads or curves only
  --variants ID,...   these contestants only
  --rounds N          rounds of each workload (default ${rounds}; ping-pong at least 10)
  --seconds S         length of a round (default ${seconds})
  --quick             everything small and short: tries the harness, measures nothing
  --json=FILE         writes all samples there ("--json=-": to standard output, instead of the table)
  --memory-mib N      size of the message whose memory is measured (default 1024)
  --idle N            idle connections (default 10000)
  --rest S            length of the rest behind which speed is measured (default 60)
  --beside DIR        another checkout of lekt as a contestant
  --profile DIR       each process leaves its CPU profile there`;
}

/** Reads the command line; misuse and `--help` end the process. */
export function readOptions(
  args: readonly string[],
  defaults: Defaults,
): Options {
  const help = helpOf(defaults);
  function refuse(argument: string): never {
    console.error(
      `Cannot read "${argument}": there is no such option\n${help}`,
    );
    Deno.exit(2);
  }
  const flags = parseArgs([...args], {
    string: STRINGS,
    boolean: ["quick", "help"],
    unknown: refuse,
  }) as unknown as Flags;
  if (flags.help) {
    console.log(help);
    Deno.exit(0);
  }
  const { quick } = flags;
  return {
    only: listOf(flags.only),
    variants: listOf(flags.variants),
    rounds: numberOf(flags.rounds, quick ? 1 : defaults.rounds, "--rounds"),
    seconds: numberOf(
      flags.seconds,
      quick ? 0.05 : defaults.seconds,
      "--seconds",
    ),
    quick,
    json: flags.json,
    memorySize: 1024 ** 2 *
      numberOf(flags["memory-mib"], quick ? 128 : 1024, "--memory-mib"),
    idleCount: numberOf(flags.idle, quick ? 100 : 10_000, "--idle"),
    restSeconds: numberOf(flags.rest, quick ? 0.1 : 60, "--rest"),
    profileFolder: flags.profile,
    beside: flags.beside,
  };
}

function listOf(text: string | undefined): string[] {
  return text === undefined ? [] : text.split(",");
}

function numberOf(
  text: string | undefined,
  otherwise: number,
  option: string,
): number {
  const value = text === undefined ? otherwise : Number(text);
  if (value > 0) return value;
  console.error(`Cannot read ${option} "${text}": expected a positive number`);
  Deno.exit(2);
}

/** Writes a report; `-` is standard output. */
export async function writeJson(path: string, report: unknown): Promise<void> {
  const text = JSON.stringify(report, null, 1) + "\n";
  if (path === "-") await Deno.stdout.write(new TextEncoder().encode(text));
  else await Deno.writeTextFile(path, text);
}
