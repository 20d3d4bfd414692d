/**
 * What two peers do with something between them.
 *
 * @module
 */
import { createHash } from "node:crypto";
import {
  connect,
  type Connection,
  type ConnectOptions,
  LektError,
  listen,
  type Listener,
} from "../../mod.ts";
import { within } from "../helpers/deadline.ts";
import { pause } from "./program.ts";

/** How long one step may take, in milliseconds. */
const STEP_MS = 30_000;

/** How long dialling is tried again, in milliseconds. */
const RETRY_MS = 5_000;

/** How long the other side works at its answer while this one has ended its stream, in milliseconds. */
const WORK_MS = 1_500;

/** Small messages in each direction. */
const SMALL_COUNT = 10_000;

/** Bytes of the file. */
const FILE_SIZE = Number(Deno.env.get("LEKT_WORLD_MIB") ?? 64) * 1024 * 1024;

const CHUNK_SIZE = 1024 * 1024;

/** The two ends, and how one gets to the other. */
export class Ends implements AsyncDisposable {
  /** The responder. */
  readonly listener: Listener;
  /** What the responder says to a newcomer. */
  decision: true | string = true;
  /** Where the initiator dials. */
  target: string;
  /** How it dials. */
  options: Partial<ConnectOptions>;
  readonly #incoming: AsyncIterator<Connection>;

  private constructor(
    listener: Listener,
    target: string,
    options: Partial<ConnectOptions>,
  ) {
    this.listener = listener;
    this.target = target;
    this.options = options;
    this.#incoming = listener[Symbol.asyncIterator]();
  }

  /** Begins to listen; the target and options are known later where `target` is empty. */
  static async open(
    method: string,
    tls?: { cert: string; key: string },
  ): Promise<Ends> {
    const holder: { ends?: Ends } = {};
    const listener = await listen({
      nickname: "bob",
      methods: [method],
      ...(tls ? { tls } : {}),
      accept: () => holder.ends!.decision,
    });
    holder.ends = new Ends(listener, listener.methods[0]!, {});
    return holder.ends;
  }

  /** The port that the responder listens on. */
  get port(): number {
    return Number(new URL(this.listener.methods[0]!).port);
  }

  /** The initiator alone. */
  async dial(): Promise<Connection> {
    const endMs = performance.now() + RETRY_MS;
    for (;;) {
      try {
        const options = { nickname: "alice", ...this.options };
        return await within(
          connect(this.target, options),
          "connect()",
          STEP_MS,
        );
      } catch (error) {
        const { code } = error as LektError;
        if (code !== "UNREACHABLE" || performance.now() > endMs) throw error;
        // Some take one connection after the other, or are about to begin.
        await pause(50);
      }
    }
  }

  /** The next newcomer. */
  async accept(): Promise<Connection> {
    const next = await within(this.#incoming.next(), "a newcomer", STEP_MS);
    return next.value!;
  }

  /** A connection, both sides of it. */
  async connect(): Promise<[Connection, Connection]> {
    return [await this.dial(), await this.accept()];
  }

  /** Ends the responder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.listener.close();
  }
}

/** Does one thing, and tells what comes of it: `ok`, with more behind it where that is worth it, or what was lost. */
export type Scenario = (ends: Ends) => Promise<string>;

/** All that runs with one thing between; what restarts that thing is added to them. */
export const SCENARIOS: Record<string, Scenario> = {
  "chat": chat,
  "file": file,
  "10,000 small both ways": small,
  "half-close": halfClose,
  "half-close of the listener": listenerHalfClose,
  "abort of a message": abortMessage,
  "rejection": reject,
  "orderly ends": ends,
  "cut": cut,
};

async function read(connection: Connection): Promise<string | null> {
  const message = await within(connection.receive(), "a message", STEP_MS);
  return message === null ? null : await message.text();
}

async function leave(...connections: Connection[]): Promise<void> {
  await within(
    Promise.all(connections.map((each) => each.close())),
    "close()",
    STEP_MS,
  );
}

async function ask(asker: Connection, answerer: Connection): Promise<void> {
  await asker.send("hello");
  const heard = await read(answerer);
  await answerer.send(`got ${heard}`);
  const answer = await read(asker);
  if (answer !== "got hello") throw new Error(`the answer is ${answer}`);
}

async function chat(ends: Ends): Promise<string> {
  const [alice, bob] = await ends.connect();
  await ask(alice, bob);
  await ask(bob, alice);
  await leave(alice, bob);
  return "ok";
}

async function file(ends: Ends): Promise<string> {
  const [alice, bob] = await ends.connect();
  const chunk = crypto.getRandomValues(new Uint8Array(64 * 1024));
  const block = new Uint8Array(CHUNK_SIZE);
  for (let at = 0; at < CHUNK_SIZE; at += chunk.length) block.set(chunk, at);
  const sent = createHash("sha256");
  async function* blocks(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    for (let at = 0; at < FILE_SIZE; at += CHUNK_SIZE) {
      block.set(new Uint8Array(new Float64Array([at]).buffer));
      sent.update(block);
      yield block.slice();
    }
  }
  const startMs = performance.now();
  const sending = alice.send(blocks());
  const arrived = createHash("sha256");
  let size = 0;
  const message = await within(bob.receive(), "the file", STEP_MS);
  for await (const part of message!.body) {
    arrived.update(part);
    size += part.byteLength;
  }
  await sending;
  const seconds = (performance.now() - startMs) / 1_000;
  await leave(alice, bob);
  if (size !== FILE_SIZE) throw new Error(`${size} bytes arrived`);
  if (sent.digest("hex") !== arrived.digest("hex")) {
    throw new Error("other bytes arrived");
  }
  const mib = FILE_SIZE / 1024 / 1024;
  return `ok (${mib} MiB at ${Math.round(mib / seconds)} MiB/s)`;
}

async function small(ends: Ends): Promise<string> {
  const [alice, bob] = await ends.connect();
  async function sendAll(connection: Connection): Promise<void> {
    for (let index = 0; index < SMALL_COUNT; index++) {
      await connection.send(`message ${index}`);
    }
  }
  async function readAll(connection: Connection): Promise<void> {
    for (let index = 0; index < SMALL_COUNT; index++) {
      const text = await (await connection.receive())?.text();
      if (text !== `message ${index}`) throw new Error(`${text} at ${index}`);
    }
  }
  const work = [alice, bob].flatMap((each) => [sendAll(each), readAll(each)]);
  await within(Promise.all(work), "small messages", STEP_MS * 4);
  await leave(alice, bob);
  return "ok";
}

/** One side ends its stream and waits for an answer that takes the other side a while. */
async function halfCloseOf(
  asker: Connection,
  answerer: Connection,
): Promise<string> {
  await asker.send("question");
  await asker.closeWrite();
  if (await read(answerer) !== "question") throw new Error("no question");
  if (await read(answerer) !== null) throw new Error("no end");
  await pause(WORK_MS);
  const answering = answerer.send("answer").then(() => answerer.close());
  answering.catch(() => {});
  let answer: string | null;
  try {
    answer = await read(asker);
  } catch (error) {
    answer = error instanceof LektError ? error.code : String(error);
  }
  await Promise.allSettled([answering, asker.close()]);
  if (answer === "answer") return "ok";
  return `no answer: ${answer === null ? "an end of stream" : answer}`;
}

async function halfClose(ends: Ends): Promise<string> {
  const [alice, bob] = await ends.connect();
  return await halfCloseOf(alice, bob);
}

async function listenerHalfClose(ends: Ends): Promise<string> {
  const [alice, bob] = await ends.connect();
  return await halfCloseOf(bob, alice);
}

async function abortMessage(ends: Ends): Promise<string> {
  const [alice, bob] = await ends.connect();
  const controller = new AbortController();
  async function* endless(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    for (;;) {
      yield new Uint8Array(CHUNK_SIZE);
      await pause(0);
    }
  }
  const sending = alice.send(endless(), { signal: controller.signal })
    .catch(() => {});
  const message = await within(bob.receive(), "a message", STEP_MS);
  let size = 0;
  let reason = "none";
  try {
    for await (const part of message!.body) {
      size += part.byteLength;
      if (size > 8 * CHUNK_SIZE) controller.abort("enough");
    }
  } catch (error) {
    reason = error instanceof LektError ? `${error.reason}` : String(error);
  }
  await sending;
  await ask(alice, bob);
  await leave(alice, bob);
  return reason === "enough" ? "ok" : `the reason is ${reason}`;
}

async function reject(ends: Ends): Promise<string> {
  ends.decision = "busy";
  try {
    const alice = await ends.dial();
    await alice.close();
    return "not rejected";
  } catch (error) {
    const { code, reason } = error as LektError;
    return code === "REJECTED" && reason === "busy" ? "ok" : `${error}`;
  } finally {
    ends.decision = true;
  }
}

async function ends(ends: Ends): Promise<string> {
  for (const first of [0, 1]) {
    const pair = await ends.connect();
    const [one, other] = [pair[first]!, pair[1 - first]!];
    const closing = one.close();
    if (await read(other) !== null) throw new Error("no end");
    await leave(other);
    await closing;
    for (const each of pair) {
      const { clean, error } = await each.closed;
      if (!clean) return `the end is not clean: ${error?.code}`;
    }
  }
  return "ok";
}

async function cut(ends: Ends): Promise<string> {
  for (const first of [0, 1]) {
    const pair = await ends.connect();
    const [one, other] = [pair[first]!, pair[1 - first]!];
    await one.abort();
    const { clean } = await within(other.ended, "the cut", STEP_MS);
    await other.abort();
    if (clean) {
      return `looks like an orderly end to the ${
        first === 0 ? "listener" : "dialler"
      }`;
    }
  }
  return "ok";
}

/** Nobody says anything for a while. */
export async function idle(ends: Ends, silenceMs: number): Promise<string> {
  const [alice, bob] = await ends.connect();
  const startMs = performance.now();
  const ended = await Promise.race([alice.ended, pause(silenceMs)]);
  if (ended === undefined) {
    await ask(alice, bob);
    await leave(alice, bob);
    return `ok (${silenceMs / 1_000} s)`;
  }
  const seconds = Math.round((performance.now() - startMs) / 1_000);
  await Promise.allSettled([alice.close(), bob.abort()]);
  return `cut after ${seconds} s (${
    ended.clean ? "as an orderly end" : ended.error?.code ?? "not clean"
  })`;
}

/** What is between ends and begins again, or, where it should not end, reads its configuration again. */
export async function restart(
  ends: Ends,
  again: () => Promise<void>,
  isReload = false,
): Promise<string> {
  const [alice, bob] = await ends.connect();
  await ask(alice, bob);
  await again();
  let outcome = "ok (the connection lives on)";
  const ended = await Promise.race([alice.ended, pause(4_000)]);
  if (ended === undefined) {
    await ask(alice, bob);
  } else if (ended.clean) {
    outcome = "cut, which looks like an orderly end";
  } else {
    outcome = `${
      isReload ? "cut" : "ok: cut"
    }, which is told (${ended.error?.code})`;
  }
  await Promise.allSettled([alice.abort(), bob.abort()]);
  const [anna, ben] = await ends.connect();
  await ask(anna, ben);
  await leave(anna, ben);
  return outcome;
}
