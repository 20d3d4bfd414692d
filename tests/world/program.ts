/**
 * Programs of the system: whether they are there, of which version, started in
 * a folder of their own and stopped again.
 *
 * @module
 */
import { ROOT } from "../helpers/pages.ts";

/** How long a program may take to listen, in milliseconds. */
const START_MS = 15_000;

const CONF = new URL("tests/world/conf/", ROOT);

/** The version of what does not tell. */
const UNKNOWN = "?";

/** What `program ...args` says of its version; `undefined` where it is not there. */
export function versionOf(
  program: string,
  args: readonly string[] = ["-v"],
  pattern = /\d+(?:\.\d+)+/,
): string | undefined {
  try {
    const { stdout, stderr } = new Deno.Command(program, {
      args: [...args],
      stdin: "null",
    }).outputSync();
    const decoder = new TextDecoder();
    const text = decoder.decode(stdout) + decoder.decode(stderr);
    return pattern.exec(text)?.[0] ?? UNKNOWN;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** The version of Debian's package, where a program does not tell; `undefined` where it is not there. */
export function packageVersion(name: string): string | undefined {
  const version = versionOf("dpkg-query", ["-W", "-f", "${Version}", name]);
  // It says something else of a package that is not there.
  return version === UNKNOWN ? undefined : version;
}

/** A configuration of `conf/`, or of another folder, with some texts replaced by others; each must be there. */
export async function configuration(
  path: string,
  changes: Record<string, string>,
): Promise<string> {
  let text = await Deno.readTextFile(
    new URL(path, path.includes("/") ? ROOT : CONF),
  );
  for (const [from, to] of Object.entries(changes)) {
    if (!text.includes(from)) throw new Error(`${path} has no "${from}"`);
    text = text.replaceAll(from, to);
  }
  return text;
}

/** Resolves when somebody listens on a port of loopback. */
export async function listening(port: number, what: string): Promise<void> {
  const endMs = performance.now() + START_MS;
  for (;;) {
    try {
      using _ = await Deno.connect({ hostname: "127.0.0.1", port });
      return;
    } catch {
      if (performance.now() > endMs) {
        throw new Error(`${what} does not listen on ${port}`);
      }
      await pause(20);
    }
  }
}

/** Lets time pass. These runs are about time; tests of the gate never do so. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** How a program is started. */
export interface Run {
  /** The program and its arguments. */
  command: readonly string[];
  /** Files that it finds in its folder. */
  files?: Record<string, string>;
  /** The port that it listens on in the end; left out where it listens on none. */
  port?: number;
  /** Environment variables in addition. */
  env?: Record<string, string>;
}

/** A program that runs in a folder of its own. */
export class Program implements AsyncDisposable {
  /** Its folder. */
  readonly folder: string;
  readonly #run: Run;
  #child: Deno.ChildProcess | undefined;
  #output = "";
  #isOver = true;

  private constructor(folder: string, run: Run) {
    this.folder = folder;
    this.#run = run;
  }

  /** Starts it, and waits until it listens. */
  static async start(run: Run): Promise<Program> {
    const folder = await Deno.makeTempDir({ prefix: "lekt-world-" });
    // Some drop their rights before they read what is theirs.
    await Deno.chmod(folder, 0o755);
    for (const [name, text] of Object.entries(run.files ?? {})) {
      await Deno.writeTextFile(`${folder}/${name}`, text, { mode: 0o600 });
    }
    const program = new Program(folder, run);
    await program.restart();
    return program;
  }

  /** What it has said so far. */
  get output(): string {
    return this.#output;
  }

  /** Resolves when it has said `text`. */
  async says(text: string): Promise<void> {
    const endMs = performance.now() + START_MS;
    while (!this.#output.includes(text)) {
      if (this.#isOver || performance.now() > endMs) {
        throw new Error(`it does not say "${text}": ${this.#output}`);
      }
      await pause(20);
    }
  }

  /** Its process id. */
  get pid(): number {
    return this.#child!.pid;
  }

  /** Sends it a signal. */
  signal(signal: Deno.Signal): void {
    this.#child!.kill(signal);
  }

  /** Stops it where it runs, and starts it again. */
  async restart(): Promise<void> {
    await this.stop();
    const [program] = this.#run.command;
    // In a group of its own: some start others, which must end with them.
    const child = new Deno.Command("setsid", {
      args: this.#run.command.map((each) =>
        each.replaceAll("FOLDER", this.folder)
      ),
      cwd: this.folder,
      env: { HOME: this.folder, ...this.#run.env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#child = child;
    this.#isOver = false;
    child.status.then(() => this.#isOver = true);
    for (const stream of [child.stdout, child.stderr]) this.#collect(stream);
    if (this.#run.port === undefined) return;
    try {
      await listening(this.#run.port, program!);
    } catch (error) {
      await this.stop();
      throw new Error(`${error}: ${this.#output}`);
    }
  }

  /** Stops it: asked first, killed then. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      if (this.#isOver) break;
      child.kill(signal);
      await Promise.race([child.status, pause(3_000)]);
    }
    await child.status;
    try {
      Deno.kill(-child.pid, "SIGKILL");
    } catch {
      // Nobody of its group is left.
    }
  }

  /** Stops it and removes its folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await Deno.remove(this.folder, { recursive: true });
  }

  async #collect(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      this.#output = (this.#output + decoder.decode(chunk, { stream: true }))
        .slice(-20_000);
    }
  }
}
