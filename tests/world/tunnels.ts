/**
 * What stands between the two ends of `tcp`, `tls` and `unix`: relays, tunnels,
 * and forward proxies.
 *
 * @module
 */
import type { RunCertificate } from "./certificates.ts";
import type { Report } from "./report.ts";
import { Ends, idle, restart, SCENARIOS } from "./scenarios.ts";
import { FORWARD_PROXIES } from "./forward_proxies.ts";
import { RELAYS } from "./relays.ts";
import { SSH_TUNNELS } from "./ssh_tunnels.ts";
import type { Tunnel } from "./tunnel.ts";

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
  const { lost = {}, without = [] } = tunnel;
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
      await report.check(thing, name, () => scenario(ends), lost[name]);
    }
    return "ok";
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
