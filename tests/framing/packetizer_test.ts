import { assertEquals, assertThrows } from "@std/assert";
import { concat } from "@std/bytes";
import { SEND_SIZE } from "../../asm/wire.ts";
import { LektError, Packetizer, Reassembler } from "../../src/framing/mod.ts";
import { ABORT, header, latin, MORE, packet } from "../helpers/raw_peer.ts";
import { pattern } from "../helpers/messages.ts";

function join(steps: Iterable<Uint8Array>): Uint8Array {
  return concat(Array.from(steps, (bytes) => bytes.slice()));
}

function codeOf(run: () => unknown): string {
  return assertThrows(run, LektError).code;
}

Deno.test("a packetizer refuses part sizes out of bounds", () => {
  for (const maxPartBytes of [0, -1, 1.5, NaN, 262_145]) {
    assertEquals(
      codeOf(() => new Packetizer({ maxPartBytes })),
      "INVALID_ARGUMENT",
    );
  }
  new Packetizer({ maxPartBytes: 1 });
  new Packetizer({ maxPartBytes: 262_144 });
});

Deno.test("a packetizer makes one packet of a message that fits, and parts of others", () => {
  const packetizer = new Packetizer({ maxPartBytes: 4 });
  assertEquals(join(packetizer.packetize(latin("four"))), packet(0, 0, "four"));
  assertEquals(join(packetizer.packetize(latin(""))), packet(1, 0));
  assertEquals(
    join(packetizer.packetize(latin("elevenbytes"))),
    concat([
      packet(2, MORE, "elev"),
      packet(2, MORE + 1, "enby"),
      packet(2, 2, "tes"),
    ]),
  );
  assertEquals(join(packetizer.packetize(latin("x"))), packet(3, 0, "x"));
});

Deno.test("a packetizer makes parts of messages larger than its buffer", () => {
  const message = pattern(1_000_000);
  const wire = join(new Packetizer().packetize(message));
  const expected = [0, 1, 2, 3].map((index) => {
    const part = message.subarray(index * 262_144, (index + 1) * 262_144);
    return packet(0, index < 3 ? MORE + index : index, part);
  });
  assertEquals(wire, concat(expected));
});

Deno.test("a packetizer interleaves open messages and ends them", () => {
  const packetizer = new Packetizer();
  const [a, b] = [packetizer.openMessage(), packetizer.openMessage()];
  const wire = concat([
    join(packetizer.packetizePart(a, latin("1"))),
    join(packetizer.packetizePart(b, latin("2"), { last: true })),
    join(packetizer.packetizePart(a, latin(""))),
    join(packetizer.packetizePart(a, latin(""), { last: true })),
  ]);
  assertEquals(
    wire,
    concat([packet(a, MORE, "1"), packet(b, 0, "2"), packet(a, 1)]),
  );
  for (const id of [a, b, 99]) {
    assertEquals(
      codeOf(() => join(packetizer.packetizePart(id, latin("x")))),
      "INVALID_ARGUMENT",
    );
    assertEquals(codeOf(() => packetizer.abort(id)), "INVALID_ARGUMENT");
  }
});

Deno.test("a packetizer aborts an open message with a reason that fits", () => {
  const packetizer = new Packetizer();
  const first = packetizer.openMessage();
  assertEquals(packetizer.abort(first).length, 0, "nothing of it was sent");
  const second = packetizer.openMessage();
  join(packetizer.packetizePart(second, latin("x")));
  assertEquals(
    packetizer.abort(second, "r".repeat(2_000)).slice(),
    packet(second, ABORT, "r".repeat(1_023)),
  );
});

Deno.test("a packetizer opens 1,024 messages and no more", () => {
  const packetizer = new Packetizer();
  const ids = Array.from({ length: 1_024 }, () => packetizer.openMessage());
  assertEquals(new Set(ids).size, 1_024);
  assertEquals(codeOf(() => packetizer.openMessage()), "LIMIT");
  packetizer.abort(ids[7]!);
  packetizer.openMessage();
  assertEquals(join(packetizer.packetize(latin("x"))).length, 13);
});

Deno.test("a packetizer puts small messages together until there is no room", () => {
  const packetizer = new Packetizer({ maxPartBytes: 1_000 });
  assertEquals(packetizer.put(new Uint8Array(1_001)), false);
  let count = 0;
  while (packetizer.put(pattern(1_000))) count++;
  assertEquals(count, Math.floor(SEND_SIZE / 1_012));
  assertEquals(packetizer.take().length, count * 1_012);
  assertEquals(packetizer.take().length, 0);
});

const SEVERAL = pattern(600_000);

/** Begins a message of several packets and leaves it; returns what was yielded. */
function leaveEarly(packetizer: Packetizer): Uint8Array {
  for (const bytes of packetizer.packetize(SEVERAL)) {
    return bytes.slice();
  }
  throw new Error("it yields nothing");
}

Deno.test("a message that packetize() leaves early is given up, however often that happens", () => {
  const packetizer = new Packetizer();
  const reassembler = new Reassembler();
  const whole: number[] = [];
  const aborted: number[] = [];
  function push(bytes: Uint8Array): void {
    for (const event of reassembler.push(bytes)) {
      if (event.kind === "aborted") aborted.push(event.messageId);
      else if (event.isLast) whole.push(event.messageId);
    }
  }
  const count = 1_500;
  for (let i = 0; i < count; i++) {
    push(leaveEarly(packetizer));
    if (i % 3 === 0) {
      for (const bytes of packetizer.packetize(latin("whole"))) push(bytes);
    } else if (i % 3 === 1) {
      packetizer.put(latin("whole"));
      push(packetizer.take());
    }
  }
  push(packetizer.take());
  assertEquals([aborted.length, whole.length], [count, count * 2 / 3]);
});

Deno.test("a packetizer gives up 1,024 messages at once that were left early, in front of the largest part", () => {
  const packetizer = new Packetizer();
  const begun = Array.from(
    { length: 1_024 },
    () => packetizer.packetize(SEVERAL),
  );
  for (const packets of begun) packets.next();
  for (const packets of begun) packets.return(undefined);
  const wire = join(packetizer.packetize(SEVERAL.subarray(0, 262_144)));
  const aborts = Array.from({ length: 1_024 }, (_, id) => packet(id, ABORT));
  assertEquals(wire.subarray(0, 1_024 * 12), concat(aborts));
  const rest = wire.subarray(1_024 * 12);
  assertEquals(rest.subarray(0, 12), header(1_024, 0, 262_144));
  assertEquals(rest.length, 12 + 262_144);
});

Deno.test("a packetizer has Aborts wait where what was put leaves no room", () => {
  const packetizer = new Packetizer();
  let lastId = 0;
  while (packetizer.put(pattern(1_000))) lastId++;
  while (packetizer.put(pattern(0))) lastId++;
  leaveEarly(packetizer);
  assertEquals(packetizer.put(pattern(0)), false);
  packetizer.take();
  assertEquals(packetizer.take().slice(), packet(lastId, ABORT));
});

Deno.test("put() takes messages of one packet, up to the size of a part", () => {
  for (const maxPartBytes of [1, 100, 4_096]) {
    for (const size of [maxPartBytes - 1, maxPartBytes, maxPartBytes + 1]) {
      const packetizer = new Packetizer({ maxPartBytes });
      const isPut = packetizer.put(new Uint8Array(size));
      assertEquals(isPut, size <= maxPartBytes, `${size} of ${maxPartBytes}`);
    }
  }
});

Deno.test("put() fills its buffer to the last byte", () => {
  const headerSize = header(0, 0, 0).length;
  for (const extra of [-1, 0, 1]) {
    const packetizer = new Packetizer();
    const small = new Uint8Array(1_000);
    let room = SEND_SIZE;
    for (; room > 3_000; room -= headerSize + small.length) {
      assertEquals(packetizer.put(small), true);
    }
    const last = new Uint8Array(room - headerSize + extra);
    assertEquals(packetizer.put(last), extra <= 0);
  }
});

Deno.test("parts of a message are numbered on behind a piece that needed several", () => {
  const packetizer = new Packetizer({ maxPartBytes: 10 });
  const messageId = packetizer.openMessage();
  const packets = concat([
    join(packetizer.packetizePart(messageId, pattern(35))),
    join(packetizer.packetizePart(messageId, pattern(5), { last: true })),
  ]);
  const reassembler = new Reassembler();
  let size = 0;
  for (const event of reassembler.push(packets)) {
    if (event.kind === "part") size += event.payload.length;
  }
  assertEquals(size, 40);
  reassembler.end();
});
