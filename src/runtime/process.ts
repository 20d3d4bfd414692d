/**
 * The terminal, signals and the environment, as every runtime gives them here;
 * the names are Deno's.
 *
 * @module
 */

/** Standard output, or standard error. */
export interface SystemOutput {
  /** Writes some bytes and tells how many. */
  write(bytes: Uint8Array): Promise<number>;
  /** The same, at once. */
  writeSync(bytes: Uint8Array): number;
  /** Whether it is a terminal. */
  isTerminal(): boolean;
}

/** Standard input. */
export interface SystemInput {
  /** All that comes; to be read in one way or the other. */
  readonly readable: ReadableStream<Uint8Array>;
  /** Reads into `into`; `null` at the end. */
  read(into: Uint8Array): Promise<number | null>;
  /** Whether it is a terminal. */
  isTerminal(): boolean;
  /** Whether keys arrive one by one, and are not shown. */
  setRaw(isRaw: boolean): void;
}

/** Signals that a program listens for. */
export type SystemSignal =
  | "SIGBREAK"
  | "SIGCONT"
  | "SIGHUP"
  | "SIGINT"
  | "SIGTERM"
  | "SIGWINCH";

/** The process and what it was started with. */
export interface Process {
  /** Standard input. */
  readonly stdin: SystemInput;
  /** Standard output. */
  readonly stdout: SystemOutput;
  /** Standard error. */
  readonly stderr: SystemOutput;
  /** The arguments. */
  readonly args: readonly string[];
  /** The environment. */
  readonly env: { get(name: string): string | undefined };
  /** The system: `linux`, `darwin`, `windows`; and whether this is a compiled program. */
  readonly build: { readonly os: string; readonly standalone: boolean };
  /** Whether the environment asks for no colours. */
  readonly noColor: boolean;
  /** The program that runs. */
  execPath(): string;
  /** Goes to another folder. */
  chdir(folder: string): void;
  /** The size of the terminal; throws where there is none. */
  consoleSize(): { columns: number; rows: number };
  /** Calls `handler` at each such signal, instead of ending. */
  addSignalListener(signal: SystemSignal, handler: () => void): void;
  /** Takes that back. */
  removeSignalListener(signal: SystemSignal, handler: () => void): void;
  /** Stops processes until they are sent SIGCONT; 0 stands for all of this one's job. */
  kill(pid: number, signal: "SIGTSTP"): void;
  /** Ends the process. */
  exit(status: number): never;
}
