/**
 * Requests and replies: many at once over one connection, each reply matched
 * with its request by a number. A slow request does not hold up a quick one.
 *
 * deno run --allow-net=127.0.0.1 examples/request_reply.ts
 */
import { connect, type Connection, listen, type Message } from "@lekt/lekt";
import { assertEquals } from "@std/assert";

interface Request {
  id: number;
  text: string;
  delayMs: number;
}

interface Reply {
  id: number;
  text: string;
}

/** The server's side: answers each request without waiting for the one before. */
async function answerAll(connection: Connection): Promise<void> {
  const answers: Promise<void>[] = [];
  for await (const message of connection) {
    answers.push(answer(connection, message));
  }
  await Promise.all(answers);
}

async function answer(connection: Connection, message: Message): Promise<void> {
  const { id, text, delayMs } = await message.json() as Request;
  await new Promise((resolve) => setTimeout(resolve, delayMs)); // the work
  const reply: Reply = { id, text: text.toUpperCase() };
  await connection.send(JSON.stringify(reply));
}

/** The client's side: one loop reads all replies. */
class Caller {
  #connection: Connection;
  #lastId = 0;
  #waiting = new Map<number, PromiseWithResolvers<string>>();

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#readReplies();
  }

  async call(text: string, delayMs: number): Promise<string> {
    const id = ++this.#lastId;
    const reply = Promise.withResolvers<string>();
    this.#waiting.set(id, reply);
    const request: Request = { id, text, delayMs };
    await this.#connection.send(JSON.stringify(request));
    return await reply.promise;
  }

  async #readReplies(): Promise<void> {
    let reason: unknown = new Error("The connection has ended");
    try {
      for await (const message of this.#connection) {
        const { id, text } = await message.json() as Reply;
        this.#waiting.get(id)?.resolve(text);
        this.#waiting.delete(id);
      }
    } catch (error) {
      reason = error;
    }
    for (const { reject } of this.#waiting.values()) reject(reason);
  }
}

await using listener = await listen({
  nickname: "bob",
  methods: ["tcp://127.0.0.1:0"],
  accept: () => true,
});
listener.serve(answerAll);

await using bob = await connect(listener.methods, { nickname: "alice" });
const caller = new Caller(bob);
const order: string[] = [];
await Promise.all([
  caller.call("slow", 200).then((text) => order.push(text)),
  caller.call("quick", 0).then((text) => order.push(text)),
]);
console.log(order);
assertEquals(order, ["QUICK", "SLOW"]);
