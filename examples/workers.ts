/**
 * Work that takes long, in worker threads: the connection stays free to send
 * and receive meanwhile. The bytes of a message are moved to the worker, not
 * copied a second time.
 *
 * deno run --allow-net=127.0.0.1 --allow-read examples/workers.ts
 */
import { connect, listen } from "@lekt/lekt";
import { assertEquals } from "@std/assert";

const WORKER_COUNT = 2;

/** Hands jobs to whichever worker is free. */
class WorkerPool implements Disposable {
  #workers: Worker[] = [];
  #free: Worker[] = [];
  #waiting: ((worker: Worker) => void)[] = [];

  constructor(url: URL, count: number) {
    for (let index = 0; index < count; index++) {
      this.#workers.push(new Worker(url, { type: "module" }));
    }
    this.#free.push(...this.#workers);
  }

  async run(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
    const worker = this.#free.pop() ??
      await new Promise<Worker>((resolve) => this.#waiting.push(resolve));
    try {
      return await new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = (event) => reject(new Error(event.message));
        worker.postMessage(bytes, [bytes.buffer]);
      });
    } finally {
      const next = this.#waiting.shift();
      if (next) next(worker);
      else this.#free.push(worker);
    }
  }

  [Symbol.dispose](): void {
    for (const worker of this.#workers) worker.terminate();
  }
}

using pool = new WorkerPool(
  new URL("./workers/digest.js", import.meta.url),
  WORKER_COUNT,
);
await using listener = await listen({
  nickname: "bob",
  methods: ["tcp://127.0.0.1:0"],
  accept: () => true,
});
listener.serve(async (connection) => {
  for await (const message of connection) {
    // A copy of its own, for short messages share their memory with others.
    const bytes = (await message.bytes()).slice();
    await connection.send(await pool.run(bytes));
  }
});

await using bob = await connect(listener.methods, { nickname: "alice" });
await bob.send("abc");
const digest = await (await bob.receive())?.text();
console.log(digest);
assertEquals(
  digest,
  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
);
