/**
 * A directory in a process of its own, to be killed. Run as a program, it is
 * that process: its arguments are the port and the store.
 *
 * @module
 */
import { runDirectory } from "../../src/directory/mod.ts";
import { ORIGIN } from "./directory.ts";

/** How long a process may take to start, in milliseconds. */
const START_MS = 30_000;

/** More than any test asks for. */
const PLENTY = 1_000_000;

if (import.meta.main) {
  const [port, store] = Deno.args;
  await runDirectory({
    port: Number(port),
    store: store!,
    origins: [ORIGIN, `http://127.0.0.1:${port}`],
    limits: {
      writesPerAddress: PLENTY,
      readsPerAddress: PLENTY,
      writesPerKey: PLENTY,
      watchesPerAddress: PLENTY,
    },
  });
}

/** A directory that runs in a process of its own. */
export class DirectoryProcess {
  /** Where it listens. */
  readonly url: string;
  readonly #port: number;
  readonly #store: string;
  #process: Deno.ChildProcess | undefined;

  private constructor(port: number, store: string) {
    this.url = `http://127.0.0.1:${port}`;
    this.#port = port;
    this.#store = store;
  }

  /** Starts one that answers. */
  static async start(port: number, store: string): Promise<DirectoryProcess> {
    const directory = new DirectoryProcess(port, store);
    await directory.restart();
    return directory;
  }

  /** Kills it and starts it again. */
  async restart(): Promise<void> {
    await this.end("SIGKILL");
    this.#process = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-check",
        "--allow-all",
        import.meta.filename!,
        String(this.#port),
        this.#store,
      ],
      stdin: "null",
      stdout: "null",
    }).spawn();
    await this.#answers();
  }

  /** Sends it a signal, waits for its end, and tells its exit status. */
  async end(signal: Deno.Signal): Promise<number | undefined> {
    const process = this.#process;
    if (!process) return undefined;
    this.#process = undefined;
    process.kill(signal);
    return (await process.status).code;
  }

  /** Kills it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.end("SIGKILL");
  }

  async #answers(): Promise<void> {
    const deadline = performance.now() + START_MS;
    while (true) {
      try {
        const answer = await fetch(`${this.url}/readyz`);
        await answer.body?.cancel();
        if (answer.ok) return;
      } catch {
        // It does not listen yet.
      }
      if (performance.now() > deadline) {
        throw new Error(`The directory at ${this.url} did not start`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
