/**
 * A message, as the application gets it.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";
import type { MessageSource } from "../session/ready_queue.ts";
import type { IncomingMessage } from "../session/incoming_message.ts";
import { MessageBatch } from "../session/message_batch.ts";

/** What a message needs of the connection that it came by. */
export interface MessageHost {
  /** Bytes of one message that may be collected. */
  readonly maxCollectedBytes: number;
  /** The application took bytes, waits for more, or wants no more. */
  noteConsumed(): void;
  /** The application is done with the message. */
  release(message: IncomingMessage): void;
}

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
 *   await bob.close();
 *   break;
 * }
 * ```
 */
export class Message {
  #source: MessageSource;
  #index: number;
  #host: MessageHost;
  #body: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
  #isUsed = false;
  #isBodyUsed = false;

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
    return this.#isUsed;
  }

  /**
   * The bytes as they arrive, of a message of any length. A byte stream: a BYOB
   * reader gets them in its own memory. Cancelling drops the rest of this
   * message. Errors with `ABORTED`, `TRUNCATED`, `PROTOCOL`, `LIMIT` or
   * `CLOSED` where no more will come; with a `TypeError` where the message was
   * collected.
   */
  get body(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const claim = (): void => this.#claimForBody();
    const source = this.#source;
    this.#body ??= source instanceof MessageBatch
      ? batchedBody(source.bytesAt(this.#index), claim)
      : incomingBody(source, this.#host, claim);
    return this.#body;
  }

  /**
   * The bytes of a message that is complete, without waiting; `undefined` where
   * it is still arriving, has failed, is longer than
   * `limits.maxCollectedBytes`, or was used already. Short messages are always
   * complete. Else as {@linkcode bytes}.
   */
  bytesNow(): Uint8Array<ArrayBuffer> | undefined {
    if (this.#isTaken) return undefined;
    const source = this.#source;
    if (source instanceof MessageBatch) {
      const size = source.sizeAt(this.#index);
      if (size > this.#host.maxCollectedBytes) return undefined;
      this.#isUsed = true;
      return source.bytesAt(this.#index);
    }
    if (source.size > this.#host.maxCollectedBytes) return undefined;
    if (!source.isComplete || source.error) return undefined;
    this.#isUsed = true;
    return joinIncoming(source, this.#host);
  }

  /**
   * Collects the whole message; at most `limits.maxCollectedBytes` (16 MiB).
   * The bytes are the caller's; those of messages up to 64 KiB may share one
   * `ArrayBuffer` of some 256 KiB with others that came with them, so `slice()`
   * what is to be kept for long, or whose `buffer` is to be transferred. Rejects
   * with `LIMIT` where the message is longer, or is the largest of several that
   * are collected at once and have more than `limits.maxBufferedBytes` together
   * (collect fewer at once, or stream them); the connection lives. Rejects with
   * the errors of {@linkcode body}; with a `TypeError` where the body was used
   * already.
   */
  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = this.bytesNow();
    if (bytes) return Promise.resolve(bytes);
    if (this.#isTaken) return Promise.reject(usedError(this.id));
    this.#isUsed = true;
    const source = this.#source;
    return source instanceof MessageBatch
      ? Promise.reject(collectError(this.id, this.#host))
      : collect(source, this.#host);
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
    return this.#isUsed || this.#body?.locked === true;
  }

  /** Called whenever the body is read or cancelled; throws where the message was collected. */
  #claimForBody(): void {
    if (this.#isUsed && !this.#isBodyUsed) throw usedError(this.id);
    this.#isUsed = true;
    this.#isBodyUsed = true;
  }
}

function usedError(messageId: number): TypeError {
  return new TypeError(`The body of message ${messageId} was used already`);
}

function collectError(messageId: number, host: MessageHost): LektError {
  return new LektError(
    "LIMIT",
    `Cannot collect message ${messageId}: it has more than ${host.maxCollectedBytes} bytes`,
    { messageId },
  );
}

function joinIncoming(
  incoming: IncomingMessage,
  host: MessageHost,
): Uint8Array<ArrayBuffer> {
  const bytes = incoming.join();
  host.release(incoming);
  host.noteConsumed();
  return bytes;
}

async function collect(
  incoming: IncomingMessage,
  host: MessageHost,
): Promise<Uint8Array<ArrayBuffer>> {
  incoming.isCollected = true;
  while (incoming.size <= host.maxCollectedBytes) {
    if (incoming.error) {
      host.release(incoming);
      throw incoming.error;
    }
    if (incoming.isComplete) return joinIncoming(incoming, host);
    await untilNews(incoming, host);
  }
  dropIncoming(incoming, host);
  throw collectError(incoming.id, host);
}

function dropIncoming(incoming: IncomingMessage, host: MessageHost): void {
  incoming.drop();
  host.release(incoming);
  host.noteConsumed();
}

function batchedBody(
  bytes: Uint8Array<ArrayBuffer>,
  claim: () => void,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let rest = bytes;
  return new ReadableStream({
    type: "bytes",
    pull(controller): void {
      claim();
      const request = controller.byobRequest;
      const view = request?.view && bytesOf(request.view);
      // Copies: a byte stream takes the whole ArrayBuffer away.
      const chunk = rest.subarray(0, view ? view.length : rest.length);
      rest = rest.subarray(chunk.length);
      view?.set(chunk);
      if (chunk.length > 0) {
        if (request) request.respond(chunk.length);
        else controller.enqueue(chunk.slice());
      }
      if (rest.length === 0) endBody(controller);
    },
    cancel: claim,
  });
}

/** Ends a body of which everything was given. */
function endBody(controller: ReadableByteStreamController): void {
  // A later pull does: what still waits in the queue of the stream would not
  // be given to a read of at least more bytes, which would fail.
  if (controller.desiredSize! < 0) return;
  controller.close();
  // A read that is still pending gets what it has, however little.
  controller.byobRequest?.respond(0);
}

function incomingBody(
  incoming: IncomingMessage,
  host: MessageHost,
  claim: () => void,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    type: "bytes",
    pull(controller): Promise<void> {
      claim();
      return pull(incoming, host, controller);
    },
    cancel(): void {
      claim();
      dropIncoming(incoming, host);
    },
  });
}

async function pull(
  incoming: IncomingMessage,
  host: MessageHost,
  controller: ReadableByteStreamController,
): Promise<void> {
  const request = controller.byobRequest;
  const view = request?.view && bytesOf(request.view);
  let size = 0;
  while (incoming.bufferedSize === 0 && size === 0 && !incoming.isComplete) {
    if (incoming.error) break;
    if (view) size = await readDirectly(incoming, view, host);
    else await untilNews(incoming, host);
  }
  if (incoming.error) {
    host.release(incoming);
    controller.error(incoming.error);
    return;
  }
  if (view && request) {
    size += incoming.read(view.subarray(size));
    if (size > 0) request.respond(size);
  } else {
    const chunk = incoming.shift();
    if (chunk) controller.enqueue(chunk);
  }
  host.noteConsumed();
  if (!incoming.isComplete || incoming.bufferedSize > 0) return;
  host.release(incoming);
  endBody(controller);
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function untilNews(
  incoming: IncomingMessage,
  host: MessageHost,
): Promise<void> {
  return new Promise((resolve) => {
    incoming.onNews = resolve;
    host.noteConsumed();
  });
}

/** Has the next bytes put straight into the reader's memory; returns how many came. */
async function readDirectly(
  incoming: IncomingMessage,
  view: Uint8Array,
  host: MessageHost,
): Promise<number> {
  incoming.hasOwnMemory = true;
  incoming.readInto = view;
  incoming.readSize = 0;
  await untilNews(incoming, host);
  incoming.readInto = undefined;
  return incoming.readSize;
}
