// What a link to Redis leaves behind where it is closed.
import { assertEquals } from "@std/assert";
import { RedisLink } from "../../src/directory/redis_link.ts";
import { turns, until, within } from "../helpers/deadline.ts";

/** Stands in for a Redis that answers what a client says first, and no script. */
class SilentRedis implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #serving = this.#serve();
  readonly #connections: Deno.Conn[] = [];
  /** Scripts that it was given. */
  scriptCount = 0;

  get address(): string {
    return `redis://127.0.0.1:${this.#listener.addr.port}`;
  }

  get connectionCount(): number {
    return this.#connections.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#connections) {
      try {
        connection.close();
      } catch {
        // Its client has closed it.
      }
    }
    await this.#serving;
  }

  async #serve(): Promise<void> {
    const all: Promise<void>[] = [];
    for await (const connection of this.#listener) {
      this.#connections.push(connection);
      all.push(this.#answer(connection).catch(() => {}));
    }
    await Promise.all(all);
  }

  async #answer(connection: Deno.Conn): Promise<void> {
    const text = connection.readable.pipeThrough(new TextDecoderStream());
    const writer = connection.writable.getWriter();
    const encoder = new TextEncoder();
    for await (const commands of text) {
      if (/\r\nEVAL\r\n/.test(commands)) {
        this.scriptCount++;
        continue;
      }
      for (const _ of commands.matchAll(/^\*\d+\r$/gm)) {
        await writer.write(encoder.encode("+OK\r\n"));
      }
    }
    await writer.close();
  }
}

Deno.test("a link to Redis that is closed while a probe waits for its answer makes no client any more", async () => {
  await using redis = new SilentRedis();
  // It is down from the first moment on.
  const link = new RedisLink(redis.address, () => {}, 0);
  await until(() => redis.scriptCount > 0, "a probe is under way");
  const { connectionCount } = redis;
  await within(link.close(), "the link to close");
  await turns();
  assertEquals(redis.connectionCount, connectionCount);
});
