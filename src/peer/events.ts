/**
 * What happens while `peer` runs: exactly the lines of `--json`.
 *
 * @module
 */
import type { LektErrorCode } from "../../mod.ts";

/** The codes of `error`: those of the module, and `FILE` for a file that was refused, damaged or not confirmed. */
export type ErrorEventCode = LektErrorCode | "FILE";

/** Whether somebody has proved to be who they say; left out where no directory is used. */
export interface Proof {
  /** Whether they hold the key that their registration names. */
  verified?: boolean;
  /** The identity that they have proved. */
  thumbprint?: string;
  /** Whether they know the code that was given away for this conversation. */
  hasCode?: true;
}

/** What became of one file that was sent, as far as its sender can know. */
export interface FileReport {
  /** The name that it was sent under. */
  name: string;
  /** The id of its message, where one was begun. */
  id?: number | undefined;
  /** `safe`: the other side has it in its place; `failed`: it does not; `unconfirmed`: it may or may not. */
  state: "safe" | "failed" | "unconfirmed";
  /** Why it is not known to be safe. */
  reason?: string;
  /** How many files are in it, where it is a folder. */
  files?: number;
  /** Sent again, it goes on where it broke off. */
  resumable?: true;
}

/** One thing that happened; `connection` counts from 1 in the order of arrival. */
export type PeerEvent =
  | { event: "listening"; methods: readonly string[]; key?: string }
  | {
    event: "registered";
    nickname: string;
    thumbprint: string;
    directory: string;
    methods: readonly string[];
  }
  | { event: "announced"; nickname: string; key: string; method: string }
  | { event: "code"; code: string; directory: string; expires: string }
  | ({ event: "request"; connection: number; nickname: string } & Proof)
  | {
    event: "connected";
    connection: number;
    nickname: string;
    version: string;
    method: string;
    role: "initiator" | "responder";
  } & Proof
  | {
    event: "lost";
    connection: number;
    /** Why. */
    reason: string;
    /** How long the other side is looked for, or waited for. */
    seconds: number;
    /** Whether it has to come back by itself. */
    isWaiting: boolean;
  }
  | {
    event: "resumed";
    connection: number;
    method: string;
    /** How long it was away. */
    seconds: number;
    /** Whether the other side still knows the conversation; otherwise it has begun anew. */
    known: boolean;
    /** Texts that were not confirmed, and are sent again. */
    repeated: number;
  }
  | {
    event: "message";
    connection: number;
    id: number;
    bytes: number;
    sha256: string;
    text?: string | undefined;
    /** Where its bytes were written, with `--output`. */
    path?: string;
  }
  | {
    event: "file";
    connection: number;
    id: number;
    name: string;
    path: string;
    bytes: number;
    sha256: string;
  }
  | {
    event: "folder";
    connection: number;
    id: number;
    name: string;
    path: string;
    /** How many files are in it. */
    files: number;
    bytes: number;
  }
  | {
    event: "offer";
    connection: number;
    /** Its number among those of the conversation. */
    offer: number;
    /** The names of the files and folders at its top. */
    items: readonly string[];
    files: number;
    folders: number;
    bytes: number;
    /** What is there and not sent; the first ten. */
    leftOut: readonly { path: string; reason: string }[];
  }
  | {
    event: "leftOut";
    connection: number;
    /** The name of the file or folder that is offered. */
    name: string;
    /** What is there and not sent, for its kind; the first ten. */
    leftOut: readonly { path: string; reason: string }[];
    /** How many there are besides. */
    more: number;
  }
  | {
    event: "receipt";
    connection: number;
    id: number;
    name: string;
    ok: boolean;
    reason?: string | undefined;
    /** How many files are in it, where it is a folder. */
    files?: number;
  }
  | {
    event: "stalled";
    connection: number;
    name: string;
    direction: "to" | "from";
    seconds: number;
  }
  | { event: "kept"; connection: number; name: string }
  | {
    event: "aborted";
    connection: number;
    id: number;
    name?: string | undefined;
    reason: string;
  }
  | {
    event: "rejected";
    connection: number;
    by: "local" | "remote";
    reason: string;
  }
  | {
    event: "error";
    connection?: number | undefined;
    code: ErrorEventCode;
    message: string;
    id?: number | undefined;
    name?: string | undefined;
  }
  | { event: "summary"; connection: number; files: readonly FileReport[] }
  | {
    event: "closed";
    connection: number;
    clean: boolean;
    /** Why the other side has ended, where it said so. */
    reason?: string | undefined;
  };
