/**
 * What tshark shows of a capture with the dissector.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { Capture, type Side } from "./capture.ts";

const SCRIPT = new URL("lekt.lua", import.meta.url).pathname;

const DEADLINE_MS = 120_000;

/** A message as it is shown: whole, aborted, or as far as it came. */
export interface ShownMessage {
  side: Side;
  id: number;
  state: "complete" | "aborted" | "incomplete";
  size: number;
  /** Its bytes, in hex. */
  data: string;
}

/** All that is shown of one connection, in the order of the frames. */
export interface Shown {
  /** Texts, and what control packets say, as `side field value`; those of one field in their order. */
  texts: string[];
  messages: ShownMessage[];
  /** Rules that were broken, as `side rule`. */
  faults: string[];
  /** Ends that cut something short, as `side end`. */
  ends: string[];
  /** Control packets. */
  controls: { kind: number; subject: number }[];
}

const TEXTS = [
  "nickname",
  "version",
  "reason",
  "ping",
  "window",
  "count",
  "taken",
];

const FIELDS = [
  "tcp.stream",
  "lekt.role",
  ...TEXTS.map((name) => `lekt.${name}`),
  "lekt.message.id",
  "lekt.message.state",
  "lekt.message.size",
  "lekt.message.data",
  "lekt.fault",
  "lekt.end",
  "lekt.kind",
  "lekt.subject",
  "_ws.expert.message",
];

/** Frames in which nothing but the middle of something stands are left out, since tshark takes long to print them. */
const FILTER = [
  ...["type", "message", "fault", "end", "kind"].map((name) => `lekt.${name}`),
  '_ws.expert.message contains "Lua Error"',
].join(" or ");

type Layers = Record<string, string[] | undefined>;

async function runTshark(capture: Uint8Array, args: string[]) {
  const path = await Deno.makeTempFile({ prefix: "lekt-", suffix: ".pcap" });
  try {
    await Deno.writeFile(path, capture);
    return await new Deno.Command("tshark", {
      args: ["-r", path, "-X", `lua_script:${SCRIPT}`, ...args],
      stdin: "null",
      signal: AbortSignal.timeout(DEADLINE_MS),
    }).output();
  } finally {
    await Deno.remove(path);
  }
}

/** Why nothing can be tested here, or `undefined`. */
async function findObstacle(): Promise<string | undefined> {
  try {
    const { success } = await runTshark(new Capture().toBytes(), [
      "-Y",
      "lekt",
    ]);
    return success
      ? undefined
      : "tshark does not load scripts (4.4 does not for root)";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return "no tshark on the PATH (Debian: apt-get install tshark)";
    }
    throw error;
  }
}

const obstacle = await findObstacle();

if (obstacle !== undefined) {
  console.warn(
    `\n*** SKIPPED: ${obstacle}: the Wireshark dissector is not tested ***\n`,
  );
}

/** Begins a test that is ignored, and counted so, where there is no tshark that loads the dissector. */
export function tsharkTest(name: string, run: () => Promise<void>): void {
  Deno.test({ name, ignore: obstacle !== undefined, fn: run });
}

/** What is shown of each connection of a capture, by its number. */
export async function dissect(
  capture: Uint8Array,
  args: string[] = [],
): Promise<Map<number, Shown>> {
  const { code, stdout, stderr } = await runTshark(capture, [
    ...["-Y", FILTER, "-T", "json"],
    ...FIELDS.flatMap((field) => ["-e", field]),
    ...args,
  ]);
  const said = new TextDecoder().decode(stderr);
  assertEquals(code, 0, said);
  const frames: { _source: { layers: Layers } }[] = JSON.parse(
    new TextDecoder().decode(stdout),
  );
  const connections = new Map<number, Shown>();
  for (const { _source: { layers } } of frames) {
    const number = Number(layers["tcp.stream"]![0]);
    const shown = connections.get(number) ??
      { texts: [], messages: [], faults: [], ends: [], controls: [] };
    connections.set(number, shown);
    takeFrame(shown, layers);
  }
  return connections;
}

function takeFrame(shown: Shown, layers: Layers): void {
  const errors = (layers["_ws.expert.message"] ?? [])
    .filter((text) => text.includes("Lua Error"));
  assertEquals(errors, []);
  const side = layers["lekt.role"]![0] as Side;
  for (const name of TEXTS) {
    const values = layers[`lekt.${name}`] ?? [];
    shown.texts.push(...values.map((value) => `${side} ${name} ${value}`));
  }
  for (
    const [list, name] of [
      [shown.faults, "fault"],
      [shown.ends, "end"],
    ] as const
  ) {
    const values = layers[`lekt.${name}`] ?? [];
    list.push(...values.map((value) => `${side} ${value}`));
  }
  // Of one whose length is bad there is no kind.
  (layers["lekt.kind"] ?? []).forEach((kind, index) => {
    const subject = Number(layers["lekt.subject"]![index]);
    shown.controls.push({ kind: Number(kind), subject });
  });
  // A message without bytes has no field for them.
  const data = [...layers["lekt.message.data"] ?? []];
  (layers["lekt.message.id"] ?? []).forEach((id, index) => {
    const size = Number(layers["lekt.message.size"]![index]);
    shown.messages.push({
      side,
      id: Number(id),
      state: layers["lekt.message.state"]![index] as ShownMessage["state"],
      size,
      data: size === 0 ? "" : data.shift()!,
    });
  });
}
