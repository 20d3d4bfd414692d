/**
 * What stands between the two ends of `tcp`, `tls` and `unix`: relays, tunnels,
 * and forward proxies.
 *
 * @module
 */
import type { ConnectOptions } from "../../mod.ts";
import type { RunCertificate } from "./certificates.ts";
import type { Program } from "./program.ts";
import type { Report } from "./report.ts";
import { Ends, idle, restart, SCENARIOS } from "./scenarios.ts";
import { FORWARD_PROXIES } from "./forward_proxies.ts";
import { RELAYS } from "./relays.ts";
import { SSH_TUNNELS } from "./ssh_tunnels.ts";

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
  /** What is lost besides over `tls`. */
  lostOverTls?: Record<string, RegExp>;
  /** Scenarios that are left out. */
  without?: readonly string[];
}

/** A relay that ends makes an end of stream, which nobody can tell from another one where nothing but TCP is spoken. */
const RESTARTS: Record<string, RegExp> = {
  tcp:
    /^cut, which looks like an orderly end$|^ok \(the connection lives on\)$/,
};

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

/** Runs everything through every tunnel. */
export async function checkTunnels(
  report: Report,
  certificate: RunCertificate,
): Promise<void> {
  for (const tunnel of [...RELAYS, ...SSH_TUNNELS, ...FORWARD_PROXIES]) {
    if (!report.wants(tunnel.name)) continue;
    if (tunnel.version === undefined) {
      report.skip(tunnel.name, "it is not installed");
      continue;
    }
    for (const scheme of tunnel.listens ?? ["tcp", "tls"]) {
      const thing = `${tunnel.name} (${tunnel.version}), ${
        tunnel.dials ?? scheme
      }`;
      await report.check(
        thing,
        "start",
        () => checkTunnel(report, thing, tunnel, scheme, certificate),
      );
    }
  }
}

async function checkTunnel(
  report: Report,
  thing: string,
  tunnel: Tunnel,
  scheme: string,
  certificate: RunCertificate,
): Promise<string> {
  const { without = [] } = tunnel;
  const lost = {
    ...tunnel.lost,
    ...(scheme === "tls" ? tunnel.lostOverTls : {}),
  };
  const folder = await Deno.makeTempDir({ prefix: "lekt-world-" });
  const method = scheme === "unix"
    ? `unix:${folder}/bob`
    : `${scheme}://127.0.0.1:0`;
  try {
    await using ends = await Ends.open(method, certificate);
    const backend = scheme === "unix" ? `${folder}/bob` : String(ends.port);
    await using running = await tunnel.start(backend, certificate);
    if (running.port !== undefined) {
      ends.target = `${tunnel.dials ?? scheme}://127.0.0.1:${running.port}`;
    }
    ends.options = {
      tls: { pinnedKey: certificate.spki },
      ...running.options,
    };
    const scenarios = {
      ...SCENARIOS,
      "idle": (ends: Ends) => idle(ends, 5_000),
      ...(running.restart && {
        "restart": (ends: Ends) => restart(ends, () => running.restart!()),
      }),
    };
    for (const [name, scenario] of Object.entries(scenarios)) {
      if (without.includes(name)) continue;
      const expected = lost[name] ??
        (name === "restart" ? RESTARTS[tunnel.dials ?? scheme] : undefined);
      await report.check(thing, name, () => scenario(ends), expected);
    }
    return "ok";
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
