/**
 * The other implementation in processes of its own, and what both sides of a
 * conversation with it send.
 *
 * @module
 */
import { assert } from "@std/assert";
import { createHash } from "node:crypto";

const PROGRAM = new URL("lekt.py", import.meta.url).pathname;

/** It needs nothing but the standard library: what packages run at each start is left out. */
const WITHOUT_SITE = ["-S"];

const DEADLINE_MS = 120_000;

/** Sizes on both sides of each border: of a packet, of a read, and none. */
export const SIZES = [
  0,
  1,
  64,
  65_537,
  262_143,
  262_144,
  262_145,
  3_000_001,
];

/** The interpreter itself: what the PATH names may be a script that looks for it, for half a second. */
export const PYTHON: string = await findPython();

/** Whether there is a Python here. */
export const hasPython: boolean = PYTHON !== "";

if (!hasPython) {
  console.warn(
    "\n*** SKIPPED: no python3 on the PATH: nothing is tested against the other implementation (Debian: apt-get install python3) ***\n",
  );
}

async function findPython(): Promise<string> {
  try {
    const { stdout } = await new Deno.Command("python3", {
      args: ["-c", "import sys; print(sys.executable)"],
    }).output();
    return new TextDecoder().decode(stdout).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

/** What the Python side says of itself, one line of JSON each. */
export interface Said {
  /** What happened. */
  event:
    | "listening"
    | "handshake"
    | "message"
    | "abort"
    | "stopped"
    | "confirmed"
    | "end";
  /** Where it listens. */
  method?: string;
  /** How the handshake ended. */
  outcome?: (string | null)[];
  /** Of the other side. */
  nickname?: string | null;
  /** The VERSION_MINOR that both behave as. */
  minor?: number | null;
  /** Of a message. */
  id?: number;
  /** Bytes of a message. */
  size?: number;
  /** Of a message. */
  sha256?: string;
  /** Why something was aborted or stopped, or with what the other side said goodbye. */
  reason?: string | null;
  /** Whether the other side's application took a message. */
  taken?: boolean;
  /** What went wrong. */
  fault?: string | null;
}

/** Runs test vectors of LEKT 1.`minor`; returns how many there were, and what went wrong. */
export async function judge(
  vectors: unknown[],
  minor: number,
): Promise<{ count: number; faults: string[] }> {
  const child = new Deno.Command(PYTHON, {
    args: [...WITHOUT_SITE, PROGRAM, "judge", `${minor}`],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify({ vectors })));
  await writer.close();
  const { stdout } = await child.output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** One side of a conversation. */
export class Python implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: AsyncIterator<string>;

  /** Starts it with the arguments of `lekt.py`. */
  constructor(args: string[]) {
    this.#child = new Deno.Command(PYTHON, {
      args: [...WITHOUT_SITE, PROGRAM, ...args],
      stdin: "null",
      stdout: "piped",
      signal: AbortSignal.timeout(DEADLINE_MS),
    }).spawn();
    this.#lines = linesOf(this.#child.stdout);
  }

  /** The next thing that it says. */
  async next(): Promise<Said> {
    const { done, value } = await this.#lines.next();
    assert(!done, "the Python side has ended");
    return JSON.parse(value);
  }

  /** All that it says until its end. */
  async rest(): Promise<Said[]> {
    const said: Said[] = [];
    for (;;) {
      const { done, value } = await this.#lines.next();
      if (done) return said;
      said.push(JSON.parse(value));
    }
  }

  /** Stops it as a laptop that is closed, or lets it go on. */
  signal(name: "SIGSTOP" | "SIGCONT"): void {
    this.#child.kill(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#lines.return?.();
    await this.#child.status;
  }
}

async function* linesOf(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<string> {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (text + chunk).split("\n");
    text = lines.pop()!;
    yield* lines;
  }
}

/** The bytes that the Python side sends for a size, and those sent to it. */
export function bodyOf(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  new TextEncoder().encodeInto("lekt", bytes);
  for (let done = 4; done < size; done *= 2) bytes.copyWithin(done, 0, done);
  return bytes;
}

/** In hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** What is known of a message that was received. */
export type Digest = Required<Pick<Said, "size" | "sha256">>;

/** What arrives where messages of these sizes were sent, by size. */
export function digestsOf(sizes: number[]): Digest[] {
  return sizes.map((size) => ({ size, sha256: sha256(bodyOf(size)) }))
    .sort((a, b) => a.size - b.size);
}

/** The messages of all that a side says, by size. */
export function messagesIn(said: Said[]): Digest[] {
  return said.filter(({ event }) => event === "message")
    .map(({ size, sha256 }) => ({ size: size!, sha256: sha256! }))
    .sort((a, b) => a.size - b.size);
}

/** The method of the transport for a listener, in a folder of the test's own. */
export async function withMethod<T>(
  transport: string,
  use: (method: string) => Promise<T>,
): Promise<T> {
  const folder = await Deno.makeTempDir({ prefix: "lekt-interop-" });
  try {
    return await use(
      transport === "tcp" ? "tcp://127.0.0.1:0" : `unix:${folder}/peer.sock`,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
