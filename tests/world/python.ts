/**
 * The Python implementation as one of the ends: it dials through what listens
 * in the place of the responder, and is the responder behind forward proxies.
 *
 * @module
 */
import { connect, type Connection } from "../../mod.ts";
import { ROOT } from "../helpers/pages.ts";
import { shownBy } from "../helpers/program_output.ts";
import type { RunCertificate } from "./certificates.ts";
import { FORWARD_PROXIES } from "./forward_proxies.ts";
import { versionOf } from "./program.ts";
import { RELAYS } from "./relays.ts";
import type { Report } from "./report.ts";
import { Ends } from "./scenarios.ts";
import { SSH_TUNNELS } from "./ssh_tunnels.ts";
import type { Tunnel } from "./tunnel.ts";

const STEP_MS = 60_000;

const SIZES = [0, 1, 64, 65_537, 262_144, 262_145, 3_000_001];

/** Runs it through every tunnel that leads to `tcp`. */
export async function checkPython(
  report: Report,
  certificate: RunCertificate,
): Promise<void> {
  const version = versionOf("python3", ["-V"]);
  for (const tunnel of [...RELAYS, ...SSH_TUNNELS, ...FORWARD_PROXIES]) {
    const name = `client Python, ${tunnel.name}`;
    if (tunnel.listens !== undefined || !report.wants(name)) continue;
    if (version === undefined || tunnel.version === undefined) {
      report.skip(name, "it is not installed");
      continue;
    }
    await report.check(
      `${name} (Python ${version})`,
      `${SIZES.length} messages, each in order`,
      () => talk(tunnel, certificate),
    );
  }
}

async function talk(
  { start }: Tunnel,
  certificate: RunCertificate,
): Promise<string> {
  await using ends = await Ends.open("tcp://127.0.0.1:0");
  const port = String(ends.port);
  await using running = await start(port, certificate);
  if (running.port !== undefined) return await hearPython(ends, running.port);
  const { proxy } = running.options!;
  // A proxy lets nobody through to another port than the one it was told.
  await ends.listener.close();
  return await askPython(port, proxy);
}

function python(...args: string[]): Deno.Command {
  return new Deno.Command("python3", {
    args: [new URL("tests/interop/lekt.py", ROOT).pathname, ...args],
    stdin: "null",
    stdout: "piped",
    signal: AbortSignal.timeout(STEP_MS),
  });
}

/** Python dials. */
async function hearPython(ends: Ends, port: number): Promise<string> {
  const dialling = python(
    ...["connect", `tcp://127.0.0.1:${port}`, "alice"],
    ...["--sizes", SIZES.join()],
  ).output();
  const connection = await ends.accept();
  const sizes = await sizesFrom(connection);
  await connection.close();
  return await outcome(sizes, connection, dialling);
}

/** Python listens, and sends back what it gets. */
async function askPython(
  port: string,
  proxy: Parameters<typeof connect>[1]["proxy"],
): Promise<string> {
  const method = `tcp://127.0.0.1:${port}`;
  const listener = python("listen", method, "bob", "--echo").spawn();
  await shownBy(listener, /listening/);
  const rest = listener.stdout.pipeTo(new WritableStream());
  const connection = await connect(method, {
    nickname: "alice",
    ...(proxy === undefined ? {} : { proxy }),
  });
  const [sizes] = await Promise.all([sizesFrom(connection), speak(connection)]);
  await connection.close();
  await rest;
  return await outcome(sizes, connection, listener.status);
}

async function speak(connection: Connection): Promise<void> {
  await Promise.all(
    SIZES.map((size) => connection.send(new Uint8Array(size))),
  );
  await connection.closeWrite();
}

async function sizesFrom(connection: Connection): Promise<number[]> {
  const sizes: number[] = [];
  for await (const message of connection) {
    sizes.push((await message.bytes()).byteLength);
  }
  return sizes.sort((one, other) => one - other);
}

async function outcome(
  sizes: readonly number[],
  connection: Connection,
  python: Promise<{ success: boolean }>,
): Promise<string> {
  const { clean } = await connection.closed;
  const { success } = await python;
  return `${sizes}` === `${SIZES}` && clean && success
    ? "ok"
    : `${sizes}, clean ${clean}, Python ${success}`;
}
