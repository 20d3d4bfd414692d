/**
 * What a tunnel is to these runs.
 *
 * @module
 */
import type { ConnectOptions } from "../../mod.ts";
import type { RunCertificate } from "./certificates.ts";
import type { Program } from "./program.ts";

/** Something that leads to the responder. */
export interface Tunnel {
  /** What it is, with how it is set. */
  name: string;
  /** Its version, where it is there. */
  version: string | undefined;
  /** What the responder listens on. Default: `tcp` and `tls`. */
  listens?: readonly string[];
  /** The scheme that the initiator dials, where it is another one. */
  dials?: string;
  /** Starts it. */
  start(backend: string, certificate: RunCertificate): Promise<Running>;
  /** What is lost, by scenario. */
  lost?: Record<string, RegExp>;
  /** Scenarios that are left out. */
  without?: readonly string[];
}

/** A tunnel that runs. */
export interface Running extends AsyncDisposable {
  /** The port where the initiator dials; left out where it dials the responder, through a proxy. */
  port?: number;
  /** How it dials. */
  options?: Partial<ConnectOptions>;
  /** Ends it and starts it again. */
  restart?(): Promise<void>;
}

/** A tunnel that is one program. */
export function runningProgram(
  program: Program,
  running: Pick<Running, "port" | "options">,
): Running {
  return {
    ...running,
    restart: () => program.restart(),
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}
