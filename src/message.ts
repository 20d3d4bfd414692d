/**
 * A message, as the application gets it.
 *
 * @module
 */
import { LektError } from "./errors.ts";
import type { IncomingMessage } from "./incoming_message.ts";

/** What a message needs of the connection that it came by. */
export interface MessageHost {
  /** Bytes of one message that may be collected. */
  readonly maxCollectedBytes: number;
  /** The application took bytes, or wants no more. */
  noteConsumed(): void;
  /** The application is done with the message. */
  release(message: IncomingMessage): void;
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * A message that arrived, or is arriving: read its body once, in the form that
 * suits, as with a `Response` (`PROTOCOL.md`, section 5).
 *
 * A message whose sender gave it up, or that was cut short, is handed over too:
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
  #incoming: IncomingMessage;
  #host: MessageHost;
  #body: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
  #isUsed = false;

  /** Made by a connection. */
  constructor(incoming: IncomingMessage, host: MessageHost) {
    this.#incoming = incoming;
    this.#host = host;
  }

  /** The id that the sender gave it, 0 to 4,294,967,295; ids come again. */
  get id(): number {
    return this.#incoming.id;
  }

  /** Whether the body was taken, in whatever form. */
  get bodyUsed(): boolean {
    return this.#isUsed;
  }

  /**
   * The bytes as they arrive, of a message of any length. A byte stream: a BYOB
   * reader gets them in its own memory. Cancelling drops the rest of this
   * message. Errors with `ABORTED`, `TRUNCATED`, `PROTOCOL`, `LIMIT` or
   * `CLOSED` where no more will come.
   */
  get body(): ReadableStream<Uint8Array<ArrayBuffer>> {
    if (!this.#body) {
      this.#isUsed = true;
      this.#body = new ReadableStream({
        type: "bytes",
        pull: (controller) => this.#pull(controller),
        cancel: () => this.#drop(),
      });
    }
    return this.#body;
  }

  /**
   * Collects the whole message; at most `limits.maxCollectedBytes` (16 MiB).
   * The bytes are the caller's; those of short messages may share one
   * `ArrayBuffer`. Rejects with `LIMIT` where the message is longer, and the
   * connection lives; with the errors of {@linkcode body}; with a `TypeError`
   * where the body was used already.
   */
  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    const incoming = this.#incoming;
    if (this.#isUsed) {
      return Promise.reject(
        new TypeError(`The body of message ${this.id} was used already`),
      );
    }
    this.#isUsed = true;
    if (incoming.isComplete && this.#isCollectable()) {
      return Promise.resolve(this.#join());
    }
    return this.#collect();
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

  #isCollectable(): boolean {
    return this.#incoming.receivedSize <= this.#host.maxCollectedBytes;
  }

  #join(): Uint8Array<ArrayBuffer> {
    const bytes = this.#incoming.join();
    this.#host.release(this.#incoming);
    this.#host.noteConsumed();
    return bytes;
  }

  async #collect(): Promise<Uint8Array<ArrayBuffer>> {
    const incoming = this.#incoming;
    while (this.#isCollectable()) {
      if (incoming.error) {
        this.#host.release(incoming);
        throw incoming.error;
      }
      if (incoming.isComplete) return this.#join();
      await untilNews(incoming);
    }
    this.#drop();
    throw new LektError(
      "LIMIT",
      `Cannot collect message ${this.id}: it has more than ${this.#host.maxCollectedBytes} bytes`,
      { messageId: this.id },
    );
  }

  #drop(): void {
    this.#incoming.drop();
    this.#host.release(this.#incoming);
    this.#host.noteConsumed();
  }

  async #pull(controller: ReadableByteStreamController): Promise<void> {
    const incoming = this.#incoming;
    const request = controller.byobRequest;
    const view = request?.view
      ? new Uint8Array(
        request.view.buffer as ArrayBuffer,
        request.view.byteOffset,
        request.view.byteLength,
      )
      : undefined;
    let size = 0;
    while (true) {
      if (incoming.error) {
        this.#host.release(incoming);
        controller.error(incoming.error);
        return;
      }
      if (incoming.bufferedSize > 0 || size > 0 || incoming.isComplete) break;
      if (view) size = await readDirectly(incoming, view);
      else await untilNews(incoming);
    }
    if (view && request) {
      size += incoming.read(view.subarray(size));
      if (size > 0) request.respond(size);
    } else {
      const chunk = incoming.shift();
      if (chunk) {
        size = chunk.length;
        controller.enqueue(chunk);
      }
    }
    this.#host.noteConsumed();
    if (size > 0) return;
    this.#host.release(incoming);
    controller.close();
    request?.respond(0);
  }
}

function untilNews(incoming: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    incoming.onNews = resolve;
  });
}

/** Has the next bytes put straight into the reader's memory; returns how many came. */
async function readDirectly(
  incoming: IncomingMessage,
  view: Uint8Array,
): Promise<number> {
  incoming.readInto = view;
  incoming.readSize = 0;
  await untilNews(incoming);
  incoming.readInto = undefined;
  return incoming.readSize;
}
