/**
 * The command `peer directory`: runs a directory and tells what happens to it.
 *
 * @module
 */
import {
  type DirectoryReport,
  type RelayPart,
  runDirectory,
} from "../directory/mod.ts";
import { harmless } from "../base/text.ts";
import type { DirectoryServerSettings } from "./directory_settings.ts";
import { runServer, type ServerOutputs } from "./server_command.ts";

/**
 * Runs a directory until it is interrupted.
 *
 * @return The exit status: 0 when it was interrupted, 1 when it could not run.
 * @throws {Misuse} Where the directory finds an argument unusable.
 */
export async function runDirectoryServer(
  settings: DirectoryServerSettings,
  outputs: ServerOutputs,
): Promise<number> {
  const { command: _, isJson: __, ...options } = settings;
  return await runServer<DirectoryReport>(outputs, async (report) => {
    const relay = await openRelay(settings);
    await runDirectory({ ...options, report, ...(relay ? { relay } : {}) });
  }, describe);
}

async function openRelay(
  { isRelaying, relayLimits }: DirectoryServerSettings,
): Promise<RelayPart | undefined> {
  if (!isRelaying) return undefined;
  const { createRelay } = await import("../relay/mod.ts");
  return createRelay({ limits: relayLimits });
}

function describe(report: DirectoryReport): string | undefined {
  switch (report.event) {
    case "listening": {
      const [name = report.url] = report.origins;
      const also = name === report.url ? "" : `, known as ${name}`;
      const relays = (report.relays ?? []).map((relay) =>
        relay === "/" || relay === name ? "itself" : harmless(relay)
      );
      const through = relays.length === 0
        ? ""
        : `; those who cannot reach each other use the relay ${
          relays.join(" or ")
        }`;
      return `The directory is at ${report.url}${also}${through}`;
    }
    case "closed":
      return "The directory has ended";
    default:
      return undefined;
  }
}
