/**
 * What happens while `peer` runs: exactly the lines of `--json`.
 *
 * @module
 */
import type { LektErrorCode } from "../../mod.ts";

/** The codes of `error`: those of the module, and `FILE` for a file that was refused, damaged or not confirmed. */
export type ErrorEventCode = LektErrorCode | "FILE";

/** One thing that happened; `connection` counts from 1 in the order of arrival. */
export type PeerEvent =
  | { event: "listening"; methods: readonly string[] }
  | { event: "request"; connection: number; nickname: string }
  | {
    event: "connected";
    connection: number;
    nickname: string;
    version: string;
    method: string;
    role: "initiator" | "responder";
  }
  | {
    event: "message";
    connection: number;
    id: number;
    bytes: number;
    sha256: string;
    text?: string;
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
    event: "receipt";
    connection: number;
    id: number;
    ok: boolean;
    reason?: string;
  }
  | { event: "aborted"; connection: number; id: number; reason: string }
  | {
    event: "rejected";
    connection: number;
    by: "local" | "remote";
    reason: string;
  }
  | {
    event: "error";
    connection?: number;
    code: ErrorEventCode;
    message: string;
    id?: number;
  }
  | { event: "closed"; connection: number; clean: boolean };
