/**
 * Programs whose time is taken: of the clock, and of the processors.
 *
 * @module
 */

/** No run takes longer, in milliseconds. */
const RUN_MS_MAX = 900_000;

/** What bash says when a script is over; what the script does not wait for may say something behind that. */
const TIMES = /TIMES ([\d.]+) ([\d.]+)$/m;

/** A script of bash, with what it starts. */
export class TimedProcess {
  readonly #child: Deno.ChildProcess;
  readonly #ends: Promise<unknown>;
  #text = "";
  #change = Promise.withResolvers<void>();
  #hasExited = false;
  /** Nothing more is said. */
  #isOver = false;

  /** Starts a script, whose arguments are `$1` and so on. */
  constructor(
    script: string,
    args: readonly string[] = [],
    env: Record<string, string> = {},
  ) {
    const timed = `TIMEFORMAT="TIMES %U %S"; time { ${script}; }`;
    this.#child = new Deno.Command("timeout", {
      args: [
        ...["-k", "5", String(RUN_MS_MAX / 1_000)],
        ...["bash", "-o", "pipefail", "-c", timed, "bash", ...args],
      ],
      env,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const { stdout, stderr, status } = this.#child;
    status.then(() => this.#hasExited = true);
    this.#ends = Promise.all([stdout, stderr].map((each) => this.#read(each)))
      .then(() => {
        this.#isOver = true;
        this.#notify();
      });
  }

  /** What it has said so far, on both outputs. */
  get text(): string {
    return this.#text;
  }

  /** The first match in what it says. */
  async said(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#text);
      if (match) return match;
      if (this.#isOver) throw new Error(`no ${pattern} in: ${this.#text}`);
      await this.#change.promise;
    }
  }

  /** Waits for its end in order; gives the seconds of the processors that it took. */
  async end(): Promise<number> {
    const { code } = await this.#child.status;
    await this.#ends;
    if (code !== 0) throw new Error(`it ends with ${code}: ${this.#text}`);
    const times = TIMES.exec(this.#text);
    if (!times) throw new Error(`no times in: ${this.#text}`);
    return Number(times[1]) + Number(times[2]);
  }

  /** Ends it, with what it has started. */
  async stop(): Promise<void> {
    if (!this.#hasExited) this.#child.kill("SIGTERM");
    await this.#child.status;
    await this.#ends;
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      this.#text += decoder.decode(chunk, { stream: true });
      this.#notify();
    }
  }

  #notify(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }
}

/** A port of loopback that nothing listens on now. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Resolves when a port is listened on; nobody is connected for that, as some listen only once. */
export async function listened(port: number): Promise<void> {
  const end = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  for (let count = 0; count < 3_000; count++) {
    for (const path of ["/proc/net/tcp", "/proc/net/tcp6"]) {
      const lines = (await Deno.readTextFile(path)).split("\n");
      const isThere = lines.some((line) => {
        const [, local, , state] = line.trim().split(/\s+/);
        return state === "0A" && local!.endsWith(end);
      });
      if (isThere) return;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`nobody listens on ${port}`);
}
