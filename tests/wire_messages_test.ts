// A raw peer against a connection: PROTOCOL.md, section 5, byte by byte.
import { ownMemorySize } from "./helpers/own_memory.ts";
import { assert, assertEquals, assertLess } from "@std/assert";
import { concat } from "@std/bytes";
import { LektError, type Message } from "../mod.ts";
import { toHex } from "./helpers/cuts.ts";
import { within } from "./helpers/deadline.ts";
import { failureOf, receive } from "./helpers/messages.ts";
import { ABORT, header, latin, MORE, packet } from "./helpers/raw_peer.ts";
import { withRawPeer } from "./helpers/raw_pair.ts";

interface Fault {
  name: string;
  /** What comes before, all of it good. */
  before?: Uint8Array;
  /** The bytes up to the one that shows the fault. */
  sent: Uint8Array;
}

const OPEN_7 = packet(7, MORE, "ab");

const FAULTS: Fault[] = [
  {
    name: "an index that skips one",
    before: OPEN_7,
    sent: header(7, MORE + 2, 1).subarray(0, 8),
  },
  {
    name: "an index that comes again",
    before: concat([OPEN_7, packet(7, MORE + 1, "c")]),
    sent: header(7, MORE + 1, 1).subarray(0, 8),
  },
  {
    name: "an index other than 0 for an id that is not open",
    sent: header(8, 1, 1).subarray(0, 8),
  },
  {
    name: "index 0 for an open id",
    before: OPEN_7,
    sent: header(7, 0, 1).subarray(0, 8),
  },
  {
    name: "index 0 with MORE for an open id",
    before: OPEN_7,
    sent: header(7, MORE, 1).subarray(0, 8),
  },
  { name: "MORE with length 0", sent: header(9, MORE, 0) },
  {
    name: "MORE with length 0 for an open id",
    before: OPEN_7,
    sent: header(7, MORE + 1, 0),
  },
  {
    name: "MORE with the highest index",
    sent: header(9, MORE + 0x7fff_fffe, 1).subarray(0, 8),
  },
  { name: "the reserved part", sent: header(9, 0xffff_ffff, 1).subarray(0, 8) },
  {
    name: "an Abort for an id that is not open",
    sent: header(9, ABORT, 0).subarray(0, 8),
  },
  {
    name: "an Abort for an id that has ended",
    before: concat([OPEN_7, packet(7, 1, "c")]),
    sent: header(7, ABORT, 0).subarray(0, 8),
  },
  {
    name: "an Abort with a reason of 1,024 bytes, at its length",
    before: OPEN_7,
    sent: header(7, ABORT, 1024),
  },
  {
    name: "an Abort with a NUL, at the NUL",
    before: OPEN_7,
    sent: concat([header(7, ABORT, 100), latin("a\0")]),
  },
  {
    name: "an Abort with malformed UTF-8, at the byte that shows it",
    before: OPEN_7,
    sent: concat([header(7, ABORT, 100), latin("\xe2\x28")]),
  },
  {
    name: "an Abort that ends inside a character",
    before: OPEN_7,
    sent: concat([header(7, ABORT, 2), latin("\xe2\x82")]),
  },
  {
    name: "a 1,025th open message",
    before: concat(
      Array.from({ length: 1024 }, (_, id) => packet(id, MORE, "x")),
    ),
    sent: header(5000, MORE, 1).subarray(0, 8),
  },
];

for (const { name, before = new Uint8Array(0), sent } of FAULTS) {
  Deno.test(`a connection closes at once at ${name}`, () =>
    withRawPeer(async (raw, connection) => {
      await raw.write(packet(1, 0, "whole"), before, sent);
      await raw.expectBrokenEnd();
      assertEquals(await (await receive(connection)).text(), "whole");
      while (true) {
        const next = await within(
          connection.receive().catch((error: LektError) => error),
          "what comes next",
        );
        assert(next, "the failure looks like an orderly end");
        if (next instanceof LektError) {
          assertEquals(next.code, "PROTOCOL");
          break;
        }
        const outcome = await next.text().catch((error) => error.code);
        assert(outcome === "PROTOCOL" || outcome === "abc", `${outcome}`);
      }
      const { clean, error } = await within(connection.closed, "closed");
      assertEquals([clean, error?.code], [false, "PROTOCOL"]);
      assertEquals(
        (await failureOf(() => connection.send("x"))).code,
        "PROTOCOL",
      );
    }));
}

Deno.test("a fault is found in the first segment, behind the initiator's Accept", () =>
  withRawPeer(
    async (raw, connection) => {
      await raw.expectBrokenEnd();
      assertEquals(await (await receive(connection)).text(), "good");
      const error = await failureOf(() => connection.receive());
      assertEquals(error.code, "PROTOCOL");
    },
    {},
    packet(1, 0, "good"),
    header(9, 1, 1),
  ));

Deno.test("messages may come in the segment of the Accept, and the end of the stream right behind them", () =>
  withRawPeer(
    async (raw, connection) => {
      await raw.end();
      const texts: string[] = [];
      for await (const message of connection) texts.push(await message.text());
      assertEquals(texts, ["one", "", "three"]);
      await connection.send("reply");
      await connection.closeWrite();
      assertEquals(toHex(await raw.readToEnd()), toHex(packet(0, 0, "reply")));
      assertEquals(await within(connection.closed, "closed"), { clean: true });
    },
    {},
    packet(1, 0, "one"),
    packet(2, 0),
    packet(3, 0, "three"),
  ));

Deno.test("parts of messages may come in any order of messages, byte by byte", () =>
  withRawPeer(async (raw, connection) => {
    const stream = concat([
      packet(0xffff_ffff, MORE, "aa"),
      packet(0x8000_0000, MORE, "bb"),
      packet(0, MORE, "c"),
      packet(5, 0, "single"),
      packet(0xffff_ffff, MORE + 1, "AA"),
      packet(0x8000_0000, 1, "BB"),
      packet(0, 1),
      packet(0xffff_ffff, 2, "end"),
      packet(0, 0, "again"),
      packet(6, 0),
    ]);
    for (const byte of stream) await raw.write(Uint8Array.of(byte));
    await raw.end();
    const got: [number, string][] = [];
    for await (const message of connection) {
      got.push([message.id, await message.text()]);
    }
    assertEquals(got, [
      [5, "single"],
      [0x8000_0000, "bbBB"],
      [0, "c"],
      [0xffff_ffff, "aaAAend"],
      [0, "again"],
      [6, ""],
    ]);
  }));

Deno.test("1,024 messages may be open at once, and further ones of one packet", () =>
  withRawPeer(async (raw, connection) => {
    const ids = Array.from({ length: 1024 }, (_, i) => (i * 4_194_301) >>> 0);
    await raw.write(...ids.map((id) => packet(id, MORE, "x")));
    await raw.write(packet(0x7777_7777, 0, "single"));
    assertEquals(await (await receive(connection)).text(), "single");
    await raw.write(...ids.map((id) => packet(id, 1, "y")));
    for (const id of ids) {
      const message = await receive(connection);
      assertEquals([message.id, await message.text()], [id, "xy"]);
    }
    await raw.end();
    assertEquals(await connection.receive(), null);
  }));

Deno.test("an Abort fails its message alone, with the reason", () =>
  withRawPeer(async (raw, connection) => {
    await raw.write(OPEN_7, packet(8, MORE, "x"));
    await raw.write(packet(7, ABORT, "disk \xc3\xa9"), packet(8, ABORT));
    await raw.write(packet(7, 0, "again"));
    for (const [id, reason] of [[7, "disk \u00e9"], [8, ""]] as const) {
      const message = await receive(connection);
      const error = await failureOf(() => message.bytes());
      assertEquals(
        [error.code, error.messageId, error.reason],
        ["ABORTED", id, reason],
      );
    }
    assertEquals(await (await receive(connection)).text(), "again");
    await raw.end();
    assertEquals(await connection.receive(), null);
    await connection.closeWrite();
    assertEquals(await connection.closed, { clean: true });
  }));

Deno.test("an Abort reaches who already reads the message", () =>
  withRawPeer(async (raw, connection) => {
    const part = new Uint8Array(100_000);
    await raw.write(packet(3, MORE, part));
    const message = await receive(connection);
    const reader = message.body.getReader();
    let size = 0;
    while (size < part.length) size += (await reader.read()).value!.length;
    const next = reader.read();
    await raw.write(packet(3, ABORT, "why not"));
    const error = await failureOf(() => next);
    assertEquals([error.code, error.reason], ["ABORTED", "why not"]);
    await raw.end();
  }));

const CUTS: [string, Uint8Array, number[]][] = [
  ["inside a header", header(1, 0, 5).subarray(0, 3), []],
  ["behind a header", header(1, 0, 5), [1]],
  ["inside a payload", concat([header(1, 0, 5), latin("ab")]), [1]],
  ["while an id is open", packet(2, MORE, "ab"), [2]],
  [
    "while an id is open, inside another packet",
    concat([packet(2, MORE, "ab"), header(3, 0, 9), latin("x")]),
    [2, 3],
  ],
  [
    "inside the next packet of an open id",
    concat([packet(2, MORE, "ab"), header(2, 1, 9)]),
    [2],
  ],
  [
    "inside an Abort",
    concat([packet(2, MORE, "ab"), header(2, ABORT, 9), latin("x")]),
    [2],
  ],
];

for (const [name, sent, cutShort] of CUTS) {
  Deno.test(`an end of stream ${name} is reported as a failure`, () =>
    withRawPeer(async (raw, connection) => {
      await raw.write(packet(9, 0, "whole"), sent);
      await raw.end();
      assertEquals(await (await receive(connection)).text(), "whole");
      const failed: (number | undefined)[] = [];
      for (let i = 0; i < cutShort.length; i++) {
        const message = await receive(connection);
        const error = await failureOf(() => message.bytes());
        assertEquals([error.code, error.messageId], ["TRUNCATED", message.id]);
        failed.push(message.id);
      }
      assertEquals(failed.sort(), cutShort);
      const error = await failureOf(() => connection.receive());
      assertEquals(error.code, "TRUNCATED");
      const end = await within(connection.closed, "closed");
      assertEquals([end.clean, end.error?.code], [false, "TRUNCATED"]);
      await raw.readToEnd();
    }));
}

Deno.test("a large announced length sets no memory aside", () =>
  withRawPeer(async (raw, connection) => {
    const before = ownMemorySize();
    const count = 1000;
    for (let id = 0; id < count; id++) {
      await raw.write(packet(id, MORE, "x"));
    }
    await raw.write(header(count, 0, 0xffff_ffff));
    await raw.write(latin("begin"));
    await raw.end();
    let failedCount = 0;
    while (true) {
      const next = await connection.receive().catch((error) => error.code);
      if (next === "TRUNCATED") break;
      await failureOf(() => (next as Message).bytes());
      failedCount++;
    }
    assertEquals(failedCount, count + 1);
    assertLess(ownMemorySize() - before, 64 * 1024 * 1024);
    await raw.readToEnd();
  }));

Deno.test("a connection sends a message that fits one packet as one packet, others in parts with MORE", () =>
  withRawPeer(async (raw, connection) => {
    await connection.send("hi");
    await connection.send("");
    const long = Uint8Array.from({ length: 2500 }, (_, i) => i);
    const id = await connection.send(long);
    await raw.expect(packet(0, 0, "hi"));
    await raw.expect(packet(1, 0));
    await raw.expect(packet(id, MORE, long.subarray(0, 1000)));
    await raw.expect(packet(id, MORE + 1, long.subarray(1000, 2000)));
    await raw.expect(packet(id, 2, long.subarray(2000)));
    await raw.end();
  }, { maxPartBytes: 1000 }));

Deno.test("a connection keeps packets at 256 KiB, whatever it sends", () =>
  withRawPeer(async (raw, connection) => {
    const sending = connection.send(new Uint8Array(1_000_000).fill(7));
    let size = 0;
    for (let index = 0; size < 1_000_000; index++) {
      const { part, payload } = await raw.readPacket();
      size += payload.length;
      assert(payload.length <= 262_144);
      assertEquals(part, size < 1_000_000 ? MORE + index : index);
    }
    await sending;
    await raw.end();
  }));

Deno.test("a connection goes on receiving when it has ended its stream, and sending when the other side has", () =>
  withRawPeer(async (raw, connection) => {
    await connection.send("last");
    await connection.closeWrite();
    assertEquals(toHex(await raw.readToEnd()), toHex(packet(0, 0, "last")));
    await raw.write(packet(1, 0, "more"));
    assertEquals(await (await receive(connection)).text(), "more");
    await raw.end();
    assertEquals(await connection.receive(), null);
    assertEquals(await within(connection.closed, "closed"), { clean: true });
  }));
