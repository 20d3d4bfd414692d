/**
 * Programs that are run, with a deadline, and what they say.
 *
 * @module
 */
import type { Program } from "./toolchain.ts";

/** How long a program may take, in milliseconds. */
const DEADLINE_MS = 180_000;

/** How one ended. */
export interface Outcome {
  /** Its exit status. */
  readonly code: number;
  /** What it has written to standard output. */
  readonly stdout: string;
  /** What it has written to standard error. */
  readonly stderr: string;
}

/** A program that runs. */
export class Child {
  readonly #process: Deno.ChildProcess;
  readonly #reading: Promise<void>;
  readonly #stderr: Promise<string>;
  #stdout = "";
  #wake: () => void = () => {};
  #hasEnded = false;

  /** Starts it in a folder, with `input` as standard input, or one that ends at once; `null` leaves it open until {@linkcode endInput}. */
  constructor(
    program: Program,
    args: readonly string[],
    folder: string,
    { input = "", env = {} }: {
      input?: string | null;
      env?: Record<string, string>;
    } = {},
  ) {
    const [command = "", ...first] = program.command;
    this.#process = new Deno.Command(command, {
      args: [...first, ...args],
      cwd: folder,
      env: { NO_COLOR: "1", NODE_NO_WARNINGS: "1", ...env },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      signal: AbortSignal.timeout(DEADLINE_MS),
    }).spawn();
    this.#stderr = new Response(this.#process.stderr).text();
    this.#reading = this.#read();
    if (input !== null) void this.#give(input);
  }

  /** Ends its standard input, where that was left open. */
  async endInput(): Promise<void> {
    await this.#give("");
  }

  /** Waits until `pattern` stands in what it has written to standard output. */
  async says(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = pattern.exec(this.#stdout);
      if (found) return found[1] ?? found[0];
      if (this.#hasEnded) {
        throw new Error(
          `It ended without ${pattern}: ${this.#stdout}${await this.#stderr}`,
        );
      }
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** Sends it a signal. */
  kill(signal: Deno.Signal = "SIGTERM"): void {
    try {
      this.#process.kill(signal);
    } catch {
      // It has ended.
    }
  }

  /** How it ends. */
  async ends(): Promise<Outcome> {
    const { code } = await this.#process.status;
    await this.#reading;
    return { code, stdout: this.#stdout, stderr: await this.#stderr };
  }

  async #read(): Promise<void> {
    const chunks = this.#process.stdout.pipeThrough(new TextDecoderStream());
    for await (const chunk of chunks) {
      this.#stdout += chunk;
      this.#wake();
    }
    this.#hasEnded = true;
    this.#wake();
  }

  async #give(input: string): Promise<void> {
    const writer = this.#process.stdin.getWriter();
    try {
      await writer.write(new TextEncoder().encode(input));
      await writer.close();
    } catch {
      // It reads nothing.
    }
  }
}
