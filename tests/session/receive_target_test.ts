// Which memory the next bytes go to, by the table in
// `src/session/receive_target.ts`: how much of it is lent, to the byte.
import { assertEquals, assertThrows } from "@std/assert";
import { concat } from "@std/bytes";
import { LektError } from "../../src/base/errors.ts";
import { resolveLimits } from "../../src/base/limits.ts";
import { Exchange } from "../../src/session/exchange.ts";
import { bytesOfControl } from "../../src/session/control_queue.ts";
import type { IncomingMessage } from "../../src/session/incoming_message.ts";
import { LinkControl } from "../../src/session/link_control.ts";
import { ReceiveTarget } from "../../src/session/receive_target.ts";
import { header, MORE, packet } from "../helpers/raw_peer.ts";

const KIB = 1024;
const SMALL = 1_152;
const REGION = 256 * KIB;
const DIRECT = 64 * KIB;
const BEGIN = 66 * KIB;

/** One side that reads, in version 1.0 or 1.1. */
class Reader implements Disposable {
  readonly exchange: Exchange;
  readonly #target = new ReceiveTarget();

  constructor(versionMinor = 0) {
    const limits = resolveLimits({ maxTotalBufferedBytes: 2 ** 30 });
    this.exchange = new Exchange(
      limits,
      versionMinor > 0 ? new LinkControl(limits, versionMinor, 0) : undefined,
    );
  }

  /** How much is lent for the next read, into which nothing comes. */
  get lentSize(): number {
    const { length } = this.#target.lend(this.exchange, Infinity);
    this.#target.forget();
    return length;
  }

  get hasBegunLong(): boolean {
    return this.#target.hasBegunLong;
  }

  get messages(): IncomingMessage[] {
    return [...this.exchange.inbox.streamed];
  }

  /** Whether the core is kept where it could be another connection's, while what is lent waits for bytes. */
  get keepsCore(): boolean {
    const { core } = this.exchange;
    this.#target.lend(this.exchange, Infinity);
    this.#target.releaseCoreWhereIdle(this.exchange);
    this.#target.forget();
    return this.exchange.underWay === core;
  }

  /** Reads all of `bytes`, at most `sizeMax` at once; returns how much of what was lent for the last read it was. */
  read(bytes: Uint8Array, sizeMax = Infinity): number {
    let lentSize = 0;
    for (let offset = 0; offset < bytes.length;) {
      const lent = this.#target.lend(this.exchange, Infinity);
      lentSize = lent.length;
      const read = bytes.subarray(offset, offset + Math.min(lentSize, sizeMax));
      lent.set(read);
      this.#target.takeBack(read.length);
      const error = this.#target.take(this.exchange, lent, read.length);
      if (error) throw error;
      while (this.exchange.hasRest) {
        const fault = this.exchange.takeRest();
        if (fault) throw fault;
      }
      offset += read.length;
    }
    return lentSize;
  }

  /** A message of which so much has arrived, in whole parts. */
  begin(size: number): void {
    for (let index = 0; index * REGION < size; index++) {
      const part = new Uint8Array(Math.min(REGION, size - index * REGION));
      this.read(packet(1, index + MORE, part));
    }
  }

  /** Room for so many bytes is left. */
  leave(room: number): void {
    const { held } = this.exchange.inbox;
    held.change(held.room - room);
  }

  /** What other tests of the process hold makes no difference. */
  [Symbol.dispose](): void {
    this.exchange.inbox.held.clear();
    this.exchange.release();
  }
}

Deno.test("where the last read brought little, and nothing is incomplete, little is lent", () => {
  const lentBehind = (size: number, isWhole: boolean): number => {
    using reader = new Reader();
    const part = isWhole ? 0 : MORE;
    reader.read(packet(1, part, new Uint8Array(size - 12)));
    return reader.lentSize;
  };
  assertEquals([1, 2].map((less) => lentBehind(SMALL + 1 - less, true)), [
    REGION,
    SMALL,
  ]);
  assertEquals(lentBehind(100, false), REGION);
  using reader = new Reader();
  assertEquals(reader.lentSize, SMALL);
});

Deno.test("no more of the region is lent than there is room for, and 4 KiB in any case", () => {
  const table: [room: number, lent: number][] = [
    [REGION + 1, REGION],
    [REGION - 1, REGION - 1],
    [4_097, 4_097],
    [4_095, 4_096],
    [0, 4_096],
    [-5, 4_096],
  ];
  for (const [room, lent] of table) {
    using reader = new Reader();
    reader.read(packet(1, MORE, new Uint8Array(100)));
    reader.leave(room);
    assertEquals([room, reader.lentSize], [room, lent]);
  }
});

Deno.test("of a long message that begins 66 KiB are read to the region, and then it is known that it has begun", () => {
  const lentFor = (length: number): number => {
    using reader = new Reader();
    reader.read(header(1, MORE, length));
    return reader.lentSize;
  };
  assertEquals([2 * BEGIN - 1, 2 * BEGIN].map(lentFor), [REGION, BEGIN]);
  using reader = new Reader();
  reader.read(header(1, MORE, REGION));
  const lentSize = reader.read(new Uint8Array(BEGIN));
  assertEquals([lentSize, reader.hasBegunLong], [BEGIN, true]);
  // It has begun: nothing is held back any more.
  assertEquals(reader.lentSize, REGION);
  reader.read(new Uint8Array(10));
  assertEquals(reader.hasBegunLong, false);
  using other = new Reader();
  other.read(header(1, MORE, REGION));
  other.read(new Uint8Array(BEGIN - 1));
  assertEquals(other.hasBegunLong, false);
});

/** A message of which a reader waits for more, with so much memory. */
function waitFor(reader: Reader, memorySize: number): IncomingMessage {
  const [message] = reader.messages;
  message!.read(new Uint8Array(message!.bufferedSize));
  message!.readInto = new Uint8Array(memorySize + 5);
  message!.readSize = 5;
  message!.onNews = (): void => {};
  return message!;
}

/** What is lent where a reader waits with so much memory, and so much of a part is missing. */
function lentToReader(memorySize: number, missing: number): number {
  using reader = new Reader();
  reader.begin(100);
  reader.read(header(1, 1 + MORE, missing));
  waitFor(reader, memorySize);
  return reader.lentSize;
}

Deno.test("64 KiB or more of a part are read straight to a reader who has memory for so many", () => {
  assertEquals(lentToReader(DIRECT, DIRECT), DIRECT);
  assertEquals(lentToReader(DIRECT, DIRECT + 5), DIRECT);
  assertEquals(lentToReader(DIRECT + 5, DIRECT), DIRECT);
  assertEquals(lentToReader(DIRECT - 1, DIRECT), REGION);
  assertEquals(lentToReader(DIRECT + 5, DIRECT - 1), REGION);
});

Deno.test("a message that nobody reads goes to the region, whatever is missing of its part", () => {
  const lentFor = (missing: number): number => {
    using reader = new Reader();
    reader.begin(2 * REGION);
    reader.read(header(1, 2 + MORE, missing));
    return reader.lentSize;
  };
  assertEquals([DIRECT - 1, DIRECT, REGION].map(lentFor), [
    REGION,
    REGION,
    REGION,
  ]);
});

Deno.test("behind what went to a reader's memory the region is lent up to the end of the next header", () => {
  using reader = new Reader();
  reader.begin(100);
  reader.read(header(1, 1 + MORE, 100_000));
  waitFor(reader, 100_000);
  assertEquals(reader.read(new Uint8Array(100_000)), 100_000);
  assertEquals(reader.lentSize, 12);
});

Deno.test("the end of a large part is read to the region with the next header alone, where the reader has memory of its own", () => {
  const lentFor = (
    hasOwnMemory: boolean,
    length: number,
    missing: number,
  ): number => {
    using reader = new Reader();
    reader.begin(100);
    reader.read(header(1, 1 + MORE, length));
    Object.assign(reader.messages[0]!, { hasOwnMemory });
    reader.read(new Uint8Array(length - missing));
    return reader.lentSize;
  };
  assertEquals(lentFor(true, DIRECT, 100), 112);
  assertEquals(lentFor(false, DIRECT, 100), REGION);
  assertEquals(lentFor(true, DIRECT - 1, 100), REGION);
  assertEquals(lentFor(true, 2 * DIRECT, DIRECT - 1), DIRECT + 11);
  assertEquals(lentFor(true, 2 * DIRECT, DIRECT), REGION);
  assertEquals(lentFor(true, DIRECT, 0), REGION);
});

Deno.test("a message goes on behind the header that was read alone", () => {
  using reader = new Reader();
  reader.begin(100);
  reader.read(header(1, 1 + MORE, 100_000));
  const message = waitFor(reader, 100_000);
  reader.read(new Uint8Array(100_000));
  assertEquals(reader.read(header(1, 2, 5)), 12);
  message.readInto = undefined;
  reader.read(new Uint8Array(5));
  assertEquals([message.size, message.isComplete], [100_105, true]);
});

Deno.test("what needs no core is taken before it, and the rest of the read behind it", () => {
  using reader = new Reader();
  reader.read(concat([
    packet(1, 0, "one"),
    packet(2, 0, "two"),
    packet(3, MORE, "begun"),
  ]));
  assertEquals(reader.exchange.inbox.receivedCount, 2);
  assertEquals(reader.messages.map(({ id, size }) => [id, size]), [[3, 5]]);
  reader.read(packet(3, 1, "."));
  reader.read(concat([packet(4, 0, "four"), header(5, 0, 3)]));
  reader.read(new Uint8Array(3));
  assertEquals(reader.exchange.inbox.receivedCount, 5);
});

Deno.test("a rule that is broken without the core ends what is taken", () => {
  using reader = new Reader(1);
  const confirm = bytesOfControl({ type: "confirm", messageId: 7 });
  const error = assertThrows(
    () => reader.read(concat([confirm, confirm, packet(7, 0, "x")])),
    LektError,
  );
  assertEquals([error.ruleId, reader.exchange.inbox.receivedCount], ["Q-4", 0]);
});

Deno.test("short messages beyond the window of the connection break W-2", () => {
  using reader = new Reader(1);
  const one = packet(1, 0, new Uint8Array(1_000 - 32));
  const fill = (count: number): void => {
    for (let n = 0; n < count; n++) reader.read(one);
  };
  fill(1);
  reader.leave(0);
  fill(1_047);
  const error = assertThrows(() => fill(1), LektError);
  assertEquals(error.ruleId, "W-2");
});

Deno.test("a core is given back where nothing is incomplete, nothing of it is lent and nothing waits to be sent", () => {
  using idle = new Reader();
  idle.read(packet(1, 0, "short"));
  assertEquals(idle.keepsCore, false);
  using lent = new Reader();
  lent.read(packet(1, 0, new Uint8Array(5_000)));
  assertEquals(lent.keepsCore, true);
  using sending = new Reader();
  sending.read(packet(1, 0, "short"));
  sending.exchange.outbox.queueWhole(new Uint8Array(1_000_000));
  assertEquals(sending.keepsCore, true);
});

Deno.test("in version 1.1 at least 4 MiB may be held, whatever the limit, for so much may come unasked", () => {
  const roomOf = (maxBufferedBytes: number, versionMinor: number): number => {
    const limits = resolveLimits({
      maxBufferedBytes,
      maxTotalBufferedBytes: 2 ** 30,
    });
    const link = new LinkControl(limits, versionMinor, 0);
    const { inbox } = new Exchange(limits, versionMinor > 0 ? link : undefined);
    return inbox.room;
  };
  const most = 4 * 1024 * KIB;
  assertEquals([1_000, most - 1, most + 1].map((size) => roomOf(size, 1)), [
    most,
    most,
    most + 1,
  ]);
  assertEquals(roomOf(1_000, 0), 1_000);
});

Deno.test("a message that begins behind short ones is read by a core that has not seen those", () => {
  using reader = new Reader();
  const { exchange } = reader;
  // It is kept, for something waits to be sent.
  void exchange.core;
  exchange.outbox.queueWhole(new Uint8Array(1_000_000));
  reader.read(packet(1, 0, "short"));
  reader.read(packet(2, MORE, "begun"));
  reader.read(packet(2, 1, "."));
  assertEquals(exchange.inbox.receivedCount, 2);
});

Deno.test("a reader with memory of its own is due while 64 KiB or more of a part are missing, and it was told of all that came", () => {
  const isDue = (
    missing: number,
    change: Partial<IncomingMessage>,
  ): boolean => {
    using reader = new Reader();
    reader.begin(100);
    const [message] = reader.messages;
    reader.read(header(1, 1 + MORE, missing));
    Object.assign(message!, { hasOwnMemory: true, ...change });
    return reader.exchange.isReaderDue(false);
  };
  assertEquals(
    [DIRECT - 1, DIRECT, DIRECT + 1].map((size) => isDue(size, {})),
    [
      false,
      true,
      true,
    ],
  );
  assertEquals(isDue(DIRECT, { hasOwnMemory: false }), false);
  assertEquals(isDue(DIRECT, { onNews: () => {} }), false);
  using idle = new Reader();
  assertEquals(idle.exchange.isReaderDue(true), false);
});

Deno.test("what has come in one read is counted once, however often it is gone on with", () => {
  using reader = new Reader(1);
  reader.read(packet(1, 0, new Uint8Array(5_000)));
  // Nothing more is allowed than 1 MiB.
  reader.leave(300_000);
  // Two parts each of 1,000 messages, one after the other: a third of that.
  const packets = [0, 1].flatMap((index) =>
    Array.from(
      { length: 1_000 },
      (_, id) => packet(id, index === 0 ? MORE : 1, new Uint8Array(130)),
    )
  );
  reader.read(concat(packets));
  assertEquals(reader.exchange.inbox.receivedCount, 1_001);
});
