/**
 * Slow, long, lossy and broken lines: two network namespaces with `line.py`
 * between them.
 *
 * @module
 */
import { ROOT } from "../helpers/pages.ts";
import { shownBy } from "../helpers/program_output.ts";
import type { RunCertificate } from "./certificates.ts";
import type { Found } from "./line_peer.ts";
import { removeLeft } from "./networks.ts";
import { startSshServer } from "./ssh_tunnels.ts";
import { pause, versionOf } from "./program.ts";
import type { Report } from "./report.ts";

/** A line. */
interface Line {
  name: string;
  /** One way, in milliseconds. */
  delayMs?: number;
  /** Shares of the packets. */
  loss?: number;
  reorder?: number;
  /** Bits a second; 0: as fast as it goes. */
  rate?: number;
  mtu?: number;
  /** The rate of a token bucket of the kernel, in place of all of these but the MTU. */
  bucket?: string;
  /** For so many seconds the line is down, beginning 1 s after the start. */
  downS?: number;
  /** Bytes of the large message. */
  size: number;
}

const MIB = 1024 * 1024;

/** Bytes that wait in front of a slow line. */
const QUEUE_SIZE = 64 * 1024;

const LINES: readonly Line[] = [
  { name: "no delay", size: 64 * MIB },
  { name: "5 ms round trip", delayMs: 2.5, size: 16 * MIB },
  { name: "100 ms round trip", delayMs: 50, size: 16 * MIB },
  { name: "600 ms round trip", delayMs: 300, size: 8 * MIB },
  { name: "40 ms, 1 % lost", delayMs: 20, loss: 0.01, size: 4 * MIB },
  { name: "40 ms, 5 % lost", delayMs: 20, loss: 0.05, size: MIB },
  {
    name: "40 ms, 20 % out of order",
    delayMs: 20,
    reorder: 0.2,
    size: 4 * MIB,
  },
  { name: "40 ms, 1 Mbit/s", delayMs: 20, rate: 1e6, size: MIB },
  { name: "10 ms, 100 Mbit/s", delayMs: 5, rate: 1e8, size: 32 * MIB },
  { name: "1 Gbit/s", bucket: "1gbit", size: 256 * MIB },
  { name: "10 ms, MTU 576", delayMs: 5, mtu: 576, size: 8 * MIB },
  { name: "10 ms, MTU 9000", delayMs: 5, mtu: 9_000, size: 32 * MIB },
  {
    name: "10 ms, down for 20 s",
    delayMs: 5,
    rate: 1e7,
    downS: 20,
    size: 4 * MIB,
  },
];

/** So long may one program run, in milliseconds: a slow line takes minutes on a busy machine. */
const ENDLESS_MS = 600_000;

const SEED = Number(Deno.env.get("LEKT_WORLD_SEED") ?? 17);

/** Runs a large message with small ones beside it over every line, by `tcp`; over some by `tls` and `wss`. */
export async function checkLines(
  report: Report,
  certificate: RunCertificate,
): Promise<void> {
  const lines = LINES.filter(({ name }) => report.wants(`line, ${name}`));
  if (lines.length === 0) return;
  const missing = await whatIsMissing();
  if (missing !== undefined) return report.skip("lines", missing);
  console.log(`lines: seed ${SEED}`);
  for (const line of lines) {
    const schemes = (line.delayMs ?? 0) >= 50 ? ["tcp", "tls", "wss"] : ["tcp"];
    for (const scheme of schemes) {
      await report.check(
        `line, ${line.name}`,
        scheme,
        () => overLine(line, scheme, certificate),
      );
    }
  }
}

async function whatIsMissing(): Promise<string | undefined> {
  for (const [program, flag] of [["python3", "-V"], ["ip", "-V"]] as const) {
    if (versionOf(program, [flag]) === undefined) return `no ${program}`;
  }
  try {
    await ip("netns", "add", "lekt-try");
    await ip("netns", "del", "lekt-try");
    await Deno.stat("/dev/net/tun");
  } catch (error) {
    return `no namespaces or no TUN devices here: ${error}`;
  }
  return undefined;
}

async function ip(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("ip", { args }).output();
  if (!success) {
    throw new Error(
      `ip ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`,
    );
  }
}

async function overLine(
  line: Line,
  scheme: string,
  certificate: RunCertificate,
): Promise<string> {
  for (const each of NAMESPACES) {
    await removeLeft(each);
    await ip("netns", "add", each);
  }
  try {
    return line.bucket === undefined
      ? await withDelays(
        line,
        (control) => measure(line, scheme, certificate, control),
      )
      : await withBucket(line, () => measure(line, scheme, certificate));
  } finally {
    for (const each of NAMESPACES) await ip("netns", "del", each);
  }
}

const NAMESPACES = ["lekt-a", "lekt-b"] as const;

/** What cuts a line and mends it. */
type Control = WritableStreamDefaultWriter<Uint8Array>;

/** Has `line.py` between the two. */
async function withDelays(
  line: Line,
  body: (control: Control) => Promise<string>,
): Promise<string> {
  const { delayMs = 0, loss = 0, rate = 0, reorder = 0 } = line;
  const python = new Deno.Command("python3", {
    args: [
      new URL("tests/world/line.py", ROOT).pathname,
      ...["lekta", "lektb", String(delayMs), String(loss), String(rate)],
      ...[String(reorder), String(QUEUE_SIZE), String(SEED)],
    ],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const control = python.stdin.getWriter();
  try {
    await shownBy(python, /ready/);
    await python.stdout.cancel();
    for (const [index, each] of NAMESPACES.entries()) {
      const device = `lekt${"ab"[index]}`;
      await ip("link", "set", device, "netns", each);
      await setUp(line, index, device);
    }
    return await body(control);
  } finally {
    await control.close().catch(() => {});
    await python.status;
  }
}

/** Has a pair of Ethernet devices of the kernel between the two, with a rate in both directions. */
async function withBucket(
  line: Line,
  body: () => Promise<string>,
): Promise<string> {
  const [a, b] = NAMESPACES;
  await ip(
    ...["link", "add", "lekta", "netns", a, "type", "veth"],
    ...["peer", "name", "lektb", "netns", b],
  );
  for (const [index, each] of NAMESPACES.entries()) {
    const device = `lekt${"ab"[index]}`;
    await setUp(line, index, device);
    const { success, stderr } = await inside(
      each,
      ...["tc", "qdisc", "add", "dev", device, "root", "tbf", "rate"],
      ...[line.bucket!, "burst", "256k", "latency", "20ms"],
    ).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
  }
  return await body();
}

/** Gives one end its address. */
async function setUp(
  line: Line,
  index: number,
  device: string,
): Promise<void> {
  const each = NAMESPACES[index]!;
  const [own, other] = [index + 1, 2 - index];
  await ip(
    ...["-n", each, "addr", "add", `10.99.0.${own}`],
    ...["peer", `10.99.0.${other}`, "dev", device],
  );
  await ip(
    ...["-n", each, "link", "set", device],
    ...["mtu", String(line.mtu ?? 1_500), "txqueuelen", "1000", "up"],
  );
}

async function measure(
  line: Line,
  scheme: string,
  certificate: RunCertificate,
  control?: Control,
): Promise<string> {
  const found = await converse(line, scheme, certificate, control);
  const beside = scheme === "tcp" && !line.downS
    ? `; nc ${shown(await bareRate(line.size))}` +
      `, scp ${shown(await scpRate(line.size))}` +
      `, the command ${shown(await commandRate(line.size))}`
    : "";
  return `ok (connect ${Math.round(found.connectMs)} ms, ${
    shown(found.mbits)
  }${beside}; small ${Math.round(found.quietMs)} ms, beside the large one ${
    Math.round(found.besideMs[0])
  }, at most ${Math.round(found.besideMs[1])} ms)`;
}

function shown(mbits: number): string {
  return `${mbits < 10 ? mbits.toFixed(1) : Math.round(mbits)} Mbit/s`;
}

function inside(namespace: string, ...command: string[]): Deno.Command {
  return new Deno.Command("ip", {
    args: ["netns", "exec", namespace, ...command],
    cwd: ROOT,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(ENDLESS_MS),
  });
}

async function converse(
  line: Line,
  scheme: string,
  certificate: RunCertificate,
  control: Control | undefined,
): Promise<Found> {
  const method = `${scheme}://10.99.0.1:15358`;
  const peer = [
    ...["env", `LEKT_WORLD_CERT=${certificate.cert}`],
    ...[`LEKT_WORLD_CERT_KEY=${certificate.key}`],
    `LEKT_WORLD_KEY=${certificate.spki}`,
    ...[Deno.execPath(), "run", "-A", "--quiet", "--no-check"],
    "tests/world/line_peer.ts",
  ];
  const listener = inside("lekt-a", ...peer, "listen", method).spawn();
  try {
    await shownBy(listener, /listening/);
    await listener.stdout.cancel();
    const dialling = inside(
      "lekt-b",
      ...peer,
      "dial",
      method,
      String(line.size),
    )
      .output();
    if (line.downS && control) {
      await pause(2_000);
      await control.write(new TextEncoder().encode("down\n"));
      await pause(line.downS * 1_000);
      await control.write(new TextEncoder().encode("up\n"));
    }
    const { success, stdout, stderr } = await dialling;
    const decoder = new TextDecoder();
    if (!success) throw new Error(decoder.decode(stderr));
    return JSON.parse(decoder.decode(stdout));
  } finally {
    listener.kill("SIGKILL");
    await listener.stderr.cancel();
    await listener.status;
  }
}

/** Mbit/s of the same bytes by `nc`, in the same direction. */
async function bareRate(size: number): Promise<number> {
  const receiver = inside(
    "lekt-a",
    ...["sh", "-c", "nc.openbsd -l 10.99.0.1 15357 > /dev/null"],
  ).output();
  await pause(300);
  const startMs = performance.now();
  await inside(
    "lekt-b",
    ...[
      "sh",
      "-c",
      `head -c ${size} /dev/zero | nc.openbsd -N 10.99.0.1 15357`,
    ],
  ).output();
  await receiver;
  return size * 8 / (performance.now() - startMs) / 1_000;
}

/** The same as a file of the command, from the start of `send` until both have ended. */
async function commandRate(size: number): Promise<number> {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/file`;
  await Deno.writeFile(file, new Uint8Array(size));
  const method = "tcp://10.99.0.1:15355";
  const peer = [Deno.execPath(), "run", "-A", "--quiet", "--no-check"];
  const [a, b] = NAMESPACES;
  const receiver = inside(
    a,
    ...[...peer, "src/peer/main.ts", "listen", method, "--nick", "bob"],
    ...["--accept", "all", "--once", "--json", "--save", `${folder}/to`],
  ).spawn();
  try {
    await shownBy(receiver, /"listening"/);
    const drained = receiver.stdout.pipeTo(new WritableStream());
    const startMs = performance.now();
    const { success, stderr } = await inside(
      b,
      ...[...peer, "src/peer/main.ts", "send", method, file, "--nick", "ann"],
    ).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    await Promise.all([receiver.status, drained]);
    return size * 8 / (performance.now() - startMs) / 1_000;
  } finally {
    await receiver.stderr.cancel();
    await Deno.remove(folder, { recursive: true });
  }
}

/** The same by `scp`, its handshake included. */
async function scpRate(size: number): Promise<number> {
  const [a, b] = NAMESPACES;
  const port = 15356;
  const before = ["ip", "netns", "exec", a];
  await using server = await startSshServer("10.99.0.1", port, before);
  const file = `${server.daemon.folder}/file`;
  await Deno.writeFile(file, new Uint8Array(size));
  const startMs = performance.now();
  const { success, stderr } = await inside(
    b,
    ...["scp", "-q", "-P", String(port), ...server.options, file],
    `root@10.99.0.1:${file}.copy`,
  ).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return size * 8 / (performance.now() - startMs) / 1_000;
}
