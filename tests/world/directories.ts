/**
 * A directory behind something that speaks HTTPS.
 *
 * @module
 */
import { startDirectory } from "../../src/directory/mod.ts";
import { ROOT } from "../helpers/pages.ts";
import type { RunCertificate } from "./certificates.ts";
import { versionOf } from "./program.ts";
import type { Report } from "./report.ts";

/** Runs a client, in a process that trusts the certificate, against the directory behind a proxy. */
export async function checkDirectory(
  report: Report,
  thing: string,
  lost: Record<string, RegExp>,
  ports: { front: number; directory: number },
  { caFile }: RunCertificate,
): Promise<void> {
  const url = `https://127.0.0.1:${ports.front}/dir`;
  await report.check(
    thing,
    "X-Forwarded-For",
    () => forwardedAddress(ports.directory, url, caFile),
  );
  await using _ = await startDirectory({
    port: ports.directory,
    origins: [new URL(url).origin],
    addressHeader: "x-forwarded-for",
  });
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--quiet", "--config", "deno.json"],
      ...["tests/world/directory_client.ts", url],
    ],
    cwd: ROOT,
    env: { DENO_CERT: caFile },
    stdin: "null",
    signal: AbortSignal.timeout(120_000),
  }).output();
  const decoder = new TextDecoder();
  const outcomes = decoder.decode(stdout).split("\n").filter(Boolean)
    .map((line) => JSON.parse(line) as [string, string]);
  if (outcomes.length === 0) {
    outcomes.push(["directory", decoder.decode(stderr)]);
  }
  for (const [name, outcome] of outcomes) {
    await report.check(
      thing,
      name,
      () => Promise.resolve(outcome),
      lost[name],
    );
  }
  if (versionOf("curl", ["--version"]) === undefined) return;
  await report.check(thing, "directory over HTTP/2", async () => {
    const { stdout } = await new Deno.Command("curl", {
      args: [
        ...["-s", "--http2", "--cacert", caFile, "-o", "/dev/null"],
        ...["-w", "%{http_version} %{http_code}", `${url}/healthz`],
      ],
    }).output();
    const shown = decoder.decode(stdout);
    return shown === "2 200" ? "ok" : shown;
  });
}

/** What a proxy says of a client at 127.0.0.2 that claims to be at another address: the directory takes the last one. */
async function forwardedAddress(
  port: number,
  url: string,
  caFile: string,
): Promise<string> {
  await using _ = Deno.serve({
    hostname: "127.0.0.1",
    port,
    onListen() {},
  }, ({ headers }) => new Response(headers.get("x-forwarded-for")));
  const { stdout } = await new Deno.Command("curl", {
    args: [
      ...["-s", "--interface", "127.0.0.2", "--cacert", caFile],
      ...["-H", "X-Forwarded-For: 192.0.2.66", url + "/"],
    ],
  }).output();
  const shown = new TextDecoder().decode(stdout);
  return shown.split(",").at(-1)?.trim() === "127.0.0.2"
    ? `ok ("${shown}")`
    : `the directory would read "${shown}"`;
}
