/**
 * Conversations made from the vectors, and what a dissector has to show of them.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import { fromHex } from "../helpers/cuts.ts";
import { idToHex, type Wire, wireBytes } from "../helpers/vectors.ts";
import framing from "../vectors/framing.json" with { type: "json" };
import handshake from "../vectors/handshake.json" with { type: "json" };
import type { Conversation, Side } from "./capture.ts";
import type { Shown, ShownMessage } from "./tshark.ts";

interface FramingVector {
  name: string;
  wire: Wire[];
  ended?: { messageId: string; bytes: string; reason?: string }[];
  endedCount?: number;
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
  conversation.send("initiator", ascii(`LEKTH${version}alice\0`));
  conversation.send("responder", ascii(`LEKTA${version}bob\0`));
  conversation.send("initiator", ascii(`LEKTA${version}`));
}

function framingScene(vector: FramingVector, side: Side): Scene {
  const bytes = wireBytes(vector.wire);
  return {
    name: `${vector.name} (${side})`,
    size: bytes.length,
    play(conversation) {
      greet(conversation);
      conversation.send(side, bytes, true);
    },
    check(shown) {
      assert(shown, "nothing is shown");
      assertMessages(shown, vector);
      const { fault, end } = vector;
      assertEquals(shown.faults, fault ? [`${side} ${fault.status}`] : []);
      assertEquals(
        shown.ends,
        end === "truncated" ? [`${side} truncated`] : [],
      );
    },
  };
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
  const reasons = vector.ended.flatMap(({ reason }) => reason ?? []);
  assertEquals(
    shown.texts.flatMap((text) => text.split(" reason ")[1] ?? []),
    reasons,
  );
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

/** Conversations of version 1.1: bytes of the initiator, and what is shown. */
interface ControlScene {
  name: string;
  wire: Wire[];
  kinds: string[];
  fault?: string;
  end?: string;
}

const CONTROL_SCENES: ControlScene[] = [
  {
    name: "each kind, and one that is unknown",
    wire: [
      "00000000 ffffffff 00000009 01 0102030405060708",
      "00000000 ffffffff 00000009 02 0102030405060708",
      "00000000 ffffffff 00000009 03 0000000000200000",
      "00000005 ffffffff 00000003 04 6e6f",
      "00000001 ffffffff 00000001 05",
      "00000001 80000000 00000001 61",
      "00000001 ffffffff 00000002 06 01",
      "00000000 ffffffff 00000009 08 0000000000100000",
      "00000000 ffffffff 00000002 ff 00",
      "00000001 00000001 00000001 62",
      "00000000 ffffffff 00000008 07 00000001 627965",
      "00000000 ffffffff 00000009 02 0102030405060708",
    ],
    kinds: ["01", "02", "03", "04", "05", "06", "08", "ff", "07", "02"],
  },
  {
    name: "no Goodbye",
    wire: ["00000001 00000000 00000001 62"],
    kinds: [],
    end: "noGoodbye",
  },
  {
    name: "an empty body",
    wire: ["00000000 ffffffff 00000000"],
    kinds: [],
    fault: "controlLength",
  },
  {
    name: "a body of 1041 bytes",
    wire: ["00000000 ffffffff 00000411 01"],
    kinds: [],
    fault: "controlLength",
  },
  {
    name: "a Ping of seven bytes",
    wire: ["00000000 ffffffff 00000008 01 01020304050607"],
    kinds: ["01"],
    fault: "controlForm",
  },
  {
    name: "a Confirmed that says neither",
    wire: ["00000000 ffffffff 00000002 06 02"],
    kinds: ["06"],
    fault: "controlForm",
  },
  {
    name: "a Ping about a message",
    wire: ["00000001 ffffffff 00000009 01 0102030405060708"],
    kinds: ["01"],
    fault: "controlSubject",
  },
  {
    name: "a Stop whose reason holds a NUL",
    wire: ["00000001 ffffffff 00000002 04 00"],
    kinds: ["04"],
    fault: "controlReason",
  },
  {
    name: "a Goodbye with an open id",
    wire: [
      "00000001 80000000 00000001 62",
      "00000000 ffffffff 00000005 07 00000000",
    ],
    kinds: ["07"],
    fault: "goodbyeOpen",
  },
  {
    name: "a Goodbye with another count",
    wire: ["00000000 ffffffff 00000005 07 00000001"],
    kinds: ["07"],
    fault: "goodbyeCount",
  },
  {
    name: "a message behind Goodbye",
    wire: [
      "00000000 ffffffff 00000005 07 00000000",
      "00000001 00000000 00000001 62",
    ],
    kinds: ["07"],
    fault: "behindGoodbye",
  },
  {
    name: "two Goodbyes",
    wire: [
      "00000000 ffffffff 00000005 07 00000000",
      "00000000 ffffffff 00000005 07 00000000",
    ],
    kinds: ["07", "07"],
    fault: "controlBehindGoodbye",
  },
  {
    name: "a window that goes down",
    wire: [
      "00000000 ffffffff 00000009 03 0000000000200000",
      "00000000 ffffffff 00000009 03 00000000001fffff",
    ],
    kinds: ["03", "03"],
    fault: "windowDown",
  },
];

function controlScene({ name, wire, kinds, fault, end }: ControlScene): Scene {
  const bytes = wireBytes(wire);
  return {
    name,
    size: bytes.length,
    play(conversation) {
      greet(conversation, 1);
      conversation.send("initiator", bytes, true);
    },
    check(shown) {
      const all = (texts: string[]) => texts.map((text) => `initiator ${text}`);
      assertEquals(shown!.controls, all(kinds.map((kind) => `0x${kind}`)));
      assertEquals(shown!.faults, all(fault === undefined ? [] : [fault]));
      assertEquals(shown!.ends, all(end === undefined ? [] : [end]));
    },
  };
}

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

/** One for each vector, and for each direction; and those of version 1.1. */
export const SCENES: Scene[] = [
  ...(framing.vectors as FramingVector[]).flatMap((vector) => [
    framingScene(vector, "initiator"),
    framingScene(vector, "responder"),
  ]),
  ...(handshake.vectors as HandshakeVector[]).map(handshakeScene),
  ...CONTROL_SCENES.map(controlScene),
];
