// What is owed to a side that wants to hear of its messages.
import { assertEquals } from "@std/assert";
import {
  AwaitedConfirmations,
  OwedConfirmations,
} from "../../src/session/confirmations.ts";
import { ControlQueue } from "../../src/session/control_queue.ts";
import { OutgoingMessage } from "../../src/session/outgoing_message.ts";

Deno.test("1,024 Confirms may be unanswered, those whose answers wait to be written among them", () => {
  for (const writtenCount of [0, 600]) {
    const control = new ControlQueue();
    const owed = new OwedConfirmations(control);
    for (let id = 0; id < 1_024; id++) {
      if (owed.add(id, id)) throw new Error(`${id} was refused`);
      if (id < writtenCount) owed.settle(id, true);
    }
    assertEquals(owed.count, 1_024 - writtenCount);
    assertEquals(owed.add(2_000, 0)?.ruleId, "Q-6");
    if (writtenCount === 0) continue;
    control.take();
    for (let id = 0; id < writtenCount; id++) {
      if (owed.add(id, id)) throw new Error(`${id} was refused`);
    }
    assertEquals(owed.add(2_000, 0)?.ruleId, "Q-6");
  }
});

Deno.test("a message that is to be confirmed already breaks Q-4", () => {
  const owed = new OwedConfirmations(new ControlQueue());
  owed.add(7, 0);
  assertEquals(owed.add(7, 0)?.ruleId, "Q-4");
  owed.settle(7, true);
  assertEquals(owed.add(7, 1), undefined);
});

Deno.test("it is told once whether a message was taken, and not of one that nobody asked about", () => {
  const control = new ControlQueue();
  const owed = new OwedConfirmations(control);
  owed.add(7, 0);
  assertEquals([owed.settle(8, true), control.isEmpty], [false, true]);
  assertEquals([owed.settle(7, true), control.isEmpty], [true, false]);
  control.take();
  assertEquals([owed.settle(7, false), control.isEmpty], [false, true]);
});

Deno.test("behind the other side's last message those are answered that have not begun", () => {
  const control = new ControlQueue();
  const owed = new OwedConfirmations(control);
  owed.add(1, 0);
  owed.add(2, 1);
  owed.forget(1);
  owed.add(3, 1);
  owed.add(4, 2);
  // Of 1, 2, 3 and 4 the first was aborted, 2 and 3 have begun.
  owed.dropUnbegun(2);
  assertEquals(owed.count, 2);
  assertEquals(control.confirmedCount, 1);
  owed.dropAll();
  owed.add(5, 2);
  assertEquals([owed.count, control.confirmedCount], [2, 2]);
});

Deno.test("an answer settles its message once, and one that nobody waits for does nothing", () => {
  const answers: (boolean | undefined)[] = [];
  const awaited = new AwaitedConfirmations();
  const message = Object.assign(new OutgoingMessage(), {
    id: 7,
    onConfirmed: (isTaken: boolean | undefined) => void answers.push(isTaken),
  });
  awaited.add(message);
  awaited.settle(8, true);
  assertEquals([awaited.count, answers], [1, []]);
  awaited.settle(7, false);
  awaited.settle(7, true);
  assertEquals([awaited.count, answers], [0, [false]]);
});
