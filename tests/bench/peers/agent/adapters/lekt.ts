/**
 * lekt over TCP, as its users write it: the public module and nothing else.
 *
 * @module
 */
import type * as Lekt from "../../../../../mod.ts";
import type { Connection, Message } from "../../../../../mod.ts";
import { type Adapter, background, type Link, type Sink } from "../link.ts";

/** This checkout's, or that of another one which is measured beside it. */
const { connect, listen }: typeof Lekt = await import(
  Deno.env.get("LEKT_MODULE") ?? "../../../../../mod.ts"
);

/** So much is sent before the sender looks whether it has been taken. */
const WINDOW_SIZE = 64 * 1024;
const READ_SIZE = 256 * 1024;
/** Longer messages go in several packets. */
const PACKET_SIZE = 256 * 1024;

const maxPartBytes = Deno.env.get("LEKT_MAX_PART_BYTES");
const collectedSize = Deno.env.get("LEKT_COLLECTED_BYTES");
const limits = {
  ...(maxPartBytes && { maxPartBytes: Number(maxPartBytes) }),
  // Half of what may be held has room for a message that is collected.
  ...(collectedSize && {
    maxCollectedBytes: Number(collectedSize),
    maxBufferedBytes: 2 * Number(collectedSize),
  }),
};

class LektLink implements Link {
  readonly #connection: Connection;
  #latest: Promise<unknown> | undefined;
  #sent = 0;
  #sink: Sink | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  send(payload: Uint8Array): Promise<unknown> | undefined {
    const previous = this.#latest;
    this.#latest = this.#connection.send(payload as Uint8Array<ArrayBuffer>);
    // Two long messages at once would take turns: one is to be read at a time.
    if (payload.length > PACKET_SIZE) return this.#latest;
    this.#sent += payload.length;
    if (this.#sent < WINDOW_SIZE) return undefined;
    this.#sent = 0;
    return previous;
  }

  flush(): Promise<unknown> | undefined {
    return this.#latest;
  }

  sendStream(chunks: AsyncIterable<Uint8Array>): Promise<unknown> {
    return this.#connection.send(chunks);
  }

  receive(sink: Sink): void {
    const running = this.#sink !== undefined;
    this.#sink = sink;
    if (!running) background(this.#receiveAll());
  }

  async #receiveAll(): Promise<void> {
    await this.#readAll();
    await this.close();
  }

  async #readAll(): Promise<void> {
    if (this.#sink!.mode === "batch") return await this.#readBatches();
    // Set up when first needed: idle connections are measured, too.
    let memory: Uint8Array<ArrayBuffer> | undefined;
    for await (const message of this.#connection) {
      const sink = this.#sink!;
      if (sink.mode === "stream") {
        memory ??= new Uint8Array(READ_SIZE);
        memory = await readBody(message, sink, memory);
      } else if (sink.mode === "concurrent") {
        background(readConcurrently(message, sink));
      } else sink.whole(message.bytesNow() ?? await message.bytes());
    }
  }

  async #readBatches(): Promise<void> {
    for await (const messages of this.#connection.batches()) {
      for (const message of messages) {
        this.#sink!.whole(message.bytesNow() ?? await message.bytes());
      }
    }
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}

/** Reads a body to `memory`, which comes back for the next one. */
async function readBody(
  message: Message,
  sink: Sink,
  memory: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts = sink.open();
  const reader = message.body.getReader({ mode: "byob" });
  while (true) {
    const { value, done } = await reader.read(memory);
    if (value) memory = new Uint8Array(value.buffer);
    if (done) break;
    parts.part(value);
  }
  parts.end();
  return memory;
}

/** A short message is there already; a long one goes on arriving beside others. */
async function readConcurrently(message: Message, sink: Sink): Promise<void> {
  const bytes = message.bytesNow();
  if (bytes) sink.whole(bytes);
  else await readBody(message, sink, new Uint8Array(READ_SIZE));
}

async function acceptAll(
  connections: AsyncIterable<Connection>,
  onLink: (link: Link) => void,
): Promise<void> {
  for await (const connection of connections) onLink(new LektLink(connection));
}

/** lekt. */
export const adapter: Adapter = {
  async listen(onLink) {
    const listener = await listen({
      nickname: "receiver",
      methods: ["tcp://127.0.0.1:0"],
      accept: () => true,
      limits,
    });
    background(acceptAll(listener, onLink));
    return listener.methods[0]!;
  },
  async dial(address) {
    return new LektLink(
      await connect(address, { nickname: "sender", limits }),
    );
  },
};
