/**
 * The harness's end of an agent's process.
 *
 * @module
 */
import type { Command } from "../agent/main.ts";
import { fromFileUrl, toFileUrl } from "./paths.ts";
import type { Variant } from "./variants.ts";

const MAIN = new URL("../agent/main.ts", import.meta.url);
/** The first bytes of standard error that are kept for a report. */
const STDERR_KEPT = 4096;

/** What processes are started with. */
export interface Setup {
  /** What `prepareNode` made, where there is Node. */
  nodeFolder?: string | undefined;
  /** Each process leaves its CPU profile there. */
  profileFolder?: string | undefined;
  /** Bytes of payload in one packet, at most, for lekt. Default: lekt's own. */
  maxPartBytes?: number;
  /** Bytes of one message that are collected, where lekt's limits have to be raised for it. */
  collectedSize?: number;
}

/** One of the two processes of a measurement. */
export class AgentProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #stdoutDone: Promise<void>;
  readonly #stderrDone: Promise<void>;
  #stderr = "";
  #nextId = 0;
  #ended = false;
  readonly #isProfiled: boolean;

  /** Starts the process; `role` names its profile. */
  constructor(variant: Variant, role: string, setup: Setup) {
    const { nodeFolder, profileFolder } = setup;
    const { checkout } = variant;
    const env = environmentOf(variant, setup);
    this.#isProfiled = profileFolder !== undefined;
    const profiling = profileFolder === undefined ? [] : [
      "--cpu-prof",
      `--cpu-prof-dir=${profileFolder}`,
      `--cpu-prof-name=${variant.id}-${role}-${performance.now()}.cpuprofile`,
    ];
    const command = variant.runtime === "node"
      ? new Deno.Command("node", {
        args: [
          "--expose-gc",
          ...profiling,
          `${nodeFolder}/agent/main.mjs`,
          variant.adapter,
        ],
        env,
        ...PIPED,
      })
      : new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "--no-prompt",
          "--allow-all",
          "--quiet",
          "--v8-flags=--expose-gc",
          // Its own packages, and none of what this bench compares with.
          ...(checkout === undefined
            ? []
            : ["--no-check", "--config", `${checkout}/deno.json`]),
          ...profiling,
          fromFileUrl(MAIN),
          variant.adapter,
        ],
        env,
        ...PIPED,
      });
    this.#child = command.spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#stderrDone = this.#keepStderr();
    this.#stdoutDone = this.#takeAnswers();
  }

  /** The process's number. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Asks the agent for one thing and resolves with its answer. */
  async ask<Result = void>(
    name: Command["name"],
    // deno-lint-ignore no-explicit-any -- each command has its own
    argument: any = {},
  ): Promise<Result> {
    if (this.#ended) throw this.#failure();
    const id = this.#nextId++;
    const pending = Promise.withResolvers<unknown>();
    this.#pending.set(id, pending);
    const line = JSON.stringify({ id, name, argument }) + "\n";
    await this.#writer.write(new TextEncoder().encode(line)).catch(() => {});
    return await pending.promise as Result;
  }

  async #takeAnswers(): Promise<void> {
    for await (const line of linesOf(this.#child.stdout)) {
      const { id, result, error } = JSON.parse(line) as Answer;
      const pending = this.#pending.get(id)!;
      this.#pending.delete(id);
      if (error === undefined) pending.resolve(result);
      else pending.reject(new Error(error));
    }
    await this.#stderrDone;
    this.#ended = true;
    for (const pending of this.#pending.values()) {
      pending.reject(this.#failure());
    }
  }

  #failure(): Error {
    // The first line says what happened; what follows are places on this machine.
    const [line] = this.#stderr.trim().split("\n", 1);
    return new Error(`Cannot measure: the process ended: ${line}`);
  }

  #kill(): void {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // it has ended by itself
    }
  }

  async #keepStderr(): Promise<void> {
    const text = this.#child.stderr.pipeThrough(new TextDecoderStream());
    for await (const piece of text) {
      // deno-lint-ignore no-control-regex -- colours
      const plain = piece.replaceAll(/\x1b\[[0-9;]*m/g, "");
      this.#stderr = (this.#stderr + plain).slice(0, STDERR_KEPT);
    }
  }

  /** Ends the process and waits until it is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isProfiled) {
      await this.#writer.close().catch(() => {});
    } else {
      this.#kill();
    }
    await this.#child.status;
    await this.#writer.abort().catch(() => {});
    await this.#stdoutDone;
  }
}

/** What `lekt.ts` looks for. */
function environmentOf(
  { checkout }: Variant,
  { maxPartBytes, collectedSize }: Setup,
): Record<string, string> {
  const env: Record<string, string> = {};
  if (maxPartBytes !== undefined) {
    env["LEKT_MAX_PART_BYTES"] = String(maxPartBytes);
  }
  if (collectedSize !== undefined) {
    env["LEKT_COLLECTED_BYTES"] = String(collectedSize);
  }
  if (checkout !== undefined) {
    env["LEKT_MODULE"] = toFileUrl(`${checkout}/mod.ts`);
  }
  return env;
}

interface Answer {
  id: number;
  result?: unknown;
  error?: string;
}

const PIPED = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;

async function* linesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string> {
  let text = "";
  for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
    text += piece;
    const lines = text.split("\n");
    text = lines.pop()!;
    yield* lines;
  }
}
