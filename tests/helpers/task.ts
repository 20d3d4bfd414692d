/**
 * The command line of tasks: `--help` tells what they take, and whatever they do
 * not take ends them before they begin.
 *
 * @module
 */

/** What is wrong with the arguments of a task, for whoever typed them. */
export class UsageError extends Error {}

/** Errors of `parseArgs` of `node:util`. */
const PARSE_CODE = /^ERR_PARSE_ARGS/;

/** How the task ends that gets `args`: with the status of `main`, or with 0 where `--help` is asked for, and 2 where the arguments are wrong. */
export async function statusOfTask(
  args: string[],
  usage: string,
  main: (args: string[]) => number | Promise<number>,
): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(`usage: ${usage}`);
    return 0;
  }
  try {
    return await main(args);
  } catch (error) {
    const { code = "", message } = error as Error & { code?: string };
    if (!(error instanceof UsageError) && !PARSE_CODE.test(code)) throw error;
    console.error(`${message}\nusage: ${usage}`);
    return 2;
  }
}

/** Runs a task with the arguments of this program, and ends the program. */
export async function runTask(
  usage: string,
  main: (args: string[]) => number | Promise<number>,
): Promise<never> {
  Deno.exit(await statusOfTask(Deno.args, usage, main));
}

/** Runs a task that takes no arguments, and ends the program. */
export function runBareTask(
  usage: string,
  main: () => number | Promise<number>,
): Promise<never> {
  return runTask(usage, (args) => {
    if (args.length > 0) throw new UsageError("It takes no arguments");
    return main();
  });
}

/** A number from the command line: a whole one, of `least` or more. */
export function wholeNumber(text: string, name: string, least = 0): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isSafeInteger(value) && value >= least) {
    return value;
  }
  throw new UsageError(
    `Cannot read ${name} "${text}": expected a whole number of ${least} or more`,
  );
}

/** A number from the command line that need not be whole, and is more than 0. */
export function positiveNumber(text: string, name: string): number {
  const value = Number(text);
  if (value > 0 && value < Infinity) return value;
  throw new UsageError(
    `Cannot read ${name} "${text}": expected a number of more than 0`,
  );
}

/** One of `names`, as the command line says it. */
export function oneOf<T extends string>(
  text: string,
  names: readonly T[],
  what: string,
): T {
  const found = names.find((name) => name === text);
  if (found !== undefined) return found;
  throw new UsageError(
    `There is no ${what} "${text}": expected one of ${names.join(", ")}`,
  );
}
