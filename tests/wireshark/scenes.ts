/**
 * Conversations made from the vectors, and what a dissector has to show of them.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import { fromHex } from "../helpers/cuts.ts";
import { idToHex, type Wire, wireBytes } from "../helpers/vectors.ts";
import control from "../vectors/control.json" with { type: "json" };
import framing from "../vectors/framing.json" with { type: "json" };
import handshake from "../vectors/handshake.json" with { type: "json" };
import type { Conversation, Side } from "./capture.ts";
import type { Shown, ShownMessage } from "./tshark.ts";

/** A control packet as the vectors write it; its integers in hexadecimal. */
interface ControlRow {
  type: string;
  messageId?: string;
  total?: string;
  messageCount?: string;
  data?: string;
  reason?: string;
  isTaken?: boolean;
}

interface FramingVector {
  name: string;
  minor: 0 | 1;
  wire: Wire[];
  ended?: { messageId: string; bytes: string; reason?: string }[];
  endedCount?: number;
  controls?: ControlRow[];
  incomplete?: { messageId: string; bytes: string }[];
  fault?: { status: string };
  end?: string;
}

interface Step {
  start?: boolean;
  receive?: string;
  end?: boolean;
  waitMs?: number;
  state: string;
  sends: string[];
}

interface HandshakeVector {
  name: string;
  role: string;
  steps: Step[];
  outcome: {
    kind: string;
    code?: string;
    by?: string;
    nickname?: string;
    version?: string;
    reason?: string;
  };
}

/** A conversation, and what has to be shown of it. */
export interface Scene {
  name: string;
  /** Bytes that one side sends, to see which ways of cutting them are worth it. */
  size: number;
  play: (conversation: Conversation) => void;
  check: (shown: Shown | undefined) => void;
}

/** The bytes of a text. */
export function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Both agree, in a version. */
export function greet(conversation: Conversation, minor = 0): void {
  const version = `\x01${String.fromCharCode(minor)}\0`;
  conversation.sendWhole("initiator", ascii(`LEKTH${version}alice\0`));
  conversation.sendWhole("responder", ascii(`LEKTA${version}bob\0`));
  conversation.sendWhole("initiator", ascii(`LEKTA${version}`));
}

function framingScene(vector: FramingVector, side: Side): Scene {
  const bytes = wireBytes(vector.wire);
  return {
    name: `${vector.name} (${side})`,
    size: bytes.length,
    play(conversation) {
      greet(conversation, vector.minor);
      conversation.send(side, bytes, true);
    },
    check(shown) {
      assert(shown, "nothing is shown");
      assertMessages(shown, vector);
      assertControls(shown, vector);
      const { fault } = vector;
      assertEquals(shown.faults, fault ? [`${side} ${fault.status}`] : []);
      assertEquals(shown.ends, endsOf(vector).map((end) => `${side} ${end}`));
    },
  };
}

function endsOf({ name, end }: FramingVector): string[] {
  if (end !== "truncated") return [];
  return [name.startsWith("no Goodbye") ? "noGoodbye" : "truncated"];
}

/** The values of a field that are shown, in order. */
function valuesOf({ texts }: Shown, name: string): string[] {
  return texts.flatMap((text) => text.split(` ${name} `)[1] ?? []);
}

const KINDS = [
  "ping",
  "pong",
  "window",
  "stop",
  "confirm",
  "confirmed",
  "goodbye",
  "messageWindow",
];

function assertControls(
  shown: Shown,
  { controls = [], fault }: FramingVector,
): void {
  const known = shown.controls.map(({ kind, subject }) => ({
    type: KINDS[kind - 1],
    subject,
  })).filter(({ type }) => type !== undefined);
  // One whose body is bad is shown too, behind the good ones.
  const hasBadBody = /^(control(?!Length)|goodbye|windowDown)/
    .test(fault?.status ?? "");
  assertEquals(
    hasBadBody ? known.slice(0, -1) : known,
    controls.map(({ type, messageId = "0" }) => ({
      type,
      subject: parseInt(messageId, 16),
    })),
  );
  const listed = <T>(of: (row: ControlRow) => T | undefined): T[] =>
    controls.map(of).filter((value) => value !== undefined);
  assertEquals(valuesOf(shown, "ping"), listed(({ data }) => data));
  assertEquals(
    valuesOf(shown, "window"),
    listed(({ total }) => total && String(BigInt(`0x${total}`))),
  );
  assertEquals(
    valuesOf(shown, "count"),
    listed(({ messageCount }) =>
      messageCount && String(parseInt(messageCount, 16))
    ),
  );
  assertEquals(
    valuesOf(shown, "taken").map((text) => /^(1|true)$/i.test(text)),
    listed(({ isTaken }) => isTaken),
  );
}

function assertMessages(shown: Shown, vector: FramingVector): void {
  const ended = shown.messages.filter(({ state }) => state !== "incomplete");
  if (!vector.ended) {
    assertEquals(ended.length, vector.endedCount);
    return;
  }
  const bytesOf = ({ id, data, size }: ShownMessage) => {
    assertEquals(data.length, 2 * size);
    return { messageId: idToHex(id), bytes: data };
  };
  assertEquals(
    ended.map(bytesOf),
    vector.ended.map(({ messageId, bytes }) => ({ messageId, bytes })),
  );
  const reasons = [...vector.ended, ...vector.controls ?? []]
    .flatMap(({ reason }) => reason ?? []);
  assertEquals(valuesOf(shown, "reason").sort(), reasons.sort());
  assertEquals(
    ended.map(({ state }) => state === "aborted"),
    vector.ended.map(({ reason }) => reason !== undefined),
  );
  // What stands behind a header alone is nothing yet.
  const incomplete = shown.messages.filter(({ state, size }) =>
    state === "incomplete" && size > 0
  );
  assertEquals(incomplete.map(bytesOf), vector.incomplete ?? []);
}

/** A packet of a message. */
export function packet(id: number, part: string, text: string): Uint8Array {
  const head = fromHex(`${idToHex(id)} ${part} ${idToHex(text.length)}`);
  return concat([head, ascii(text)]);
}

/** What the session of a receiver judges, of which there are no vectors. */
const WINDOW_DOWN: FramingVector = {
  name: "a window that goes down",
  minor: 1,
  wire: [
    "00000000 ffffffff 00000009 03 0000000000200000",
    "00000000 ffffffff 00000009 03 00000000001fffff",
  ],
  ended: [],
  controls: [{ type: "window", total: "200000" }],
  fault: { status: "windowDown" },
};

/** The rule that the name of a vector tells of. */
const HANDSHAKE_RULES: [RegExp, string][] = [
  [
    /not the next one of LEKT|HTTP|another byte|not begin with LEKT/,
    "badMagic",
  ],
  [/has type/, "badType"],
  [/major|foreign/, "otherMajor"],
  [/differs in version|has our version/, "versionChanged"],
  [/empty nickname|in the read of the fault/, "nicknameEmpty"],
  [/nickname of 256/, "nicknameTooLong"],
  [/nickname with U\+/, "nicknameForbidden"],
  [/nickname with/, "nicknameMalformed"],
  [/reason of 1024/, "reasonTooLong"],
  [/reason/, "reasonMalformed"],
  [/behind|while/, "early"],
];

function ruleOf(name: string): string {
  const found = HANDSHAKE_RULES.find(([pattern]) => pattern.test(name));
  assert(found, name);
  return found[1];
}

function playSteps(
  conversation: Conversation,
  { role, steps }: HandshakeVector,
): void {
  const us = role as Side;
  const them = us === "initiator" ? "responder" : "initiator";
  let isEnded = false;
  for (const step of steps) {
    conversation.wait(step.waitMs ?? 0);
    if (step.receive) conversation.send(them, fromHex(step.receive));
    if (step.end) {
      conversation.end(them);
      isEnded = true;
    }
    for (const packet of step.sends) {
      conversation.send(us, fromHex(packet.replace("..", "6e6f")));
    }
  }
  if (isEnded) conversation.end(us);
  else if (steps.at(-1)!.state === "closed") conversation.reset(us);
}

function checkOutcome(
  { name, role, outcome, steps }: HandshakeVector,
  shown: Shown | undefined,
): void {
  if (!steps.some(({ receive, sends }) => receive || sends.length > 0)) {
    assertEquals(shown, undefined);
    return;
  }
  assert(shown, "nothing is shown");
  const us = role as Side;
  const them = us === "initiator" ? "responder" : "initiator";
  const { code, by, reason, nickname, version } = outcome;
  const isBadReject = by === "remote" && reason === undefined;
  assertEquals(
    shown.faults,
    code === "PROTOCOL" || isBadReject ? [`${them} ${ruleOf(name)}`] : [],
  );
  const has = (text: string) =>
    assert(shown.texts.includes(text), `${text} is not in ${shown.texts}`);
  if (outcome.kind === "connected") {
    has(`${them} nickname ${nickname}`);
    has(`${them} version ${version}`);
    assertEquals(shown.ends, []);
    const { trailing } = outcome as unknown as { trailing: string };
    assertEquals(
      shown.messages.map(({ data }) => data),
      trailing === "" ? [] : [trailing.slice(24)],
    );
  }
  if (reason !== undefined) {
    has(`${by === "local" ? us : them} reason ${reason}`);
  }
  if (code === "CLOSED" && !name.includes("major version 0")) {
    assertEquals(shown.ends[0], `${them} notConnected`);
  }
}

function handshakeScene(vector: HandshakeVector): Scene {
  return {
    name: `${vector.name} (${vector.role})`,
    size: Math.max(
      ...vector.steps.map(({ receive = "" }) => fromHex(receive).length),
    ),
    play: (conversation) => playSteps(conversation, vector),
    check: (shown) => checkOutcome(vector, shown),
  };
}

const FRAMING_VECTORS = [
  ...framing.vectors.map((vector) => ({ ...vector, minor: 0 })),
  ...control.vectors.map((vector) => ({ ...vector, minor: 1 })),
  WINDOW_DOWN,
] as FramingVector[];

/** One for each vector; those of packets go now one way, now the other. */
export const SCENES: Scene[] = [
  ...FRAMING_VECTORS.map((vector, index) =>
    framingScene(vector, index % 2 === 0 ? "initiator" : "responder")
  ),
  ...(handshake.vectors as HandshakeVector[]).map(handshakeScene),
];
