/**
 * A copy of the project, to be broken, and what its tests say.
 *
 * @module
 */
import { TextLineStream } from "../attacks/lines.ts";
import { FAILED_STATUS, type Job, MARK, type Told } from "./test_process.ts";

const root = new URL("../../", import.meta.url);

/** More memory than this is noticed, too. */
const HEAP_MAX_MIB = 1_024;

/** How long a test may take beside what it took before: a machine may be busy, and a mutant may make it go on for ever. */
const PATIENCE_FACTOR = 20;
const PATIENCE_MS = 10_000;

/** How long a test may take that was never run before. */
const FIRST_MS = 120_000;

/** What compiling gives: the same bytes as without any mutant, others, or nothing. */
export type Answer = "same" | "written" | "failed";

/** The lines of each source file that ran, by its path from the folder of the project. */
export type ReachedLines = ReadonlyMap<string, ReadonlySet<number>>;

/** What the tests say. */
export interface Verdict {
  /** Whether all passed. */
  isGreen: boolean;
  /** The test that failed, or did not end, where it is known. */
  by?: string;
  /** How long each took that passed, in milliseconds. */
  tookMs: Map<string, number>;
  /** Each that failed. */
  failed: Map<string, string>;
}

/** Follows one process with tests, and ends it where a test does not. */
class Follower {
  readonly tookMs = new Map<string, number>();
  readonly failed = new Map<string, string>();
  current: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #process: Deno.ChildProcess;
  #usualMs: ReadonlyMap<string, number>;

  constructor(
    process: Deno.ChildProcess,
    usualMs: ReadonlyMap<string, number>,
  ) {
    this.#process = process;
    this.#usualMs = usualMs;
  }

  async follow(): Promise<void> {
    this.#wait();
    const lines = this.#process.stdout.pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream());
    for await (const line of lines) {
      if (line.startsWith(MARK)) {
        this.#note(JSON.parse(line.slice(MARK.length)));
      }
    }
    clearTimeout(this.#timer);
  }

  #note(told: Told): void {
    this.current = told.key;
    if (told.kind === "passed") this.tookMs.set(told.key, told.tookMs);
    if (told.kind === "failed") this.failed.set(told.key, told.error);
    this.#wait();
  }

  #wait(): void {
    clearTimeout(this.#timer);
    const usualMs = this.#usualMs.get(this.current ?? "");
    this.#timer = setTimeout(
      () => this.#process.kill("SIGKILL"),
      usualMs === undefined
        ? FIRST_MS
        : PATIENCE_MS + PATIENCE_FACTOR * usualMs,
    );
  }
}

/** One copy. */
export class ProjectCopy implements AsyncDisposable {
  readonly folder: string;
  #compiler: Deno.ChildProcess | undefined;
  #answers: ReadableStreamDefaultReader<string> | undefined;
  #requests: WritableStreamDefaultWriter<Uint8Array> | undefined;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Copies what is not ignored to a folder of its own. */
  static async make(): Promise<ProjectCopy> {
    const folder = await Deno.makeTempDir({ prefix: "lekt-mutation-" });
    const files = await new Deno.Command("git", {
      args: ["ls-files", "-co", "--exclude-standard"],
      cwd: root,
    }).output();
    for (const path of new TextDecoder().decode(files.stdout).split("\n")) {
      if (path === "") continue;
      const target = `${folder}/${path}`;
      await Deno.mkdir(target.slice(0, target.lastIndexOf("/")), {
        recursive: true,
      });
      await Deno.copyFile(new URL(path, root), target);
    }
    return new ProjectCopy(folder);
  }

  /** Whether `asm/` was compiled: what lies there may be a mutant's. */
  get hasCompiler(): boolean {
    return this.#compiler !== undefined;
  }

  /** Compiles `asm/` as it is now. */
  async compile(): Promise<Answer> {
    if (!this.#compiler) {
      this.#compiler = new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "-A",
          "--no-check",
          "--config",
          "tests/build/deno.json",
          "tests/build/compile_again.ts",
        ],
        cwd: this.folder,
        stdin: "piped",
        stdout: "piped",
        stderr: "null",
      }).spawn();
      this.#requests = this.#compiler.stdin.getWriter();
      this.#answers = this.#compiler.stdout.pipeThrough(new TextDecoderStream())
        .pipeThrough(new TextLineStream()).getReader();
    }
    await this.#requests!.write(new TextEncoder().encode("\n"));
    const { value } = await this.#answers!.read();
    if (value === undefined) throw new Error("the compiler has ended");
    return value as Answer;
  }

  /** Runs tests; those that take longer than usual by far are ended. */
  async test(
    job: Job,
    usualMs: ReadonlyMap<string, number>,
    env: Record<string, string> = {},
  ): Promise<Verdict> {
    const process = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--no-check",
        `--v8-flags=--max-old-space-size=${HEAP_MAX_MIB}`,
        "tests/mutation/test_process.ts",
        JSON.stringify(job),
      ],
      cwd: this.folder,
      env,
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const follower = new Follower(process, usualMs);
    await follower.follow();
    const { code } = await process.status;
    const { current, tookMs, failed } = follower;
    const isGreen = code === 0 || (job.isPatient && code === FAILED_STATUS);
    return { isGreen, tookMs, failed, ...(current ? { by: current } : {}) };
  }

  /** Runs all tests of a file, and says which lines they reach, those of programs that they start among them. */
  async testAndMeasure(
    file: string,
  ): Promise<{ verdict: Verdict; reached: ReachedLines }> {
    const reports = `${this.folder}/reports`;
    await Deno.mkdir(reports);
    const job = { file, first: [], without: [], isPatient: true };
    const verdict = await this.test(job, new Map(), {
      DENO_COVERAGE_DIR: reports,
    });
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        "coverage",
        "--lcov",
        `--include=^file://${this.folder}/src/`,
        reports,
      ],
      cwd: this.folder,
      stderr: "null",
    }).output();
    await Deno.remove(reports, { recursive: true });
    return {
      verdict,
      reached: reachedLines(new TextDecoder().decode(stdout), this.folder),
    };
  }

  /** Removes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#requests?.close();
    await this.#compiler?.status;
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** `deno coverage` counts a line of which a part did not run as one that did not run; those beside it tell that it was reached. */
const NEIGHBOURS = [-2, -1, 0, 1, 2];

/** Reads what `deno coverage --lcov` says of the files in a folder. */
export function reachedLines(lcov: string, folder: string): ReachedLines {
  const reached = new Map<string, Set<number>>();
  let lines = new Set<number>();
  for (const line of lcov.split("\n")) {
    const [kind, rest = ""] = line.split(/:(.*)/);
    if (kind === "SF") {
      lines = new Set();
      reached.set(rest.slice(folder.length + 1), lines);
    }
    const [number, count] = rest.split(",").map(Number);
    if (kind !== "DA" || count === 0) continue;
    for (const distance of NEIGHBOURS) lines.add(number! + distance);
  }
  return reached;
}
