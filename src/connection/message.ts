/**
 * A message, as the application gets it.
 *
 * @module
 */
import type { LektError } from "../base/errors.ts";
import type { MessageSource } from "../session/ready_queue.ts";
import { MessageBatch } from "../session/message_batch.ts";
import {
  askForAll,
  batchedBody,
  cancelIncoming,
  collect,
  collectError,
  incomingBody,
  joinIncoming,
  type MessageHost,
  unwantedError,
} from "./message_body.ts";

/** Nobody has asked for it yet. */
const UNUSED = 0;

/** Its body is read, or was cancelled. */
const STREAMED = 1;

/** Its body was read to the end, or cancelled, and that is said. */
const SETTLED = 2;

/** It was collected, or cancelled: no body has anything to give. */
const OVER = 3;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * A message that arrived, or is arriving: read its body once, in the form that
 * suits, as with a `Response` ([PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md#5-message-packets), section 5).
 *
 * A message that its sender aborted, or that was cut short, is handed over too:
 * reading it rejects, with `ABORTED` or `TRUNCATED`.
 *
 * @example Read a text
 * ```ts
 * import { connect, listen } from "@lekt/lekt";
 * import { assertEquals } from "@std/assert";
 *
 * await using listener = await listen({
 *   nickname: "bob",
 *   methods: ["tcp://127.0.0.1:0"],
 *   accept: () => true,
 * });
 * await using alice = await connect(listener.methods, { nickname: "alice" });
 * await alice.send("hello");
 * for await (const bob of listener) {
 *   const message = await bob.receive();
 *   assertEquals(await message?.text(), "hello");
 *   await bob.closeWrite();
 *   break;
 * }
 * ```
 */
export class Message {
  #source: MessageSource;
  #index: number;
  #host: MessageHost;
  #body: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
  #use = UNUSED;
  /** Why nothing more is to be had of it. */
  #error: LektError | undefined;

  /** @ignore Made by a connection. */
  constructor(source: MessageSource, index: number, host: MessageHost) {
    this.#source = source;
    this.#index = index;
    this.#host = host;
  }

  /** The id that the sender gave it, 0 to 4,294,967,295; ids come again. */
  get id(): number {
    const source = this.#source;
    return source instanceof MessageBatch
      ? source.idAt(this.#index)
      : source.id;
  }

  /** Whether the message was read, or its body cancelled, in whatever form. */
  get bodyUsed(): boolean {
    return this.#use !== UNUSED;
  }

  /**
   * The bytes as they arrive, of a message of any length. A byte stream: a BYOB
   * reader gets them in its own memory. Cancelling, with a reason where there is
   * one, drops the rest of this message, and its sender stops sending it, as at
   * {@linkcode cancel}. Errors with `ABORTED`, `CANCELLED`, `TRUNCATED`,
   * `PROTOCOL`, `LIMIT` or `CLOSED` where no more will come; with a `TypeError` where the message was
   * collected.
   */
  get body(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const claim = (): void => this.#claimForBody();
    const source = this.#source;
    this.#body ??= source instanceof MessageBatch
      ? batchedBody(
        source.bytesAt(this.#index),
        claim,
        (isTaken) => this.#settle(isTaken),
      )
      : incomingBody(source, this.#host, claim);
    return this.#body;
  }

  /**
   * The bytes of a message that is complete, without waiting; `undefined` where
   * it is still arriving, has failed, is longer than
   * `limits.maxCollectedBytes`, or was used already. Short messages are always
   * complete. Of a long one that stops arriving because nobody reads it, the rest is
   * asked for, so that another call may have it. Else as {@linkcode bytes}.
   */
  bytesNow(): Uint8Array<ArrayBuffer> | undefined {
    if (this.#isTaken) return undefined;
    const source = this.#source;
    if (source instanceof MessageBatch) {
      const size = source.sizeAt(this.#index);
      if (size > this.#host.maxCollectedBytes) return undefined;
      // First: it throws where the memory went away with a neighbour's.
      const bytes = source.bytesAt(this.#index);
      this.#use = OVER;
      if (this.#host.owesAny) this.#host.settle(this.id, true);
      return bytes;
    }
    if (source.size > this.#host.maxCollectedBytes) return undefined;
    if (source.hasFailed) return undefined;
    if (!source.isComplete) {
      askForAll(source, this.#host);
      return undefined;
    }
    this.#use = OVER;
    return joinIncoming(source, this.#host);
  }

  /**
   * Collects the whole message; at most `limits.maxCollectedBytes` (16 MiB).
   * The bytes are the caller's; those of messages up to 4 KiB may share one
   * `ArrayBuffer` with others that came with them, of 64 KiB at most, and of
   * eight times the bytes of each one of 2 KiB or more, so `slice()` what is to
   * be transferred. Rejects with `LIMIT` where the message is longer, or is the
   * largest of those that are collected at once and there is no room for more in
   * `limits.maxBufferedBytes`: there is for half as many bytes in any case
   * (collect fewer at once, or stream them); the connection lives. Rejects with
   * the errors of {@linkcode body}; with a `TypeError` where the body was used
   * already.
   */
  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    try {
      const bytes = this.bytesNow();
      if (bytes) return Promise.resolve(bytes);
    } catch (error) {
      return Promise.reject(error);
    }
    if (this.#isTaken) return Promise.reject(this.#usedError());
    this.#use = OVER;
    const source = this.#source;
    if (!(source instanceof MessageBatch)) return collect(source, this.#host);
    this.#host.settle(this.id, false);
    return Promise.reject(collectError(this.id, this.#host));
  }

  /**
   * Says that nothing more of this message is wanted: what has come is dropped,
   * whoever reads it is told with `CANCELLED`, and its sender stops: its `send`
   * rejects with `CANCELLED` and the reason. A sender of version 1.0 is not
   * told; what it still sends is dropped. Of no effect where the message was
   * taken whole.
   *
   * @param reason Why, for the other side; a text, or an error, whose message is sent. At most 1,023 bytes.
   *
   * @example Refuse what is too long
   * ```ts
   * import { connect, LektError, listen } from "@lekt/lekt";
   * import { assertEquals, assertRejects } from "@std/assert";
   *
   * await using listener = await listen({
   *   nickname: "bob",
   *   methods: ["tcp://127.0.0.1:0"],
   *   accept: () => true,
   * });
   * listener.serve(async (connection) => {
   *   for await (const message of connection) message.cancel("too long");
   * });
   * await using alice = await connect(listener.methods, { nickname: "alice" });
   * async function* endless() {
   *   while (true) yield new Uint8Array(100_000);
   * }
   * const error = await assertRejects(() => alice.send(endless()), LektError);
   * assertEquals([error.code, error.reason], ["CANCELLED", "too long"]);
   * ```
   */
  cancel(reason?: unknown): void {
    const source = this.#source;
    if (!(source instanceof MessageBatch)) {
      cancelIncoming(source, this.#host, reason);
      this.#error = source.error;
    } else if (this.#use < SETTLED) {
      this.#host.settle(this.id, false);
      this.#error = unwantedError(this.id);
    }
    if (this.#error) this.#use = OVER;
  }

  /**
   * Collects the whole message as text. A byte order mark is kept; rejects with
   * a `TypeError` where the bytes are not well-formed UTF-8, else as
   * {@linkcode bytes} does.
   */
  async text(): Promise<string> {
    return decoder.decode(await this.bytes());
  }

  /** Collects the whole message as JSON; rejects with a `SyntaxError` where it is none, else as {@linkcode text} does. */
  // deno-lint-ignore no-explicit-any -- as in the `json()` of a Response
  async json(): Promise<any> {
    return JSON.parse(await this.text());
  }

  get #isTaken(): boolean {
    return this.#use !== UNUSED || this.#body?.locked === true;
  }

  /** Called whenever the body is read or cancelled; throws where the message was collected or cancelled. */
  #claimForBody(): void {
    if (this.#use === OVER) throw this.#usedError();
    this.#use ||= STREAMED;
  }

  /** Said once: the id may be another message's by now. */
  #settle(isTaken: boolean): void {
    if (this.#use === SETTLED) return;
    this.#use = SETTLED;
    this.#host.settle(this.id, isTaken);
  }

  #usedError(): Error {
    return this.#error ??
      new TypeError(`The body of message ${this.id} was used already`);
  }
}
