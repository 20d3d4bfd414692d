// A side of 1.1 has room for all that it has allowed, in whatever packets and
// reads it comes and whatever the application does with it: it never has to
// stop reading.
import { assertEquals, assertLess } from "@std/assert";
import { concat } from "@std/bytes";
import {
  CONTROL_KIND_OFFSET,
  CONTROL_WINDOW,
  LENGTH_OFFSET,
  OPEN_COUNT_MAX,
  PACKET_COST,
  PACKET_HEADER_SIZE,
} from "../../asm/wire.ts";
import type { IncomingMessage } from "../../src/session/incoming_message.ts";
import { MessageBatch } from "../../src/session/message_batch.ts";
import type { MessageSource } from "../../src/session/ready_queue.ts";
import type { Session } from "../../src/session/session.ts";
import { type Prng, withSeed } from "../helpers/prng.ts";
import { MORE, packet } from "../helpers/raw_peer.ts";
import { SessionPair } from "../helpers/session_pair.ts";

const MIB = 1024 * 1024;
const ZEROS = new Uint8Array(300_000);

/** What may be sent of a message of which no more was asked for. */
const MESSAGE_WINDOW = 2 * MIB;

/** Sends what it may, in the packets and reads that take most memory. */
class CostlySender {
  readonly #pair: SessionPair;
  readonly #prng: Prng;
  readonly #open = new Map<number, { index: number; cost: number }>();
  #nextId = 0;
  #window = MIB;
  #spent = 0;

  constructor(pair: SessionPair, prng: Prng) {
    this.#pair = pair;
    this.#prng = prng;
  }

  /** Sends packets of one kind, of which some come together; returns how many it could. */
  send(kind: keyof typeof this.kinds, count: number): number {
    let sent = 0;
    const waiting: Uint8Array[] = [];
    const together = this.#prng.pick([1, 1, 3, 500]);
    while (sent < count && this.kinds[kind](waiting)) {
      sent++;
      if (waiting.length >= together) this.#deliver(waiting);
    }
    this.#deliver(waiting);
    return sent;
  }

  /** Reads what the other side allows. */
  listen(): void {
    const { bob } = this.#pair;
    for (let bytes; (bytes = bob.pollTransmit()) !== undefined;) {
      for (let at = 0; at < bytes.length;) {
        const view = new DataView(bytes.buffer, bytes.byteOffset + at);
        if (view.getUint8(CONTROL_KIND_OFFSET) === CONTROL_WINDOW) {
          this.#window = Number(view.getBigUint64(CONTROL_KIND_OFFSET + 1));
        }
        at += PACKET_HEADER_SIZE + view.getUint32(LENGTH_OFFSET);
      }
      bob.handleTransmitted(bytes.length);
    }
  }

  readonly kinds = {
    empty: (to: Uint8Array[]): boolean => this.#whole(to, 0),
    short: (to: Uint8Array[]): boolean =>
      this.#whole(to, this.#prng.pick([1, 64, 1_000])),
    /** Each alone in its copy of what was read. */
    middle: (to: Uint8Array[]): boolean =>
      this.#whole(to, this.#prng.pick([2_049, 4_097, 33_000])),
    /** Just long enough to be handed over while it comes. */
    long: (to: Uint8Array[]): boolean =>
      this.#whole(to, this.#prng.pick([66_000, 131_073, 262_144])),
    begin: (to: Uint8Array[]): boolean =>
      this.#begin(to, this.#prng.pick([1, 64])),
    /** Of the smallest size that another block, or a reader, is for. */
    beginLonger: (to: Uint8Array[]): boolean =>
      this.#begin(to, this.#prng.pick([4_065, 4_097, 8_193])),
    goOn: (to: Uint8Array[]): boolean => this.#goOn(to, 1, MORE),
    goOnLong: (to: Uint8Array[]): boolean => this.#goOn(to, 131_073, MORE),
    end: (to: Uint8Array[]): boolean => this.#goOn(to, 1, 0),
  };

  /** Delivers what waits, in reads that may end within a packet. */
  #deliver(waiting: Uint8Array[]): void {
    if (waiting.length === 0) return;
    const bytes = waiting.length === 1 ? waiting[0]! : concat(waiting);
    waiting.length = 0;
    const at = this.#prng.below(Math.min(bytes.length, 200));
    this.#pair.deliver(this.#pair.bob, bytes.subarray(0, at));
    this.#pair.deliver(this.#pair.bob, bytes.subarray(at));
  }

  #spend(size: number): boolean {
    const cost = size + PACKET_COST;
    if (this.#spent + cost > this.#window) return false;
    this.#spent += cost;
    return true;
  }

  #freeId(): number {
    while (this.#open.has(this.#nextId)) this.#nextId++;
    return this.#nextId++;
  }

  #whole(to: Uint8Array[], size: number): boolean {
    if (this.#open.size === OPEN_COUNT_MAX || !this.#spend(size)) return false;
    to.push(packet(this.#freeId(), 0, ZEROS.subarray(0, size)));
    return true;
  }

  #begin(to: Uint8Array[], size: number): boolean {
    if (this.#open.size === OPEN_COUNT_MAX || !this.#spend(size)) return false;
    const id = this.#freeId();
    this.#open.set(id, { index: 1, cost: size + PACKET_COST });
    to.push(packet(id, MORE, ZEROS.subarray(0, size)));
    return true;
  }

  #goOn(to: Uint8Array[], size: number, more: number): boolean {
    const [id, progress] = this.#open.entries().next().value ?? [];
    if (id === undefined || !progress) return false;
    const cost = size + PACKET_COST;
    if (progress.cost + cost > MESSAGE_WINDOW || !this.#spend(size)) {
      return false;
    }
    to.push(packet(id, progress.index + more, ZEROS.subarray(0, size)));
    progress.index++;
    progress.cost += cost;
    // Then it is another one's turn.
    this.#open.delete(id);
    if (more !== 0) this.#open.set(id, progress);
    return true;
  }
}

/** What an application does with what there is. */
const HABITS = ["nothing", "take", "take one", "begin", "read"] as const;

/** An application that has habits, and others later. */
class Application {
  #session: Session;
  #taken = new Set<IncomingMessage>();
  #into = new Uint8Array(300_000);

  constructor(session: Session) {
    this.#session = session;
  }

  act(habit: typeof HABITS[number]): void {
    if (habit === "nothing") return;
    while (this.#takeOne() && habit !== "take one");
    if (habit === "take" || habit === "take one") return;
    for (const message of this.#taken) {
      const size = habit === "begin" ? 1 : this.#into.length;
      if (message.bufferedSize > 0 && !(habit === "begin" && message.isBegun)) {
        message.read(this.#into.subarray(0, size));
        this.#session.noteConsumed(message);
      }
      if (!message.isComplete || message.bufferedSize > 0) continue;
      this.#taken.delete(message);
      this.#session.inbox.release(message);
    }
  }

  #takeOne(): boolean {
    let source: MessageSource | undefined;
    this.#session.shift((each) => source = each);
    if (!source) return false;
    if (!(source instanceof MessageBatch)) this.#taken.add(source);
    this.#session.noteConsumed();
    return true;
  }
}

function play(prng: Prng, maxBufferedBytes: number, steps: number): void {
  const pair = SessionPair.connected({ maxVersionMinor: 1, maxBufferedBytes });
  const { bob } = pair;
  const sender = new CostlySender(pair, prng);
  const application = new Application(bob);
  const kinds = Object.keys(sender.kinds) as (keyof typeof sender.kinds)[];
  let usual = prng.pick(kinds);
  let habit = prng.pick(HABITS);
  for (let step = 0; step < steps; step++) {
    if (prng.below(12) === 0) usual = prng.pick(kinds);
    if (prng.below(8) === 0) habit = prng.pick(HABITS);
    const kind = prng.below(3) === 0 ? prng.pick(kinds) : usual;
    sender.send(kind, 1 + prng.below(prng.pick([3, 1_500])));
    application.act(habit);
    sender.listen();
    assertEquals(bob.error, undefined);
    assertLess(
      bob.heldSize,
      maxBufferedBytes,
      `${kind}, ${habit}, in step ${step}`,
    );
  }
  bob.discard(() => new Error("over") as never);
}

for (const [maxBufferedBytes, seeds, steps] of [[8, 5, 100], [64, 1, 250]]) {
  Deno.test(`with ${maxBufferedBytes} MiB there is room for all that was allowed, however it comes`, () => {
    const first = Math.floor(Math.random() * 1e9);
    console.log(`seeds from ${first} on`);
    for (let seed = first; seed < first + seeds!; seed++) {
      withSeed(seed, (prng) => play(prng, maxBufferedBytes! * MIB, steps!));
    }
  });
}
