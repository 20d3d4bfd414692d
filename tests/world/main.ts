/**
 * Runs lekt with the real things in front of it, under it and beside it, and
 * prints what works, what is lost and what it needs: `deno task test:world`. An
 * argument, such as `nginx`, picks the things with that in their names.
 *
 * @module
 */
import { makeRunCertificate, type RunCertificate } from "./certificates.ts";
import { checkClients } from "./clients.ts";
import { checkFolders } from "./folder_networks.ts";
import { checkLan } from "./lan.ts";
import { checkLines } from "./lines.ts";
import { checkPagePlaces } from "./page_places.ts";
import { checkPython } from "./python.ts";
import { checkRelay } from "./relay_networks.ts";
import { Report } from "./report.ts";
import { runTask, UsageError } from "../helpers/task.ts";
import { checkStores } from "./stores.ts";
import { checkTunnels } from "./tunnels.ts";
import { checkUnixPlaces } from "./unix_places.ts";
import { checkWebProxies } from "./web_proxies.ts";

/** Runs what `report` wants. */
export async function checkAll(
  report: Report,
  certificate: RunCertificate,
): Promise<void> {
  await checkWebProxies(report, certificate);
  await checkTunnels(report, certificate);
  await checkUnixPlaces(report);
  await checkLines(report, certificate);
  await checkStores(report);
  await checkClients(report);
  await checkPagePlaces(report);
  await checkPython(report, certificate);
  await checkRelay(report);
  await checkLan(report);
  await checkFolders(report);
}

const USAGE = "deno task test:world [TEXT IN A NAME]";

async function main([only, ...more]: string[]): Promise<number> {
  if (more.length > 0 || only?.startsWith("-")) {
    throw new UsageError("One text at most is taken");
  }
  const report = new Report(only);
  const folder = await Deno.makeTempDir({ prefix: "lekt-world-" });
  try {
    await checkAll(report, await makeRunCertificate(folder));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  return report.print();
}

if (import.meta.main) await runTask(USAGE, main);
