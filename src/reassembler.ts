/**
 * Packets -> messages (`PROTOCOL.md`, section 5).
 *
 * @module
 */
import {
  OPEN_COUNT_MAX,
  RECEIVE_OFFSET,
  RECEIVE_SIZE,
  RECORD_FIRST,
  RECORD_LAST,
} from "../asm/wire.ts";
import { Core } from "./core.ts";
import { LektError } from "./errors.ts";
import { type PartSink, RecordReader } from "./records.ts";

/** Bytes of a message, as they arrived. */
export interface PartEvent {
  /** Tells this event from an {@linkcode AbortedEvent}. */
  kind: "part";
  /** The message that the bytes belong to. */
  messageId: number;
  /** The next bytes of the message; lent until the next step. */
  payload: Uint8Array<ArrayBuffer>;
  /** Whether the message begins with these bytes. */
  isFirst: boolean;
  /** Whether the message ends with these bytes. */
  isLast: boolean;
}

/** The sender gave a message up. */
export interface AbortedEvent {
  /** Tells this event from a {@linkcode PartEvent}. */
  kind: "aborted";
  /** The message that was given up. */
  messageId: number;
  /** Why, in the sender's words; not made harmless for showing. */
  reason: string;
}

/** What packets turn out to be. */
export type FramingEvent = PartEvent | AbortedEvent;

/** Options of a {@linkcode Reassembler}. */
export interface ReassemblerOptions {
  /** Messages that the sender may have open at once: 1 to 1,024, which is the default. */
  maxOpenMessages?: number;
}

/**
 * Turns packets into messages (`PROTOCOL.md`, section 5), in any cut of the
 * byte stream. A message's bytes are handed out as they arrive; none are kept.
 *
 * @example Bytes that arrive in two reads
 * ```ts
 * import { Reassembler } from "@lekt/lekt/framing";
 * import { assertEquals } from "@std/assert";
 *
 * const reassembler = new Reassembler();
 * const packet = Uint8Array.of(0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 2, 104, 105);
 * assertEquals([...reassembler.push(packet.subarray(0, 5))], []);
 * const [event] = reassembler.push(packet.subarray(5));
 * assertEquals(event?.messageId, 7);
 * reassembler.end();
 * ```
 */
export class Reassembler {
  #core: Core;
  #reader: RecordReader;
  #memory: ArrayBuffer;
  #found: FramingEvent[] = [];
  #openIds = new Set<number>();
  #failure: LektError | undefined;

  // The payload is a view of the region: it is taken by the time that the next
  // bytes come.
  #sink: PartSink = {
    takePart: (_slot, messageId, offset, size, flags): void => {
      const isFirst = (flags & RECORD_FIRST) !== 0;
      const isLast = (flags & RECORD_LAST) !== 0;
      const payload = new Uint8Array(
        this.#memory,
        RECEIVE_OFFSET + offset,
        size,
      );
      if (isFirst && !isLast) this.#openIds.add(messageId);
      if (isLast && !isFirst) this.#openIds.delete(messageId);
      this.#found.push({ kind: "part", messageId, payload, isFirst, isLast });
    },
    takeWholes: (records): void => {
      for (let at = 0; at < records.length; at += 4) {
        this.#sink.takePart(
          0,
          records[at + 1]!,
          records[at + 2]!,
          records[at + 3]!,
          records[at]!,
        );
      }
    },
    takeAbort: (_slot, messageId, reason): void => {
      this.#openIds.delete(messageId);
      this.#found.push({ kind: "aborted", messageId, reason });
    },
  };

  /** Throws `INVALID_ARGUMENT` where `maxOpenMessages` is out of bounds. */
  constructor(options: ReassemblerOptions = {}) {
    const { maxOpenMessages = OPEN_COUNT_MAX } = options;
    if (
      !Number.isInteger(maxOpenMessages) || maxOpenMessages < 1 ||
      maxOpenMessages > OPEN_COUNT_MAX
    ) {
      throw new LektError(
        "INVALID_ARGUMENT",
        `Cannot reassemble with maxOpenMessages ${maxOpenMessages}: expected an integer from 1 to ${OPEN_COUNT_MAX}`,
      );
    }
    this.#core = new Core(maxOpenMessages);
    this.#reader = new RecordReader(this.#core);
    this.#memory = this.#core.receiveRegion.buffer;
  }

  /** The memory (256 KiB) that a transport reads into, from its start; {@linkcode receive} takes what it read. */
  receiveBuffer(): Uint8Array<ArrayBuffer> {
    return this.#core.receiveRegion;
  }

  /**
   * Takes the first `size` bytes of {@linkcode receiveBuffer} and yields what
   * they are. Take all events before the next bytes: payloads are views.
   * Throws `PROTOCOL` behind the last good event where the sender broke a
   * rule, and again at each later call.
   */
  *receive(size: number): Generator<FramingEvent> {
    if (this.#failure) throw this.#failure;
    this.#failure = this.#reader.receive(size, this.#sink);
    const found = this.#found;
    this.#found = [];
    for (const event of found) yield event;
    if (this.#failure) throw this.#failure;
  }

  /** The same for bytes that lie elsewhere, any number of them; they are copied. */
  *push(bytes: Uint8Array): Generator<FramingEvent> {
    for (let offset = 0; offset < bytes.length; offset += RECEIVE_SIZE) {
      const piece = bytes.subarray(offset, offset + RECEIVE_SIZE);
      this.#core.receiveRegion.set(piece);
      yield* this.receive(piece.length);
    }
  }

  /**
   * Says that the stream ended. Throws `TRUNCATED` where that cut a packet or
   * a message short, naming the messages.
   */
  end(): void {
    const cutShort = new Set(this.#openIds);
    if (this.#core.payloadMissing > 0) {
      cutShort.add(this.#core.packetMessageId);
    }
    if (cutShort.size === 0 && this.#core.headerReceived === 0) return;
    const what = cutShort.size === 0
      ? "a packet header"
      : `message ${[...cutShort].join(", ")}`;
    throw new LektError(
      "TRUNCATED",
      `Cannot reassemble ${what}: the stream ended inside it`,
    );
  }
}
