/**
 * Pulls the cable between two programs in network namespaces of their own, while
 * they are idle, in the middle of a message of 1 GiB in each direction, and
 * during a decision, over all methods at once and with the default times; says
 * when each side knew. Needs root and `ip` (Debian: iproute2). A `unix` socket
 * has no cable: a relay that takes nothing more stands in its place.
 *
 *     deno task test:cable
 *
 * @module
 */
import { DEFAULT_LIMITS } from "../../mod.ts";
import { DECISION_GRACE_MS } from "../../src/base/limits.ts";
import { makeCertificate } from "../../src/transport/make_certificate.ts";
import { Relay } from "../helpers/relay.ts";
import { runBareTask } from "../helpers/task.ts";
import {
  type Report,
  type Scene,
  SCENES,
  type Settings,
} from "./cable_scenes.ts";

/** What may come on top of the times, for machines that are slow. */
const AIR_MS = 5_000;

const SCHEMES = ["tcp", "tls", "ws", "wss", "unix"];

const ALICE = { name: `lekt-a-${Deno.pid}`, address: "10.199.1.2" };
const BOB = { name: `lekt-b-${Deno.pid}`, address: "10.199.2.2" };
const SWITCH = `lekt-s-${Deno.pid}`;

async function run(command: string): Promise<void> {
  const [program, ...args] = command.split(" ");
  const output = await new Deno.Command(program!, { args }).output();
  if (output.success) return;
  const said = new TextDecoder().decode(output.stderr).trim();
  throw new Error(`Cannot run "${command}": ${said}`);
}

/** Two namespaces, and one between them that forwards. */
async function plugIn(): Promise<void> {
  for (const name of [ALICE.name, BOB.name, SWITCH]) {
    await run(`ip netns add ${name}`);
    await run(`ip -n ${name} link set lo up`);
  }
  for (const { name, address } of [ALICE, BOB]) {
    const gateway = address.replace(/2$/, "1");
    const outer = `l${address.split(".")[2]}-${Deno.pid}`;
    await run(
      `ip -n ${name} link add eth0 type veth peer name ${outer} netns ${SWITCH}`,
    );
    await run(`ip -n ${name} address add ${address}/24 dev eth0`);
    await run(`ip -n ${name} link set eth0 up`);
    await run(`ip -n ${SWITCH} address add ${gateway}/24 dev ${outer}`);
    await run(`ip -n ${SWITCH} link set ${outer} up`);
    await run(`ip -n ${name} route add default via ${gateway}`);
  }
  await forward(true);
}

/** Whether anything comes through; who sends is not told. */
async function forward(isOn: boolean): Promise<void> {
  const write = `echo ${isOn ? 1 : 0} > /proc/sys/net/ipv4/ip_forward`;
  const { success } = await new Deno.Command("ip", {
    args: ["netns", "exec", SWITCH, "sh", "-c", write],
  }).output();
  if (!success) throw new Error("Cannot set ip_forward");
}

async function unplug(): Promise<void> {
  for (const name of [ALICE.name, BOB.name, SWITCH]) {
    await run(`ip netns delete ${name}`).catch(() => {});
  }
}

/** Starts one side in its namespace; its reports go to `note`. */
function start(
  name: string,
  settings: Settings,
  note: (report: Report) => void,
): Deno.ChildProcess {
  const program = new URL("cable_peer.ts", import.meta.url).pathname;
  const child = new Deno.Command("ip", {
    args: [
      ...["netns", "exec", name, Deno.execPath(), "run", "--allow-all"],
      ...[program, JSON.stringify(settings)],
    ],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  readReports(child.stdout, note);
  return child;
}

async function readReports(
  stdout: ReadableStream<Uint8Array>,
  note: (report: Report) => void,
): Promise<void> {
  let text = "";
  for await (const chunk of stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (text + chunk).split("\n");
    text = lines.pop()!;
    for (const line of lines) note(JSON.parse(line));
  }
}

/** Milliseconds in which a side has to know. */
function timeOf(scene: Scene, role: Settings["role"]): number {
  const { decisionTimeoutMs, silenceTimeoutMs } = DEFAULT_LIMITS;
  if (scene === "decision of bob") {
    return decisionTimeoutMs + (role === "bob" ? 0 : DECISION_GRACE_MS);
  }
  if (scene === "decision of alice") {
    return decisionTimeoutMs + (role === "alice" ? 0 : DECISION_GRACE_MS);
  }
  return silenceTimeoutMs;
}

/** One line; returns whether it was in time. */
function show(report: Report, pulledMs: number): boolean {
  const tookMs = report.atMs - pulledMs;
  const timeMs = timeOf(report.scene, report.role);
  const isGood = report.code === "TIMEOUT" && tookMs <= timeMs + AIR_MS;
  console.log(
    [
      isGood ? "ok  " : "FAIL",
      report.method.replace(/:.*/, "").padEnd(4),
      report.scene.padEnd(17),
      report.role.padEnd(5),
      report.code.padEnd(9),
      `${(tookMs / 1000).toFixed(1)} s of ${timeMs / 1000} s`,
    ].join("  "),
  );
  return isGood;
}

/** All reports of one kind, when each side has made them. */
class Reports {
  readonly #byKind = { listening: [], ready: [], over: [] } as Record<
    Report["kind"],
    Report[]
  >;
  #changed = Promise.withResolvers<void>();

  note(report: Report): void {
    this.#byKind[report.kind].push(report);
    this.#changed.resolve();
  }

  async all(kind: Report["kind"], count: number): Promise<Report[]> {
    const timer = setTimeout(
      () => this.#changed.reject(new Error(`Waited in vain for ${kind}`)),
      DEFAULT_LIMITS.decisionTimeoutMs + 60_000,
    );
    while (this.#byKind[kind].length < count) {
      await this.#changed.promise;
      this.#changed = Promise.withResolvers<void>();
    }
    clearTimeout(timer);
    return this.#byKind[kind];
  }
}

async function main(): Promise<boolean> {
  const folder = await Deno.makeTempDir({ prefix: "lekt-cable-" });
  const certificate = await makeCertificate({ hosts: [BOB.address] });
  const reports = new Reports();
  const note = (report: Report): void => reports.note(report);
  const children = new Set<Deno.ChildProcess>();
  function watch(child: Deno.ChildProcess): void {
    children.add(child);
    child.status.then(() => children.delete(child));
  }
  try {
    await plugIn();
    const methods = SCHEMES.map((scheme) =>
      scheme === "unix"
        ? `unix:${folder}/bob`
        : `${scheme}://${BOB.address}:0${
          scheme.startsWith("ws") ? "/lekt" : ""
        }`
    );
    watch(start(BOB.name, { role: "bob", methods, certificate }, note));
    const listening = await reports.all("listening", methods.length);
    const path = `${folder}/relay`;
    await using relay = new Relay(
      listening.find(({ method }) => method.startsWith("unix:"))!.method,
      path,
    );
    const targets = listening.map(({ method }) =>
      method.startsWith("unix:") ? relay.method : method
    );
    watch(
      start(ALICE.name, { role: "alice", methods: targets, certificate }, note),
    );
    const count = methods.length * SCENES.length;
    await reports.all("ready", count);
    console.log(`${count} connections are under way: the cable is pulled`);
    const pulledMs = Date.now();
    await forward(false);
    relay.pull("blocks");
    const over = await reports.all("over", 2 * count);
    over.sort((a, b) =>
      a.scene.localeCompare(b.scene) || a.method.localeCompare(b.method)
    );
    return over.map((report) => show(report, pulledMs)).every(Boolean);
  } finally {
    for (const child of children) child.kill("SIGKILL");
    await Promise.all([...children].map(({ status }) => status));
    await unplug();
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) {
  await runBareTask("deno task test:cable", async () => await main() ? 0 : 1);
}
