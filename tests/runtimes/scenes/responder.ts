/**
 * The side that listens, in whichever runtime: does what each connection's
 * first message asks for. Its arguments are the methods to listen on. It prints its methods and its key, and ends when it
 * is asked to, by itself: nothing of lekt's may keep the process alive then.
 *
 * @module
 */
import process from "node:process";
import { type Connection, listen, type Message } from "@lekt/lekt";
import { makeCertificate } from "@lekt/lekt/certificate";
import { digest, pattern, shown, type Task } from "./shared.ts";

/** What was seen of a connection, by its id. */
const seen = new Map<string, string>();
/** Those that wait for it. */
const waiting = new Map<string, () => void>();

function note(id: string, what: string): void {
  seen.set(id, what);
  waiting.get(id)?.();
}

async function tell(id: string): Promise<string> {
  while (!seen.has(id)) {
    await new Promise<void>((resolve) => waiting.set(id, resolve));
  }
  return seen.get(id)!;
}

async function serve(connection: Connection): Promise<void> {
  const first = await connection.receive();
  const { act, id, size = 0 }: Task = await first!.json() as Task;
  switch (act) {
    case "stop":
      // Its own connection must have ended before it can be awaited.
      setTimeout(() => void listener.shutdown());
      return;
    case "tell":
      return void await connection.send(await tell(id));
    case "give":
      return void await connection.send(pattern(size), { confirm: true });
    case "end first":
      await connection.closeWrite();
      return note(id, String((await drain(connection)).length));
    case "count": {
      const { length } = await drain(connection);
      for (let index = 0; index < length; index++) {
        await connection.send(String(index));
      }
      return;
    }
    case "watch":
      await connection.send("watching");
      await drain(connection).catch((error) => note(id, shown(error)));
      await connection.close();
      return note(id, seen.get(id) ?? (await connection.closed).reason ?? "");
    case "drop":
    case "cancel":
      (await connection.receive())!.cancel("enough");
      return await answer(connection, "echo");
    default:
      return await answer(connection, act);
  }
}

/** Answers each message, also those that are aborted; a short one overtakes. */
async function answer(
  connection: Connection,
  act: Task["act"],
): Promise<void> {
  const answers: Promise<unknown>[] = [];
  for await (const message of connection) {
    answers.push(reply(connection, message, act));
  }
  await Promise.all(answers);
}

async function reply(
  connection: Connection,
  message: Message,
  act: Task["act"],
): Promise<void> {
  try {
    await connection.send(
      act === "digest" ? await digest(message) : `got ${await message.text()}`,
    );
  } catch (error) {
    await connection.send(`lost: ${shown(error)}`);
  }
}

async function drain(connection: Connection): Promise<string[]> {
  const texts: string[] = [];
  for await (const message of connection) texts.push(await message.text());
  return texts;
}

const certificate = await makeCertificate({ hosts: ["localhost"] });
const methods = process.argv.slice(2);
const listener = await listen({
  nickname: "bob",
  methods,
  tls: certificate,
  accept: ({ nickname }) => nickname === "alice" || "I only talk to alice",
});
console.log(
  JSON.stringify({ methods: listener.methods, spki: certificate.spki }),
);
await listener.serve(serve, {
  onError: (error) => console.error(`a handler failed: ${shown(error)}`),
});
