/**
 * Runs the command `peer` as a process of its own, with the flags of its task.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { BATCH_MARK } from "./batch_mark.ts";
import { coverageVariables } from "./child_coverage.ts";

/** No wait in these tests lasts longer, in milliseconds. */
export const DEADLINE_MS = 60_000;

/** One line of `--json`. */
export type JsonLine = Record<string, unknown> & { event: string };

/** What a process has left behind. */
export interface PeerResult {
  /** Its exit status. */
  status: number;
  /** Its standard output. */
  stdout: string;
  /** Its standard error. */
  stderr: string;
}

const ROOT = new URL("../../", import.meta.url);

/** How the command is started. */
export interface PeerProcessOptions {
  /** Its folder; that of the project where it is left out. */
  cwd?: string;
  /** Environment variables in addition. */
  env?: Record<string, string>;
  /** Another program to run in place of `deno` with the flags of the task; `args` are its arguments. */
  program?: string;
}

/** The arguments for `deno` that the task `peer` has, with the program's full path. */
export function taskArguments(): string[] {
  const permissions = new URL("src/peer/permissions.txt", ROOT);
  const task = config.tasks.peer.replace(
    "$(cat src/peer/permissions.txt)",
    Deno.readTextFileSync(permissions).trim(),
  );
  return task.split(/\s+/).slice(1).map((word) =>
    word === "src/peer/main.ts" ? new URL(word, ROOT).pathname : word
  );
}

/** Waits for `promise`, but not for ever. */
export async function within<T>(what: string, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`${what}: not within ${DEADLINE_MS} ms`)),
      DEADLINE_MS,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A running `peer`. */
export class PeerProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #stdout: Promise<string>;
  readonly #stderr: Promise<string>;
  #errors = "";
  #lines: string[] = [];
  #out = "";
  #isOver = false;
  #change = Promise.withResolvers<void>();

  /** Starts `peer` with these arguments. */
  constructor(args: readonly string[], options: PeerProcessOptions = {}) {
    const { program } = options;
    this.#child = new Deno.Command(program ?? Deno.execPath(), {
      args: program ? [...args] : [...taskArguments(), ...args],
      cwd: options.cwd ?? ROOT,
      env: {
        INIT_CWD: options.cwd ?? new URL(".", ROOT).pathname,
        ...coverageVariables(),
        ...options.env,
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#stdout = this.#collect();
    this.#stderr = this.#collectErrors();
  }

  /** Whether it has said its last word. */
  get hasEnded(): boolean {
    return this.#isOver;
  }

  /** Its process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Writes to its standard input. */
  async write(data: string | Uint8Array): Promise<void> {
    const bytes = typeof data === "string"
      ? new TextEncoder().encode(data)
      : new Uint8Array(data);
    await within("standard input", this.#input.write(bytes));
  }

  /** Ends its standard input. */
  async endInput(): Promise<void> {
    await this.#input.close().catch(() => {});
  }

  /** Sends it a signal. */
  signal(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** All JSON lines so far. */
  get events(): JsonLine[] {
    return this.#lines.map((line) => JSON.parse(line));
  }

  /** The first JSON line for which `match` holds, as soon as it is there. */
  async event(
    what: string,
    match: (line: JsonLine) => boolean,
  ): Promise<JsonLine> {
    return await within(`event ${what}`, this.#find(what, match));
  }

  /** Standard output, as soon as this text is in it `count` times. */
  async output(includes: string, count = 1): Promise<string> {
    const wait = async () => {
      while (this.#out.split(includes).length <= count) {
        if (this.#isOver) throw new Error(`No ${includes} in: ${this.#out}`);
        await this.#change.promise;
      }
      return this.#out;
    };
    return await within(`${includes} in output`, wait());
  }

  /** The first line of standard output with this text in it. */
  async line(includes: string): Promise<string> {
    return await within(`line ${includes}`, this.#findLine(includes));
  }

  /** Standard error, as soon as this text is in it. */
  async error(includes: string): Promise<string> {
    return await within(`error ${includes}`, this.#findError(includes));
  }

  /** Waits for its end, whatever the status. */
  async end(): Promise<PeerResult> {
    const { code } = await within("end of peer", this.#child.status);
    return {
      status: code,
      stdout: await this.#stdout,
      stderr: await this.#stderr,
    };
  }

  /** Waits for its end, which must have this status. */
  async expectEnd(status: number): Promise<PeerResult> {
    const result = await this.end();
    assertEquals(
      result.status,
      status,
      `stdout:\n${result.stdout}\nstderr:\n${result.stderr}`,
    );
    return result;
  }

  /** Ends it in any case. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await this.endInput();
    await this.end();
  }

  async #find(
    what: string,
    match: (line: JsonLine) => boolean,
  ): Promise<JsonLine> {
    for (let index = 0;; index++) {
      while (index >= this.#lines.length) {
        if (this.#isOver) {
          throw new Error(
            `No event ${what}: ${this.#out}\n${await this.#stderr}`,
          );
        }
        await this.#change.promise;
      }
      const line: JsonLine = JSON.parse(this.#lines[index]!);
      if (match(line)) return line;
    }
  }

  async #findLine(includes: string): Promise<string> {
    for (;;) {
      const line = this.#lines.find((each) => each.includes(includes));
      if (line !== undefined) return line;
      if (this.#isOver) throw new Error(`No line ${includes}: ${this.#out}`);
      await this.#change.promise;
    }
  }

  async #findError(includes: string): Promise<string> {
    while (!this.#errors.includes(includes)) await this.#change.promise;
    return this.#errors;
  }

  async #collectErrors(): Promise<string> {
    const decoder = new TextDecoder();
    for await (const chunk of this.#child.stderr) {
      this.#errors += decoder.decode(chunk, { stream: true });
      this.#changed();
    }
    return this.#errors;
  }

  async #collect(): Promise<string> {
    const decoder = new TextDecoder();
    for await (const chunk of this.#child.stdout) {
      this.#out += decoder.decode(chunk, { stream: true });
      this.#lines = this.#out.split("\n").slice(0, -1);
      this.#changed();
    }
    this.#isOver = true;
    this.#changed();
    return this.#out;
  }

  #changed(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }
}

/** Runs `peer` with this input to its end. */
export async function runPeerProcess(
  args: readonly string[],
  input = "",
  options?: PeerProcessOptions,
): Promise<PeerResult> {
  const peer = new PeerProcess(args, options);
  try {
    await peer.write(input).catch(() => {});
    await peer.endInput();
    return await peer.end();
  } finally {
    await peer[Symbol.asyncDispose]();
  }
}

/**
 * Runs `peer` with each of these arguments in one process, one after the other:
 * for many runs that end at once and open nothing, where a process each takes
 * most of the time. It is called `lekt` there.
 */
export async function runPeerBatch(
  runs: readonly (readonly string[])[],
): Promise<PeerResult[]> {
  const flags = taskArguments().slice(0, -1);
  const program = new URL("peer_batch.ts", import.meta.url).pathname;
  const { success, stdout, stderr } = await within(
    "all runs",
    new Deno.Command(Deno.execPath(), {
      args: [...flags, program, ...runs.map((args) => JSON.stringify(args))],
      cwd: ROOT,
      env: coverageVariables(),
      stdin: "null",
    }).output(),
  );
  const outputs = partsOf(stdout);
  const errors = partsOf(stderr);
  assertEquals([success, outputs.length, errors.length], [
    true,
    runs.length,
    runs.length,
  ]);
  return outputs.map(([text, status], index) => ({
    status: Number(status),
    stdout: text!,
    stderr: errors[index]![0]!,
  }));
}

/** What each run has written, and its status. */
function partsOf(output: Uint8Array): string[][] {
  const lines = new TextDecoder().decode(output);
  return [...lines.matchAll(new RegExp(`([^]*?)${BATCH_MARK}(\\d+)\n`, "g"))]
    .map(([, text, status]) => [text!, status!]);
}

/** Starts a listener with `--json` on a free port, and tells where it listens. */
export async function startListener(
  args: readonly string[],
  options?: PeerProcessOptions,
): Promise<{ peer: PeerProcess; method: string }> {
  const peer = new PeerProcess(
    ["listen", "tcp://127.0.0.1:0", "--json", ...args],
    options,
  );
  const { methods } = await peer.event("listening", isEvent("listening"));
  return { peer, method: (methods as string[])[0]! };
}

/** Tells whether a JSON line is of this kind. */
export function isEvent(name: string): (line: JsonLine) => boolean {
  return (line) => line.event === name;
}
