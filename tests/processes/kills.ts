/**
 * Kills programs amid their conversations: what this side has received is what
 * was sent, in order, whole; and it is told that there may have been more.
 *
 * @module
 */
import { type Connection, listen, type Listener } from "../../mod.ts";
import { within } from "../helpers/deadline.ts";
import { Prng } from "../helpers/prng.ts";
import { assertMessage, messageOf } from "./told.ts";

/** A program is killed behind so many of its messages, at most. */
const MESSAGE_COUNT_MAX = 60;

/** What has to happen happens within so long, in milliseconds, also on a busy machine. */
const PATIENCE_MS = 300_000;

/** What was found. */
export interface Killed {
  messageCount: number;
  wrong: string[];
}

async function sendAll(connection: Connection, seed: number): Promise<void> {
  try {
    for (let number = 0;; number++) {
      await connection.send(messageOf(seed, number));
    }
  } catch {
    // It is gone: that is what this is about.
  }
}

/** Reads all that comes; `onMessage` is called for each. */
async function readAll(
  connection: Connection,
  seed: number,
  onMessage: () => void,
): Promise<number> {
  let count = 0;
  try {
    for await (const message of connection) {
      const bytes = await message.bytes().catch(() => undefined);
      // What was cut short comes last.
      if (bytes === undefined) break;
      assertMessage(bytes, seed, count++);
      onMessage();
    }
  } catch (error) {
    if ((error as Error).name !== "LektError") throw error;
  }
  return count;
}

async function killOne(
  listener: Listener,
  accepted: AsyncIterator<Connection>,
  seed: number,
): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      new URL("talker.ts", import.meta.url).pathname,
      listener.methods[0]!,
      String(seed),
    ],
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  const { value } = await within(accepted.next(), "a client", PATIENCE_MS);
  const connection: Connection = value;
  let left = new Prng(seed).below(MESSAGE_COUNT_MAX);
  const reading = readAll(connection, seed, () => {
    if (left-- === 0) child.kill("SIGKILL");
  });
  const sending = sendAll(connection, seed + 1);
  const { clean } = await within(connection.closed, "the end", PATIENCE_MS);
  const count = await within(reading, "the last message", PATIENCE_MS);
  await within(sending, "the last send", PATIENCE_MS);
  const { signal } = await child.status;
  if (signal !== "SIGKILL") throw new Error("the program ended by itself");
  if (clean) throw new Error("its end was taken for one in order");
  return count;
}

/** Kills `count` programs, one after the other. */
export async function killMany(count: number, first: number): Promise<Killed> {
  const killed: Killed = { messageCount: 0, wrong: [] };
  await using listener = await listen({
    nickname: "survivor",
    methods: ["tcp://127.0.0.1:0"],
    accept: () => true,
  });
  const accepted = listener[Symbol.asyncIterator]();
  for (let index = 0; index < count; index++) {
    // Two for each: one for either direction.
    const seed = first + 2 * index;
    try {
      killed.messageCount += await killOne(listener, accepted, seed);
    } catch (error) {
      killed.wrong.push(`seed ${seed}: ${error}`);
    }
    const { open } = listener.stats();
    if (open > 0) {
      killed.wrong.push(`seed ${seed}: ${open} connections are left`);
    }
  }
  return killed;
}
