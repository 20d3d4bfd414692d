import { assertEquals, assertThrows } from "@std/assert";
import { concat } from "@std/bytes";
import {
  type FramingEvent,
  LektError,
  Reassembler,
} from "../../src/framing/mod.ts";
import { allCuts } from "../helpers/cuts.ts";
import { ABORT, header, latin, MORE, packet } from "../helpers/raw_peer.ts";

/** Messages as `id:text`, aborted ones as `id!reason`. */
function collect(
  open: Map<number, string>,
  events: Iterable<FramingEvent>,
): string[] {
  const ended: string[] = [];
  for (const event of events) {
    if (event.kind === "aborted") {
      ended.push(`${event.messageId}!${event.reason}`);
      open.delete(event.messageId);
      continue;
    }
    const before = event.isFirst ? "" : open.get(event.messageId);
    const text = before + new TextDecoder().decode(event.payload);
    if (event.isLast) ended.push(`${event.messageId}:${text}`);
    if (event.isLast) open.delete(event.messageId);
    else open.set(event.messageId, text);
  }
  return ended;
}

Deno.test("a reassembler refuses counts out of bounds", () => {
  for (const maxOpenMessages of [0, -1, 1.5, NaN, 1_025]) {
    const error = assertThrows(
      () => new Reassembler({ maxOpenMessages }),
      LektError,
    );
    assertEquals(error.code, "INVALID_ARGUMENT");
  }
});

Deno.test("a reassembler finds the same messages in all cuts", () => {
  const wire = concat([
    packet(1, MORE, "on"),
    packet(0x8000_0000, 0, "single"),
    packet(2, MORE, "lost"),
    packet(1, 1, "e"),
    packet(2, ABORT, "why"),
    packet(3, 0),
  ]);
  for (const { name, reads } of allCuts(wire)) {
    const reassembler = new Reassembler();
    const open = new Map<number, string>();
    const ended = reads.flatMap((read) =>
      collect(open, reassembler.push(read))
    );
    assertEquals(ended, ["2147483648:single", "1:one", "2!why", "3:"], name);
    reassembler.end();
  }
});

Deno.test("a reassembler takes what was read into its own memory, and more than that at once", () => {
  const reassembler = new Reassembler();
  const bytes = packet(5, 0, "direct");
  reassembler.receiveBuffer().set(bytes);
  const open = new Map<number, string>();
  assertEquals(collect(open, reassembler.receive(bytes.length)), ["5:direct"]);
  const long = packet(6, 0, "x".repeat(600_000));
  assertEquals(collect(open, reassembler.push(long)), [
    `6:${"x".repeat(600_000)}`,
  ]);
});

Deno.test("a reassembler gives what was good before a fault, then throws at each call", () => {
  const reassembler = new Reassembler();
  const ended: FramingEvent[] = [];
  const bad = concat([packet(1, 0, "good"), header(2, 7, 1)]);
  const error = assertThrows(() => {
    for (const event of reassembler.push(bad)) ended.push(event);
  }, LektError);
  assertEquals([error.code, error.messageId, ended.length], ["PROTOCOL", 2, 1]);
  const again = assertThrows(
    () => [...reassembler.push(latin("x"))],
    LektError,
  );
  assertEquals(again, error);
  assertThrows(() => [...reassembler.receive(0)], LektError);
});

Deno.test("a reassembler throws a fault once in each iteration, which is over then", () => {
  const reassembler = new Reassembler();
  const events = reassembler.push(concat([packet(1, 0, "x"), header(2, 7, 1)]));
  assertEquals(events.next().value?.messageId, 1);
  assertThrows(() => events.next(), LektError);
  assertEquals(events.next(), { value: undefined, done: true });
  assertThrows(() => reassembler.push(latin("x")), LektError);
});

Deno.test("a reassembler takes what it is given whether or not anyone asks for the events", () => {
  const reads = [
    concat([packet(1, 0, "a"), packet(2, MORE, "b"), packet(3, MORE, "c")]),
    concat([packet(2, 1, "d"), packet(4, MORE, "e"), packet(5, 0, "f")]),
  ];
  const ways: Record<string, (events: Iterable<FramingEvent>) => void> = {
    "asks for all": (events) => assertEquals([...events].length > 1, true),
    "asks for none": () => {},
    "stops early": (events) => {
      for (const _ of events) break;
    },
    "takes the first": (events) => {
      const [event] = events;
      assertEquals(event?.kind, "part");
    },
    "forgets the rest": (events) => {
      events[Symbol.iterator]().next();
    },
  };
  for (const [name, take] of Object.entries(ways)) {
    const reassembler = new Reassembler();
    for (const read of reads) take(reassembler.push(read));
    const error = assertThrows(() => reassembler.end(), LektError, "3, 4:");
    assertEquals(error.code, "TRUNCATED", name);
    take(reassembler.push(concat([packet(3, 1), packet(4, ABORT, "no")])));
    reassembler.end();
  }
});

Deno.test("a reassembler tells a fault that nobody has asked for at the next call", () => {
  for (const size of [1, 600_000]) {
    const calls: ((reassembler: Reassembler) => void)[] = [
      (reassembler) => reassembler.receive(0),
      (reassembler) => reassembler.push(latin("x")),
      (reassembler) => reassembler.end(),
    ];
    for (const call of calls) {
      const reassembler = new Reassembler();
      const long = packet(1, 0, "x".repeat(size));
      for (
        const event of reassembler.push(concat([long, header(2, 7, 1)]))
      ) {
        assertEquals(event.messageId, 1);
        break;
      }
      const error = assertThrows(() => call(reassembler), LektError);
      assertEquals([error.code, error.messageId], ["PROTOCOL", 2]);
    }
  }
});

Deno.test("a reassembler takes the rest of a long push before what was read meanwhile", () => {
  const long = concat([
    packet(6, 0, "x".repeat(600_000)),
    packet(7, MORE, "y"),
  ]);
  for (const asked of [0, 1, 2, 3]) {
    const reassembler = new Reassembler();
    const events = reassembler.push(long.subarray(0, -1));
    for (let i = 0; i < asked; i++) {
      assertEquals(events.next().value?.messageId, 6);
    }
    const read = concat([long.subarray(-1), packet(8, 0, "next")]);
    reassembler.receiveBuffer().set(read);
    const found = reassembler.receive(read.length);
    assertEquals(events.next(), { value: undefined, done: true });
    const texts = [...found].map((event) =>
      event.kind === "part" && new TextDecoder().decode(event.payload)
    );
    assertEquals(texts, ["y", "next"]);
    assertThrows(() => reassembler.end(), LektError, "message 7:");
  }
});

const REASONS = ["", "plain", "z\u00fcrich \u20ac", "last"];

Deno.test("a reassembler gives each Abort its own reason, in all cuts, whichever reads are looked at", () => {
  const wire = concat(REASONS.flatMap((reason, id) => [
    packet(id, MORE, "x"),
    packet(id, ABORT, new TextEncoder().encode(reason)),
  ]));
  for (const { name, reads } of allCuts(wire)) {
    for (const isLookedAt of [() => true, (at: number) => at % 2 === 0]) {
      const reassembler = new Reassembler();
      const found = reads.flatMap((read, at) => {
        const events = reassembler.push(read);
        return isLookedAt(at) ? [...events] : [];
      });
      for (const event of found) {
        if (event.kind !== "aborted") continue;
        assertEquals(event.reason, REASONS[event.messageId], name);
      }
      reassembler.end();
    }
  }
});

Deno.test("a reassembler keeps the begin of a reason that nobody has asked for", () => {
  const wire = concat([
    packet(1, MORE, "x"),
    packet(1, ABORT, "because"),
  ]);
  for (let cut = 14; cut < wire.length; cut++) {
    const reassembler = new Reassembler();
    for (const _ of reassembler.push(wire.subarray(0, cut))) break;
    const [event] = reassembler.push(wire.subarray(cut));
    assertEquals(event, {
      kind: "aborted",
      messageId: 1,
      reason: "because",
    });
  }
});

Deno.test("what a reassembler finds can be used as any iterator", () => {
  const reassembler = new Reassembler();
  const bytes = concat([packet(1, 0, "a"), packet(2, 0, "b")]);
  const ids = reassembler.push(bytes).map(({ messageId }) => messageId);
  assertEquals(ids.toArray(), [1, 2]);
  const [, second, third] = reassembler.push(bytes);
  assertEquals([second?.messageId, third], [2, undefined]);
});

Deno.test("a reassembler opens no more messages than it was told", () => {
  const reassembler = new Reassembler({ maxOpenMessages: 2 });
  assertEquals([...reassembler.push(packet(1, MORE, "a"))].length, 1);
  assertEquals([...reassembler.push(packet(2, MORE, "a"))].length, 1);
  assertEquals([...reassembler.push(packet(3, 0, "a"))].length, 1);
  assertThrows(() => [...reassembler.push(packet(4, MORE, "a"))], LektError);
});

for (
  const [name, sent, text] of [
    ["inside a header", header(1, 0, 1).subarray(0, 5), "a packet header"],
    ["inside a packet", header(7, 0, 5), "message 7"],
    [
      "while messages are open",
      concat([packet(8, MORE, "x"), packet(9, MORE, "y")]),
      "message 8, 9",
    ],
  ] as const
) {
  Deno.test(`a reassembler tells an end ${name}`, () => {
    const reassembler = new Reassembler();
    for (const _ of reassembler.push(sent));
    const error = assertThrows(() => reassembler.end(), LektError, text);
    assertEquals(error.code, "TRUNCATED");
  });
}

Deno.test("a read of no bytes amid the reason of an Abort loses nothing of it", () => {
  const reassembler = new Reassembler();
  const bytes = concat([packet(1, MORE, "a"), packet(1, ABORT, "the reason")]);
  const cut = bytes.length - 6;
  const pieces = [
    bytes.subarray(0, cut),
    new Uint8Array(),
    bytes.subarray(cut),
  ];
  const reasons = pieces.flatMap((piece) =>
    [...reassembler.push(piece)].flatMap((event) =>
      event.kind === "aborted" ? event.reason : []
    )
  );
  assertEquals(reasons, ["the reason"]);
});

Deno.test("a reassembler may allow from 1 to 1,024 open messages", () => {
  for (const maxOpenMessages of [1, 2, 1_023, 1_024]) {
    new Reassembler({ maxOpenMessages });
  }
  for (const maxOpenMessages of [0, -1, 1.5, 1_025]) {
    const { code } = assertThrows(
      () => new Reassembler({ maxOpenMessages }),
      LektError,
    );
    assertEquals(code, "INVALID_ARGUMENT");
  }
});

/** Ids whose places in the table of open messages (`asm/open_messages.ts`) are one, and some at the next. */
function idsThatCollide(): number[] {
  const homeOf = (id: number): number => Math.imul(id, 0x9e37_79b1) >>> 21;
  const all = Array.from({ length: 100_000 }, (_, id) => id);
  // The last place, so that the search goes on at the first.
  return [2_047, 2_047, 2_047, 0, 2_047, 0, 1].map((home, index) =>
    all.filter((id) => homeOf(id) === home)[index]!
  );
}

Deno.test("messages whose ids collide are found, whichever of them ends first", () => {
  const ids = idsThatCollide();
  for (let first = 0; first < ids.length; first++) {
    const reassembler = new Reassembler();
    const open = new Map<number, string>();
    // Each ends in turn, beginning with another one.
    const order = ids.map((_, index) => ids[(first + 3 * index) % ids.length]!);
    const wire = concat([
      ...ids.map((id) => packet(id, MORE, `${id}`)),
      ...order.flatMap((id, index) => [
        packet(id, 1 + index, "."),
        ...order.slice(index + 1).map((left) =>
          packet(left, MORE + 1 + index, ".")
        ),
      ]),
    ]);
    const ended = order.map((id, index) =>
      `${id}:${id}${".".repeat(index + 1)}`
    );
    assertEquals(collect(open, reassembler.push(wire)), ended);
  }
});

Deno.test("a reason may have each character of UTF-8 but U+0000, and no bytes beside it", () => {
  const good = [0x1, 0x7f, 0x80, 0xbf, 0xc0, 0x7ff, 0x800, 0xfff, 0x1000]
    .concat([0xd7ff, 0xe000, 0xffff, 0x1_0000, 0x3_ffff, 0x4_0000, 0x10_ffff])
    .map((code) => String.fromCodePoint(code));
  const encoder = new TextEncoder();
  const reassembler = new Reassembler();
  for (const text of [...good, good.join("")]) {
    const bytes = encoder.encode(text);
    const events = [...reassembler.push(concat([
      packet(1, MORE, "x"),
      packet(1, ABORT, bytes),
    ]))];
    const last = events.at(-1);
    assertEquals(last?.kind === "aborted" && last.reason, text);
  }
  const bad = ["00", "80", "bf", "c080", "c1bf", "c27f", "c2c0", "c2"]
    .concat(["dfff", "e09fbf", "e0a07f", "e0a0c0", "e0a0", "eda080", "edbfbf"])
    .concat(["f08fbfbf", "f0908080c0", "f48fbf", "f4908080", "f5808080", "ff"]);
  for (const hex of bad) {
    const error = assertThrows(() => {
      const broken = new Reassembler();
      for (
        const _ of broken.push(concat([
          packet(1, MORE, "x"),
          packet(1, ABORT, Uint8Array.fromHex(hex)),
          packet(2, 0, "behind"),
        ]))
      );
    }, LektError);
    assertEquals([hex, error.code], [hex, "PROTOCOL"]);
  }
});
