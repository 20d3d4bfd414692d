import { assert, assertEquals, assertThrows } from "@std/assert";
import { LektError } from "../src/base/errors.ts";
import { type ControlPacket, Reassembler } from "../src/framing/mod.ts";
import { encodeControl } from "../src/framing/control.ts";
import {
  encodeHandshake,
  encodeInitiatorAccept,
  encodeReject,
  encodeResponderAccept,
  Handshake,
} from "../src/handshake/mod.ts";
import { encodeProbe } from "../src/handshake/packets.ts";
import { TRANSITIONS } from "../src/handshake/table.ts";
import { fromHex, toHex, withTrailing } from "./helpers/cuts.ts";
import protocol from "../PROTOCOL.md" with { type: "text" };

const TEXT = new TextEncoder();

/** The VERSION_MINOR of the examples. */
const MINOR = 1;

/** The blocks ```` ```hex NAME ````, without the remarks behind `|`. */
function readExamples(): Map<string, Uint8Array> {
  const examples = new Map<string, Uint8Array>();
  for (const [, name, block] of protocol.matchAll(/```hex (\S+)\n(.*?)```/gs)) {
    const hex = block!.split("\n").map((line) => line.split("|")[0]!).join(" ");
    assert(!examples.has(name!), name);
    examples.set(name!, fromHex(hex));
  }
  return examples;
}

const EXAMPLES = readExamples();

function assertExample(name: string, expected: Uint8Array): void {
  const example = EXAMPLES.get(name);
  assert(example !== undefined, name);
  assertEquals(toHex(example), toHex(expected), name);
}

/** One message packet, written in the plainest way. */
function packet(
  messageId: number,
  part: number,
  payload: Uint8Array,
): Uint8Array {
  const header = new DataView(new ArrayBuffer(12));
  header.setUint32(0, messageId);
  header.setUint32(4, part);
  header.setUint32(8, payload.length);
  return withTrailing(new Uint8Array(header.buffer), payload);
}

function textPacket(messageId: number, part: number, text: string): Uint8Array {
  return packet(messageId, part, TEXT.encode(text));
}

function controlPacket(control: ControlPacket): Uint8Array {
  const { subject, body } = encodeControl(control);
  return packet(subject, 0xffff_ffff, body);
}

function join(...pieces: Uint8Array[]): Uint8Array {
  return pieces.reduce(withTrailing);
}

Deno.test("PROTOCOL.md shows handshake packets as they are written", () => {
  assertExample("handshake", encodeHandshake("alice", MINOR));
  assertExample("responder-accept", encodeResponderAccept("bob", MINOR));
  assertExample("initiator-accept", encodeInitiatorAccept(MINOR));
  assertExample("reject", encodeReject("busy", MINOR));
  assertExample("reject-without-reason", encodeReject("", MINOR));
  const responder = new Handshake({
    role: "responder",
    nickname: "bob",
    versionMinor: MINOR,
    nowMs: 0,
  });
  responder.handleReceived(fromHex("4c454b5448020104"), 0);
  assertExample("reject-version", responder.pollTransmit()!);
  assertExample("probe", encodeProbe());
});

Deno.test("PROTOCOL.md shows message packets as they are defined", () => {
  const MORE = 0x8000_0000;
  assertExample("single", textPacket(1, 0, "hello"));
  assertExample("empty", textPacket(2, 0, ""));
  assertExample(
    "interleaved",
    join(
      textPacket(3, MORE + 0, "abc"),
      textPacket(4, 0, "hi"),
      textPacket(3, MORE + 1, "def"),
      textPacket(3, 2, "gh"),
    ),
  );
  assertExample(
    "empty-last",
    join(textPacket(5, MORE + 0, "ab"), textPacket(5, 1, "")),
  );
  assertExample(
    "abort",
    join(
      textPacket(6, MORE + 0, "ab"),
      textPacket(6, 0x7fff_ffff, "disk full"),
    ),
  );
});

Deno.test("PROTOCOL.md shows control packets as they are written", () => {
  const data = fromHex("00 00 00 00 00 00 00 2A");
  assertExample("ping", controlPacket({ type: "ping", data }));
  assertExample("pong", controlPacket({ type: "pong", data }));
  const total = 64 * 1024 * 1024;
  assertExample("window", controlPacket({ type: "window", total }));
  assertExample(
    "message-window",
    controlPacket({
      type: "messageWindow",
      messageId: 3,
      total: 4 * 1024 * 1024,
    }),
  );
  assertExample(
    "stop",
    controlPacket({ type: "stop", messageId: 3, reason: "enough" }),
  );
  assertExample(
    "confirm",
    join(
      controlPacket({ type: "confirm", messageId: 4 }),
      textPacket(4, 0, "hi"),
    ),
  );
  assertExample(
    "confirmed",
    controlPacket({ type: "confirmed", messageId: 4, isTaken: true }),
  );
  assertExample(
    "goodbye",
    controlPacket({ type: "goodbye", messageCount: 2, reason: "done" }),
  );
});

Deno.test("PROTOCOL.md shows a stream that every reader takes for broken off", () => {
  const [byte] = EXAMPLES.get("broken-off")!;
  assertExample("broken-off", Uint8Array.of(0));
  const reassembler = new Reassembler();
  const whole = join(textPacket(1, 0, "hello"), Uint8Array.of(byte!));
  assertEquals([...reassembler.push(whole)].length, 1);
  const error = assertThrows(() => reassembler.end(), LektError);
  assertEquals(error.code, "TRUNCATED");
});

Deno.test("PROTOCOL.md shows a file and its receipt as they are defined", async () => {
  const content = TEXT.encode("hi\n");
  const digest = await crypto.subtle.digest("SHA-256", content);
  const file = join(
    TEXT.encode("\0LEKTF1\n"),
    TEXT.encode('{"name":"hi.txt","size":3,"type":"text/plain"}\n'),
    content,
    new Uint8Array(digest),
  );
  assertExample("file", packet(7, 0, file));
  assertExample("receipt", textPacket(1, 0, '\0LEKTR1\n{"id":7,"ok":true}'));
});

Deno.test("PROTOCOL.md has no example that no test knows", async () => {
  const tests = await Deno.readTextFile(new URL(import.meta.url));
  const known = [...tests.matchAll(/\bassertExample\(\s*"([\w-]+)"/g)]
    .map(([, name]) => name!);
  assertEquals([...EXAMPLES.keys()].toSorted(), known.toSorted());
});

/** The hexadecimal examples in each row of the table under a heading. */
function faultExamples(heading: string): string[][] {
  const section = protocol.split(`### ${heading}`)[1]!.split("###")[0]!;
  return section.split("\n").filter((line) => line.includes("`0000")).map(
    (row) => [...row.matchAll(/`([0-9A-F ]+)`/g)].map(([, hex]) => hex!),
  );
}

Deno.test("PROTOCOL.md calls bad what is refused", () => {
  const rows = faultExamples("Bad message packets");
  assertEquals(rows.length, 9);
  for (const row of rows) {
    const packets = row.map(fromHex);
    const bad = packets.pop()!;
    const reassembler = new Reassembler();
    for (const good of packets) {
      assertEquals([...reassembler.push(good)].length, 1, `${row}`);
    }
    const error = assertThrows(() => [...reassembler.push(bad)], LektError);
    assertEquals(error.code, "PROTOCOL", `${row}`);
  }
});

Deno.test("PROTOCOL.md calls bad of version 1.1 what is refused", () => {
  const rows = faultExamples("Faults of version 1.1");
  assertEquals(rows.length, 8);
  for (const row of rows) {
    const packets = row.map(fromHex);
    const bad = packets.pop()!;
    const reassembler = new Reassembler({ minor: 1 });
    for (const good of packets) [...reassembler.push(good)];
    const error = assertThrows(() => [...reassembler.push(bad)], LektError);
    assertEquals(error.code, "PROTOCOL", `${row}`);
  }
});

Deno.test("PROTOCOL.md names every way from state to state and no other", () => {
  const rows = protocol.matchAll(
    /^\| (initiator|responder) +\| `(\w+)` +\|.*\| `(\w+)` +\|$/gm,
  );
  const told = [...rows].map((row) => row.slice(1).join(" ")).sort();
  const known: string[] = [];
  for (const [role, states] of Object.entries(TRANSITIONS)) {
    for (const [state, transitions] of Object.entries(states)) {
      for (const next of Object.values(transitions)) {
        known.push(`${role} ${state} ${next}`);
      }
    }
  }
  assertEquals(told, known.sort());
});
