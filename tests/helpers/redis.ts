/**
 * A Redis server of a test's own: on a free port of loopback, in a folder of
 * its own, ended with the test.
 *
 * @module
 */
import { freePort } from "./free_port.ts";

/** Names under which Debian's packages install the server. */
const PROGRAMS = ["redis-server", "valkey-server"];

/** How long a server may take to start, in milliseconds. */
const START_MS = 10_000;

/** The server's program, or `undefined` where none is installed. */
export const REDIS_PROGRAM: string | undefined = findProgram();

if (REDIS_PROGRAM === undefined) {
  console.warn(
    "\n*** SKIPPED: no redis-server on the PATH: nothing that needs Redis is tested (Debian: apt-get install redis-server) ***\n",
  );
}

/** Begins a Redis test that is ignored, and counted so, where there is no server. */
export function redisTest(name: string, run: () => Promise<void>): void {
  Deno.test({ name, ignore: REDIS_PROGRAM === undefined, fn: run });
}

/** Servers of a cluster talk to each other on the port so far above their own. */
const CLUSTER_PORT_DISTANCE = 10_000;

/** A running server. */
export class RedisServer {
  /** Where it listens, on 127.0.0.1. */
  readonly port: number;
  readonly #program: string;
  readonly #folder: string;
  readonly #settings: readonly string[];
  #process: Deno.ChildProcess | undefined;

  private constructor(
    program: string,
    folder: string,
    settings: readonly string[],
  ) {
    const isCluster = settings.includes("--cluster-enabled");
    this.port = freePort(isCluster ? CLUSTER_PORT_DISTANCE : 0);
    this.#program = program;
    this.#folder = folder;
    this.#settings = settings;
  }

  /** Starts a server with settings besides the usual, as on its command line. */
  static start(...settings: string[]): Promise<RedisServer> {
    return RedisServer.startProgram(REDIS_PROGRAM!, ...settings);
  }

  /** Starts this program, of Redis or one that takes its settings. */
  static async startProgram(
    program: string,
    ...settings: string[]
  ): Promise<RedisServer> {
    const folder = await Deno.makeTempDir({ prefix: "lekt-redis-" });
    const server = new RedisServer(program, folder, settings);
    await server.restart();
    return server;
  }

  /** The address for `openStore`. */
  get address(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Holds the process still: it takes connections but does not answer. */
  stall(): void {
    this.#process!.kill("SIGSTOP");
  }

  /** Lets it go on. */
  resume(): void {
    this.#process!.kill("SIGCONT");
  }

  /** Kills the process; what it held in memory is lost. */
  async kill(): Promise<void> {
    const process = this.#process;
    if (!process) return;
    this.#process = undefined;
    process.kill("SIGKILL");
    await process.status;
  }

  /** Starts the process again, empty. */
  async restart(): Promise<void> {
    await this.kill();
    this.#process = new Deno.Command(this.#program, {
      args: [
        ...this.#firstArguments(),
        ...["--port", String(this.port), "--bind", "127.0.0.1"],
        ...["--save", "", "--appendonly", "no", "--dir", this.#folder],
        ...this.#settings,
      ],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await this.#answers();
  }

  /** Sends a command and gives the raw answer. */
  async command(...words: string[]): Promise<string> {
    using connection = await Deno.connect({ port: this.port });
    const text = `*${words.length}\r\n` +
      words.map((word) => `$${word.length}\r\n${word}\r\n`).join("");
    await connection.write(new TextEncoder().encode(text));
    const buffer = new Uint8Array(64 * 1024);
    const size = await connection.read(buffer) ?? 0;
    return new TextDecoder().decode(buffer.subarray(0, size));
  }

  /** Ends the server and removes its folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await Deno.remove(this.#folder, { recursive: true });
  }

  #firstArguments(): string[] {
    if (!this.#settings.includes("--sentinel")) return [];
    const file = `${this.#folder}/sentinel.conf`;
    Deno.writeTextFileSync(file, "");
    return [file];
  }

  async #answers(): Promise<void> {
    const deadline = performance.now() + START_MS;
    while (true) {
      try {
        if ((await this.command("PING")).startsWith("+PONG")) return;
      } catch (error) {
        if (performance.now() > deadline) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

function findProgram(): string | undefined {
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    for (const program of PROGRAMS) {
      try {
        if (Deno.statSync(`${folder}/${program}`).isFile) return program;
      } catch {
        // Not there.
      }
    }
  }
  return undefined;
}
