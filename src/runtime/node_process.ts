/**
 * The terminal, signals and the environment by `process`, for Node and Bun.
 *
 * @module
 */
import { builtin } from "./node_builtin.ts";
import type { Process, SystemInput, SystemOutput } from "./process.ts";

/** Node's names of systems that differ from Deno's. */
const SYSTEM_NAMES: Record<string, string> = { win32: "windows" };

/** The process as Node and Bun have it. */
export function nodeProcess(): Process & { ownAddresses(): string[] } {
  const { process } = globalThis;
  return {
    stdin: nodeInput(),
    stdout: nodeOutput("stdout", 1),
    stderr: nodeOutput("stderr", 2),
    get args() {
      return process.argv.slice(2);
    },
    env: { get: (name) => process.env[name] },
    get build() {
      const { platform } = process;
      return { os: SYSTEM_NAMES[platform] ?? platform, standalone: false };
    },
    get noColor() {
      return Boolean(process.env["NO_COLOR"]);
    },
    execPath: () => process.execPath,
    chdir: (folder) => process.chdir(folder),
    consoleSize() {
      const { stderr, stdout } = process;
      const { columns, rows } = stderr.isTTY ? stderr : stdout;
      if (!columns || !rows) throw new Error("there is no terminal");
      return { columns, rows };
    },
    addSignalListener: (signal, handler) => void process.on(signal, handler),
    removeSignalListener: (signal, handler) =>
      void process.off(signal, handler),
    kill: (pid, signal) => void process.kill(pid, signal),
    exit: (status) => process.exit(status),
    ownAddresses: () =>
      Object.values(builtin("node:os").networkInterfaces())
        .flatMap((entries) => entries ?? [])
        .map(({ address }) => address),
  };
}

function nodeOutput(name: "stdout" | "stderr", fd: number): SystemOutput {
  let isWatched = false;

  /** What cannot be written is told to whoever writes; without a listener it would end the process. */
  function stream(): NodeJS.WriteStream {
    const found = globalThis.process[name];
    if (!isWatched) found.on("error", () => {});
    isWatched = true;
    return found;
  }

  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        stream().write(
          bytes,
          (error) => error ? reject(error) : resolve(bytes.byteLength),
        );
      }),
    writeSync(bytes) {
      for (;;) {
        try {
          return builtin("node:fs").writeSync(fd, bytes);
        } catch (error) {
          // The terminal takes no more for a moment.
          if ((error as { code?: unknown }).code !== "EAGAIN") throw error;
        }
      }
    },
    isTerminal: () => builtin("node:tty").isatty(fd),
  };
}

function nodeInput(): SystemInput {
  let stream: ReadableStream<Uint8Array> | undefined;
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  let rest: Uint8Array | undefined;

  function readable(): ReadableStream<Uint8Array> {
    const { Readable } = builtin("node:stream");
    const { stdin } = globalThis.process;
    stream ??= Readable.toWeb(stdin) as unknown as ReadableStream<Uint8Array>;
    return stream;
  }

  return {
    get readable() {
      return readable();
    },
    async read(into) {
      reader ??= readable().getReader();
      if (rest === undefined) {
        const { value, done } = await reader.read();
        if (done) return null;
        rest = value;
      }
      const size = Math.min(rest.byteLength, into.byteLength);
      into.set(rest.subarray(0, size));
      rest = size < rest.byteLength ? rest.subarray(size) : undefined;
      return size;
    },
    isTerminal: () => builtin("node:tty").isatty(0),
    setRaw: (isRaw) => void globalThis.process.stdin.setRawMode(isRaw),
  };
}
