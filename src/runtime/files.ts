/**
 * Files, as every runtime gives them here; the names are Deno's.
 *
 * @module
 */

/** What is known of a file. */
export interface FileInfo {
  /** Whether it is a regular file. */
  readonly isFile: boolean;
  /** Whether it is a folder. */
  readonly isDirectory: boolean;
  /** Whether it is a symbolic link. */
  readonly isSymlink: boolean;
  /** Whether it is a socket; `null` where the system does not tell. */
  readonly isSocket: boolean | null;
  /** Whether it is a pipe; `null` where the system does not tell. */
  readonly isFifo: boolean | null;
  /** Bytes. */
  readonly size: number;
  /** When it was last changed. */
  readonly mtime: Date | null;
  /** Its permissions and kind. */
  readonly mode: number | null;
  /** Its number on its device. */
  readonly ino: number | null;
  /** Its device. */
  readonly dev: number;
}

/** An entry of a folder. */
export interface FolderEntry {
  /** The last part of its path. */
  readonly name: string;
  /** Whether it is a regular file. */
  readonly isFile: boolean;
  /** Whether it is a folder. */
  readonly isDirectory: boolean;
  /** Whether it is a symbolic link. */
  readonly isSymlink: boolean;
}

/** How to open a file. */
export interface FileOptions {
  /** To read it. */
  read?: boolean;
  /** To write it. */
  write?: boolean;
  /** Makes it where it is missing. */
  create?: boolean;
  /** Makes it, and fails where it is there. */
  createNew?: boolean;
  /** To write behind what is there. */
  append?: boolean;
  /** Empties it. */
  truncate?: boolean;
  /** The permissions of a file that is made. */
  mode?: number;
}

/** From where {@linkcode SystemFile.seek} counts. */
export const SEEK = { start: 0, current: 1 } as const;

/** An open file. */
export interface SystemFile extends Disposable {
  /** Reads into `into`; `null` at the end. */
  read(into: Uint8Array): Promise<number | null>;
  /** The same, at once. */
  readSync(into: Uint8Array): number | null;
  /** Writes some of `bytes`, and tells how many. */
  write(bytes: Uint8Array): Promise<number>;
  /** The same, at once. */
  writeSync(bytes: Uint8Array): number;
  /** Where the next byte is read or written; `from` is one of {@linkcode SEEK}. */
  seek(offset: number, from: number): Promise<number>;
  /** Cuts it to `size` bytes. */
  truncate(size: number): Promise<void>;
  /** Sets the times of the last access and change. */
  utimeSync(accessed: Date, changed: Date): void;
  /** Resolves when all that was written is safely stored. */
  sync(): Promise<void>;
  /** What is known of it. */
  stat(): Promise<FileInfo>;
  /**
   * Says that somebody works on it, until it is closed. Node and Bun, which have
   * no locks, keep its time of change young besides.
   */
  lock(exclusive: boolean): Promise<void>;
  /** The same, and `false` where somebody else does. */
  tryLock(exclusive: boolean): Promise<boolean>;
  /** Closes it. Not to be called again. */
  close(): void;
}

/** Files and folders. Errors have the system's code. */
export interface Files {
  /** Opens a file, to read it unless the options say otherwise. */
  open(path: string, options?: FileOptions): Promise<SystemFile>;
  /** The same, at once. */
  openSync(path: string, options?: FileOptions): SystemFile;
  /** Reads a whole file. */
  readFileSync(path: string): Uint8Array;
  /** Reads a whole file as UTF-8. */
  readTextFile(path: string): Promise<string>;
  /** The same, at once. */
  readTextFileSync(path: string): string;
  /** What is known of a file, or of what a link leads to. */
  stat(path: string): Promise<FileInfo>;
  /** The same, at once. */
  statSync(path: string): FileInfo;
  /** What is known of a file; of a link, of itself. */
  lstat(path: string): Promise<FileInfo>;
  /** The same, at once. */
  lstatSync(path: string): FileInfo;
  /** The entries of a folder. */
  readDir(path: string): AsyncIterable<FolderEntry>;
  /** The same, at once. */
  readDirSync(path: string): Iterable<FolderEntry>;
  /** Makes a folder. */
  mkdir(
    path: string,
    options?: { recursive?: boolean; mode?: number },
  ): Promise<void>;
  /** The same, at once. */
  mkdirSync(path: string, options?: { mode?: number }): void;
  /** Gives a file a second name, which must be free. */
  link(from: string, to: string): Promise<void>;
  /** The same, at once. */
  linkSync(from: string, to: string): void;
  /** Gives a file another name, which is taken from whoever has it. */
  rename(from: string, to: string): Promise<void>;
  /** The same, at once. */
  renameSync(from: string, to: string): void;
  /** Removes a file or an empty folder; with `recursive` a full one too. */
  remove(path: string, options?: { recursive?: boolean }): Promise<void>;
  /** The same, at once. */
  removeSync(path: string, options?: { recursive?: boolean }): void;
  /** Sets the times of the last access and change. */
  utimeSync(path: string, accessed: Date, changed: Date): void;
  /** Sets permissions. */
  chmodSync(path: string, mode: number): void;
}
