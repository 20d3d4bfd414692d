/**
 * The command `peer relay`: runs a relay and tells what happens to it.
 *
 * @module
 */
import { type RelayServerReport, runRelay } from "../relay/mod.ts";
import type { RelayServerSettings } from "./relay_settings.ts";
import { runServer, type ServerOutputs } from "./server_command.ts";

/**
 * Runs a relay until it is interrupted.
 *
 * @return The exit status: 0 when it was interrupted, 1 when it could not run.
 * @throws {Misuse} Where the relay finds an argument unusable.
 */
export async function runRelayServer(
  settings: RelayServerSettings,
  outputs: ServerOutputs,
): Promise<number> {
  const { command: _, isJson: __, relayLimits: limits, ...options } = settings;
  return await runServer<RelayServerReport>(
    outputs,
    (report) => runRelay({ ...options, limits, report }),
    describe,
  );
}

function describe(report: RelayServerReport): string | undefined {
  switch (report.event) {
    case "listening": {
      const [name = report.url] = report.origins;
      const also = name === report.url ? "" : `, known as ${name}`;
      return `The relay is at ${report.url}${also}`;
    }
    case "closed":
      return "The relay has ended";
    default:
      return undefined;
  }
}
