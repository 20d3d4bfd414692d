import { assertEquals } from "@std/assert";
import { ReadyQueue } from "../../src/transport/ready_queue.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { within } from "../helpers/deadline.ts";

/** A queue, and what becomes of those that are put into it. */
function open(): { queue: ReadyQueue; put(name: string): void; log: string[] } {
  const queue = new ReadyQueue();
  const log: string[] = [];
  return {
    queue,
    log,
    put(name) {
      const transport = {
        address: name,
        close: () => log.push(`${name} closed`),
      };
      queue.push(
        transport as unknown as Transport,
        () => log.push(`${name} taken`),
      );
    },
  };
}

async function next(queue: ReadyQueue): Promise<string | undefined> {
  return (await within(queue.take(), "the next one"))?.address;
}

Deno.test("who is ready is taken in order, and whoever waits for one gets it at once", async () => {
  const { queue, put, log } = open();
  put("a");
  put("b");
  assertEquals([await next(queue), await next(queue)], ["a", "b"]);
  const waiting = next(queue);
  put("c");
  assertEquals(await waiting, "c");
  assertEquals(log, ["a taken", "b taken", "c taken"]);
});

Deno.test("behind the end nobody is taken, and who waits or comes is closed", async () => {
  const { queue, put, log } = open();
  put("a");
  queue.close();
  put("b");
  assertEquals([await next(queue), await next(queue)], [undefined, undefined]);
  assertEquals(log, ["a closed", "a taken", "b closed", "b taken"]);
  const other = open();
  const waiting = next(other.queue);
  other.queue.close();
  assertEquals(await waiting, undefined);
});
