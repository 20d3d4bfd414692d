/**
 * Listeners and callers by hand, who can break every rule of a relay.
 *
 * @module
 */
import { createIdentity } from "@lekt/lekt/directory";
import { assertEquals } from "@std/assert";
import { signStatement } from "../../src/directory/relay_statement.ts";
import { within } from "../transport/compliance.ts";
import { RawWebSocket } from "./raw_websocket.ts";
import type { RelayScene } from "./relay_scene.ts";

/** The header that all requests to a relay have. */
export const SUBPROTOCOL = { "sec-websocket-protocol": "lekt-relay" };

/** Asks the relay for a WebSocket; the status of its answer. */
export async function statusOf(
  scene: RelayScene,
  path: string,
  headers: Record<string, string> = {},
): Promise<number> {
  const [raw, status] = await RawWebSocket.request(scene.port, path, {
    ...SUBPROTOCOL,
    ...headers,
  });
  raw[Symbol.dispose]();
  return status;
}

/** A line by hand. */
export class RawLine implements AsyncDisposable {
  readonly #socket: WebSocket;
  readonly #messages: Record<string, unknown>[] = [];
  #changed = Promise.withResolvers<void>();
  /** The close code. */
  readonly closed: Promise<number>;

  constructor({ port }: Pick<RelayScene, "port">) {
    const url = `ws://127.0.0.1:${port}/relay/listen`;
    this.#socket = new WebSocket(url, ["lekt-relay"]);
    const closed = Promise.withResolvers<number>();
    this.closed = closed.promise;
    this.#socket.onmessage = ({ data }) => {
      this.#messages.push(JSON.parse(data));
      this.#changed.resolve();
    };
    this.#socket.onclose = ({ code }) => closed.resolve(code);
  }

  /** The next message. */
  async next(): Promise<Record<string, unknown>> {
    while (this.#messages.length === 0) {
      this.#changed = Promise.withResolvers();
      await within(this.#changed.promise, "a message of the relay");
    }
    return this.#messages.shift()!;
  }

  send(message: unknown): void {
    this.#socket.send(JSON.stringify(message));
  }

  /** Waits for the end, and tells its close code. */
  async end(): Promise<number> {
    return await within(this.closed, "the end of the line");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.end();
  }
}

/** A listener by hand, who has its place. */
export async function openRawListener(
  scene: { port: number; relay: { url: string } },
): Promise<{ line: RawLine; path: string }> {
  const identity = await createIdentity();
  const line = new RawLine(scene);
  const { challenge } = await line.next();
  const statement = await signStatement(identity, {
    audience: scene.relay.url,
    challenge: String(challenge),
    isYielding: false,
  }, Date.now());
  line.send({ statement });
  assertEquals(await line.next(), { listening: true });
  return { line, path: `/relay/call/${identity.thumbprint}` };
}
