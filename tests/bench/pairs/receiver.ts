/**
 * The other process: it listens with both contestants, which its argument
 * names, and prints where. The first message of a connection says what to do
 * with the others.
 *
 * @module
 */
import { cpuUsage } from "node:process";
import type { Connection, Message } from "../../../mod.ts";
import {
  type Answer,
  type Contestant,
  type Kind,
  limitsOf,
  load,
} from "./protocol.ts";

/** So many messages are kept at a time, so that their memory is not used again at once. */
const KEPT_COUNT = 64;
const READ_SIZE = 256 * 1024;

/** Takes the messages of one connection. */
class Taker {
  readonly #connection: Connection;
  readonly #kept: Uint8Array[] = new Array(KEPT_COUNT);
  #memory = new Uint8Array(READ_SIZE);
  #count = 0;
  #bytes = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async take(kind: Kind): Promise<void> {
    if (kind === "batches") return await this.#takeBatches();
    for await (const message of this.#connection) {
      if (kind === "stream") {
        await this.#read(message);
        continue;
      }
      const bytes = message.bytesNow() ?? await message.bytes();
      if (kind === "echo" && bytes.length > 0) {
        await this.#connection.send(bytes);
      } else await this.#keep(bytes);
    }
  }

  async #takeBatches(): Promise<void> {
    for await (const messages of this.#connection.batches()) {
      for (const message of messages) {
        await this.#keep(message.bytesNow() ?? await message.bytes());
      }
    }
  }

  #keep(bytes: Uint8Array): Promise<unknown> | undefined {
    if (bytes.length === 0) return this.#answer();
    this.#kept[this.#count++ % KEPT_COUNT] = bytes;
    this.#bytes += bytes.length;
    return undefined;
  }

  async #read(message: Message): Promise<void> {
    const reader = message.body.getReader({ mode: "byob" });
    const before = this.#bytes;
    for (;;) {
      const { value, done } = await reader.read(this.#memory);
      if (value) {
        this.#memory = new Uint8Array(value.buffer);
        this.#bytes += value.length;
      }
      if (done) break;
    }
    if (this.#bytes === before) await this.#answer();
  }

  #answer(): Promise<unknown> {
    const { user, system } = cpuUsage();
    const answer: Answer = {
      bytes: this.#bytes,
      cpuMicroseconds: user + system,
    };
    this.#bytes = 0;
    return this.#connection.send(JSON.stringify(answer));
  }
}

async function serve(connection: Connection): Promise<void> {
  const first = await connection.receive();
  if (first !== null) {
    await new Taker(connection).take(await first.text() as Kind);
  }
  await connection.close();
}

async function serveAll(connections: AsyncIterable<Connection>): Promise<void> {
  for await (const connection of connections) serve(connection);
}

if (import.meta.main) {
  const methods: string[] = [];
  for (const contestant of JSON.parse(Deno.args[0]!) as Contestant[]) {
    const { listen } = await load(contestant);
    const listener = await listen({
      nickname: "receiver",
      methods: ["tcp://127.0.0.1:0"],
      accept: () => true,
      limits: limitsOf(contestant),
    });
    methods.push(listener.methods[0]!);
    serveAll(listener);
  }
  console.log(JSON.stringify(methods));
}
