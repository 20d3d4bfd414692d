import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { Chat } from "../../src/peer/chat.ts";
import type { Conversation } from "../../src/peer/conversation.ts";
import type { OfferedItem } from "../../src/peer/offered_items.ts";
import type { Reporter } from "../../src/peer/reporter.ts";
import { Roster } from "../../src/peer/roster.ts";
import type { KeyboardHandlers, PersonScreen } from "../../src/peer/screen.ts";
import { until } from "../helpers/deadline.ts";

Deno.test("files are sent in the order in which they were typed, however long a look takes, to whom they were typed for", async () => {
  const root = await Deno.makeTempDir();
  const names = ["many", "b.txt", "few", "d.txt"];
  for (const [name, count] of [["many", 300], ["few", 3]] as const) {
    Deno.mkdirSync(join(root, name));
    for (let index = 0; index < count; index++) {
      Deno.writeTextFileSync(join(root, name, String(index)), "x");
    }
  }
  for (const name of ["b.txt", "d.txt"]) {
    Deno.writeTextFileSync(join(root, name), "x");
  }
  const sent: string[] = [];
  const ann = {
    hasOtherEnded: false,
    sendItems: (items: readonly OfferedItem[]): void => {
      sent.push(...items.map(({ entries }) => entries[0]!.entry.path));
    },
  } as unknown as Conversation;
  const roster = new Roster();
  roster.add(ann);
  let keyboard: KeyboardHandlers | undefined;
  const screen = {
    readKeyboard: (handlers: KeyboardHandlers) => keyboard = handlers,
    setPrompt: () => {},
  } as unknown as PersonScreen;
  const reporter = { note: () => {} } as unknown as Reporter;
  new Chat({ screen, reporter, roster, stop: () => {} });
  for (const name of names) {
    const text = `/send "${join(root, name)}"`;
    keyboard!.onLine({ text, isPasted: false, prompt: undefined });
  }
  roster.remove(ann);
  await until(() => sent.length === names.length, "all of them");
  assertEquals(sent, names);
  await Deno.remove(root, { recursive: true });
});
