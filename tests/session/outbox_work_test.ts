// How much the outbox does for one message, however many others there are: counted, not timed.
import { assertEquals, assertLess } from "@std/assert";
import { OPEN_COUNT_MAX } from "../../asm/wire.ts";
import { Core } from "../../src/framing/core.ts";
import { LektError } from "../../src/base/errors.ts";
import { Outbox } from "../../src/session/outbox.ts";
import type { OutgoingMessage } from "../../src/session/outgoing_message.ts";
import { pattern } from "../helpers/messages.ts";

function outboxOf(): Outbox {
  return new Outbox({ core: new Core(OPEN_COUNT_MAX) }, 262_144);
}

function drain(outbox: Outbox): void {
  for (let bytes; (bytes = outbox.pollTransmit());) {
    outbox.handleTransmitted(bytes.length);
  }
}

/** Counts each look at a message that is made from now on. */
function watch(messages: OutgoingMessage[]): { count: number } {
  const looks = { count: 0 };
  for (const message of messages) {
    for (const [name, value] of Object.entries(message)) {
      let present = value;
      Object.defineProperty(message, name, {
        get(): unknown {
          looks.count++;
          return present;
        },
        set(next: unknown): void {
          looks.count++;
          present = next;
        },
      });
    }
  }
  return looks;
}

/** Runs `run`; returns how many elements arrays have searched or moved meanwhile. */
function arrayWork(run: () => void): number {
  const names = ["indexOf", "includes", "splice", "shift", "slice"] as const;
  const prototype = Array.prototype as unknown as Record<string, unknown>;
  const originals = names.map((name) => Array.prototype[name]);
  let work = 0;
  names.forEach((name, index) => {
    prototype[name] = function (this: unknown[], ...args: unknown[]): unknown {
      work += this.length;
      return Reflect.apply(originals[index]!, this, args);
    };
  });
  try {
    run();
  } finally {
    names.forEach((name, index) => prototype[name] = originals[index]);
  }
  return work;
}

Deno.test("an outbox looks at none of 16,000 messages that give nothing when it sends a short one", () => {
  const outbox = outboxOf();
  const idle = Array.from({ length: 16_000 }, () => outbox.queueOpen());
  const looks = watch(idle);
  for (let i = 0; i < 10; i++) {
    outbox.trySend(pattern(100));
    drain(outbox);
  }
  assertEquals(looks.count, 0);
  outbox.abortAll(new LektError("CLOSED", "over"), "over");
  assertEquals([idle.every(({ isEnded }) => isEnded), outbox.isDrained], [
    true,
    true,
  ]);
});

Deno.test("an outbox looks at none of 15,000 messages that may not begin yet when it sends another", () => {
  const outbox = outboxOf();
  const begun = Array.from({ length: OPEN_COUNT_MAX }, () => {
    const message = outbox.queueOpen();
    message.offer(pattern(1), false);
    return message;
  });
  drain(outbox);
  const waiting = Array.from({ length: 15_000 }, () => {
    const message = outbox.queueOpen();
    message.offer(pattern(1), true);
    return message;
  });
  drain(outbox);
  const looks = watch(waiting.slice(1));
  outbox.trySend(pattern(100));
  begun[7]!.offer(pattern(5), false);
  drain(outbox);
  assertEquals([begun[7]!.nextIndex, looks.count], [2, 0]);
  for (const message of begun) message.offer(new Uint8Array(0), true);
  drain(outbox);
  assertEquals(waiting.every(({ isEnded }) => isEnded), true);
  // Once each, whatever is done for one: not once for each of the others.
  assertLess(looks.count, 15_000 * 100);
});

Deno.test("an outbox gives up, fails and sends 20,000 waiting messages without going through them for each", () => {
  const count = 20_000;
  const error = new LektError("CLOSED", "over");
  const ways: [string, (outbox: Outbox, all: OutgoingMessage[]) => void][] = [
    ["abortAll", (outbox) => outbox.abortAll(error, "over")],
    ["fail", (outbox) => outbox.fail(error)],
    ["abort", (outbox, all) => {
      for (const message of all) outbox.abort(message, "one by one");
    }],
    ["send", (outbox) => drain(outbox)],
  ];
  for (const [name, run] of ways) {
    const outbox = outboxOf();
    outbox.trySend(pattern(250_000));
    outbox.pollTransmit();
    outbox.trySend(pattern(250_000));
    const all = Array.from(
      { length: count },
      () => outbox.queueWhole(pattern(100)),
    );
    const work = arrayWork(() => run(outbox, all));
    assertLess(work, 10 * count, name);
    assertEquals(all.every(({ isEnded }) => isEnded), true, name);
  }
});
