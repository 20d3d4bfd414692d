/**
 * What a simulated program does with one connection: it sends, receives and
 * ends at random, and writes down what it knows.
 *
 * @module
 */
import type { Connection, Message } from "../../mod.ts";
import { LektError } from "../../mod.ts";
import type { Prng } from "../helpers/prng.ts";
import {
  contentOf,
  isWhole,
  type Ledger,
  type SentMessage,
  SIZE_MIN,
} from "./ledger.ts";

/** Messages that every host can hold. */
export const SHORT_SIZES = [SIZE_MIN, 60, 60, 1_000, 1_000, 3_000, 20_000];

/** Where a link can take them without a million steps. */
const LARGE_SIZES = [...SHORT_SIZES, ...SHORT_SIZES, 70_000, 300_000];

/** A link that takes less at once is for short messages. */
const LARGE_CAPACITY_MIN = 50_000;

/** Sizes up to this one go out as one packet in order, also beside others. */
const ORDERED_SIZE_MAX = 100;

const RECEIVERS = [
  "each",
  "each",
  "together",
  "batches",
  "streams",
  "cancels",
  "few",
  "nothing",
] as const;

const ENDINGS = [
  "polite",
  "polite",
  "close",
  "closeSoon",
  "abort",
  "stay",
] as const;

/** What one side is going to do. */
export interface Plan {
  /** How many messages, and the milliseconds between them at most. */
  count: number;
  gapMs: number;
  receiver: typeof RECEIVERS[number];
  ending: typeof ENDINGS[number];
  /** When it ends, where it does not wait for anything. */
  endMs: number;
  /** How long messages are: one of these. */
  sizes: readonly number[];
}

/** A plan by chance, for a link of so much capacity; `isPolite`: one that takes all and ends in order. */
export function makePlan(
  prng: Prng,
  isPolite: boolean,
  capacity: number,
): Plan {
  const plan: Plan = {
    count: prng.below(9),
    gapMs: prng.pick([0, 0, 50, 2_000, 20_000]),
    receiver: prng.pick(RECEIVERS),
    ending: prng.pick(ENDINGS),
    endMs: prng.pick([0, 20, 500, 10_000, 40_000]),
    sizes: capacity < LARGE_CAPACITY_MIN ? SHORT_SIZES : LARGE_SIZES,
  };
  if (!isPolite) return plan;
  const receiver = prng.pick(
    ["each", "together", "batches", "streams"] as const,
  );
  return { ...plan, receiver, ending: "polite" };
}

/** Runs one side. */
export class Program {
  readonly #ledger: Ledger;
  readonly #index: number;
  readonly #prng: Prng;
  readonly #plan: Plan;
  #connection!: Connection;
  #isOver = false;

  constructor(ledger: Ledger, index: number, prng: Prng, plan: Plan) {
    this.#ledger = ledger;
    this.#index = index;
    this.#prng = prng;
    this.#plan = plan;
  }

  /** Resolves when the program has done all that it wanted; never rejects. */
  async run(connection: Connection): Promise<void> {
    const side = this.#ledger.sides[this.#index]!;
    this.#connection = connection;
    side.connection = connection;
    connection.closed.then((end) => {
      side.end = end;
      this.#isOver = true;
      if (end.clean && !side.isDead) this.#call(() => this.#takeRest());
    });
    const { ending, endMs } = this.#plan;
    const sending = this.#call(() => this.#sendAll());
    const receiving = this.#call(() => this.#receiveAll());
    switch (ending) {
      case "polite":
        await sending;
        await this.#call(() => connection.closeWrite());
        await receiving;
        // It may take the other side longer than close() waits.
        await this.#call(() => connection.closed);
        return await this.#call(() => connection.close());
      case "close":
        await sending;
        return await this.#call(() => connection.close("done"));
      case "closeSoon":
        await pause(endMs);
        return await this.#call(() => connection.close("soon"));
      case "abort":
        await pause(endMs);
        return await this.#call(() => connection.abort("enough"));
      case "stay":
        return;
    }
  }

  /** What nobody has read can still be read behind a clean end. */
  async #takeRest(): Promise<void> {
    for (let message; (message = await this.#connection.receive());) {
      this.#ledger.noteHandedOver(this.#index, message.id);
      message.cancel();
    }
  }

  /** Something that fails only as the module says, and always ends. */
  async #call(run: () => Promise<unknown>): Promise<void> {
    const side = this.#ledger.sides[this.#index]!;
    side.pendingCalls++;
    try {
      await run();
    } catch (error) {
      if (!(error instanceof LektError)) {
        this.#ledger.blame(`side ${this.#index} threw ${error}`);
      }
    }
    side.pendingCalls--;
  }

  async #sendAll(): Promise<void> {
    const sending: Promise<void>[] = [];
    const { count, gapMs } = this.#plan;
    for (let sent = 0; sent < count && !this.#isOver; sent++) {
      const one = this.#call(() => this.#sendOne());
      sending.push(one);
      if (this.#prng.below(3) > 0) await one;
      if (gapMs > 0) await pause(this.#prng.below(gapMs));
    }
    await Promise.all(sending);
  }

  async #sendOne(): Promise<void> {
    const prng = this.#prng;
    const { sent, byId } = this.#ledger.sides[this.#index]!;
    const size = prng.pick(this.#plan.sizes);
    const content = contentOf(
      this.#ledger.linkId,
      this.#index,
      sent.length,
      size,
    );
    const isPlain = prng.below(2) === 0;
    const confirm = !isPlain && prng.below(3) === 0;
    const message: SentMessage = {
      size,
      state: "pending",
      isConfirmed: confirm,
      isOrdered: isPlain && size <= ORDERED_SIZE_MAX,
      takenCount: 0,
      isHandedOver: false,
    };
    sent.push(message);
    const onId = (id: number): void => void byId.set(id, message);
    try {
      if (isPlain) await this.#sendPlain(content, onId);
      else await this.#sendSpecial(content, confirm, onId);
      message.state = "sent";
    } catch (error) {
      message.state = "refused";
      if (error !== SOURCE_ERROR && error !== SIGNAL_ERROR) throw error;
    }
  }

  async #sendPlain(
    content: Uint8Array<ArrayBuffer>,
    onId: (id: number) => void,
  ): Promise<void> {
    const isText = this.#prng.below(2) === 0;
    const data = isText ? new TextDecoder().decode(content) : content;
    await this.#connection.send(data, { onId });
  }

  async #sendSpecial(
    content: Uint8Array<ArrayBuffer>,
    confirm: boolean,
    onId: (id: number) => void,
  ): Promise<void> {
    const prng = this.#prng;
    const controller = new AbortController();
    const isAborted = prng.below(5) === 0;
    if (isAborted) {
      setTimeout(
        () => controller.abort(SIGNAL_ERROR),
        prng.pick([0, 1, 50, 5_000]),
      );
    }
    const data = prng.below(3) === 0 ? content : pieces(prng, content);
    await this.#connection.send(data, {
      confirm,
      onId,
      priority: prng.pick(["high", "normal", "low"]),
      ...(isAborted ? { signal: controller.signal } : {}),
    });
  }

  async #receiveAll(): Promise<void> {
    const { receiver, gapMs } = this.#plan;
    const prng = this.#prng;
    if (receiver === "nothing") return;
    if (receiver === "batches") {
      for await (const batch of this.#connection.batches()) {
        for (const message of batch) await this.#take(message);
      }
      return;
    }
    let rest = receiver === "few" ? prng.below(4) : Infinity;
    const taking: Promise<void>[] = [];
    while (rest-- > 0) {
      const message = await this.#connection.receive();
      if (!message) break;
      const one = this.#call(() => this.#take(message));
      taking.push(one);
      if (receiver !== "together") await one;
      if (gapMs > 0 && prng.below(4) === 0) await pause(prng.below(gapMs));
    }
    await Promise.all(taking);
  }

  async #take(message: Message): Promise<void> {
    const { receiver } = this.#plan;
    const prng = this.#prng;
    if (this.#isDead) return;
    this.#ledger.noteHandedOver(this.#index, message.id);
    try {
      if (receiver === "cancels" && prng.below(2) === 0) {
        return await this.#cancel(message);
      }
      const isStreamed = receiver === "streams" && prng.below(2) === 0;
      const now = isStreamed ? undefined : message.bytesNow();
      if (now) this.#ledger.noteOrder(this.#index, now);
      const bytes = now ??
        (isStreamed ? await collect(message) : await message.bytes());
      if (!this.#isDead) this.#ledger.noteTaken(this.#index, bytes);
    } catch (error) {
      // Of a message that failed it is known that it came.
      if (!(error instanceof LektError)) throw error;
    }
  }

  /** Wants no more of a message, at once or behind its first bytes. */
  async #cancel(message: Message): Promise<void> {
    const reader = message.body.getReader();
    if (this.#prng.below(2) === 0) {
      const { value } = await reader.read();
      // Whoever has read all of it has taken it.
      if (value && isWhole(value)) this.#ledger.noteTaken(this.#index, value);
    }
    await reader.cancel("enough");
  }

  get #isDead(): boolean {
    return this.#ledger.sides[this.#index]!.isDead;
  }
}

const SOURCE_ERROR = new Error("the source has failed");
const SIGNAL_ERROR = new Error("not wanted any more");

async function* pieces(
  prng: Prng,
  content: Uint8Array<ArrayBuffer>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const failsAt = prng.below(6) === 0 ? prng.below(content.length) : Infinity;
  const pieceSize = prng.pick([content.length, 10_000, 500]);
  const gapMs = prng.pick([0, 0, 5, 300]);
  for (let at = 0; at < content.length; at += pieceSize) {
    if (at >= failsAt) throw SOURCE_ERROR;
    yield content.subarray(at, at + pieceSize);
    if (gapMs > 0 && prng.below(8) === 0) await pause(gapMs);
  }
  if (failsAt !== Infinity) throw SOURCE_ERROR;
}

async function collect(message: Message): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of message.body) {
    chunks.push(chunk);
    size += chunk.length;
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, milliseconds));
}
