import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { Chat } from "../../src/peer/chat.ts";
import { readCode } from "../../src/peer/code/code.ts";
import { WORDS } from "../../src/peer/code/words.ts";
import type { Conversation } from "../../src/peer/conversation.ts";
import type { OfferedItem } from "../../src/peer/offered_items.ts";
import { Cancelled, type FileOutcome } from "../../src/peer/outgoing_files.ts";
import type { Reporter } from "../../src/peer/reporter.ts";
import { Roster } from "../../src/peer/roster.ts";
import type { KeyboardHandlers, PersonScreen } from "../../src/peer/screen.ts";
import { isSettled, turns, until, within } from "../helpers/deadline.ts";

/** Somebody at a keyboard, who talks with these. */
function typist(others: readonly Conversation[]) {
  const roster = new Roster();
  for (const other of others) roster.add(other);
  let keyboard: KeyboardHandlers | undefined;
  const screen = {
    readKeyboard: (handlers: KeyboardHandlers) => keyboard = handlers,
    setPrompt: () => {},
  } as unknown as PersonScreen;
  const notes: string[] = [];
  const note = (text: string): void => {
    notes.push(text);
  };
  const reporter = { note } as unknown as Reporter;
  const chat = new Chat({ screen, reporter, roster, stop: () => {} });
  const type = (text: string): void =>
    keyboard!.onLine({ text, isPasted: false, prompt: undefined });
  const complete = (text: string): string => keyboard!.onTab(text);
  return { chat, roster, notes, type, complete };
}

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
    sendItems: (items: readonly OfferedItem[]) => {
      sent.push(...items.map(({ entries }) => entries[0]!.entry.path));
      return { outcomes: new Promise(() => {}) };
    },
  } as unknown as Conversation;
  const { roster, type } = typist([ann]);
  for (const name of names) {
    type(`/send "${join(root, name)}"`);
  }
  roster.remove(ann);
  await until(() => sent.length === names.length, "all of them");
  assertEquals(sent, names);
  await Deno.remove(root, { recursive: true });
});

Deno.test("what was not sent when the conversation has ended is named, and what is told anyway is not", async () => {
  const root = await Deno.makeTempDir();
  const names = ["safe", "cut", "cancelled", "late"];
  for (const name of names) Deno.writeTextFileSync(join(root, name), "x");
  const outcomes: FileOutcome[] = [
    { kind: "receipt", id: 1, receipt: { id: 1, ok: true } },
    { kind: "unsent", error: new Error("the sender has ended") },
    { kind: "unsent", error: new Cancelled() },
    { kind: "unconfirmed", id: 1, reason: "no receipt came" },
  ];
  const ann = {
    hasOtherEnded: false,
    sendItems: () => ({ outcomes: Promise.resolve(outcomes) }),
  } as unknown as Conversation;
  const { notes, type } = typist([ann]);
  type(`/send ${names.map((name) => `"${join(root, name)}"`).join(" ")}`);
  await until(() => notes.length > 0, "a word about it");
  await turns();
  assertEquals(notes, ["cut is not sent"]);
  await Deno.remove(root, { recursive: true });
});

Deno.test("what is said goes to the first who still talks, and waits for one where there is none", async () => {
  const [gone, ann, bob] = [true, false, false].map((hasOtherEnded) =>
    ({ hasOtherEnded }) as Conversation
  ) as [Conversation, Conversation, Conversation];
  const roster = new Roster();
  const waiting = roster.waitForAddressee();
  assertEquals(await isSettled(waiting), false);
  roster.add(gone);
  const addressee = () => within(roster.waitForAddressee(), "the addressee");
  assert(await waiting === gone);
  assert(await addressee() === gone);
  for (const other of [ann, bob]) roster.add(other);
  assert(await addressee() === ann);
  roster.remove(ann);
  assert(await addressee() === bob);
  assertEquals(roster.all.length, 2);
});

Deno.test("while a code is asked for, what is typed is one, and Tab knows its words", async () => {
  const { chat, notes, type, complete } = typist([]);
  const asked = chat.askCode();
  notes.length = 0;
  type(" ");
  assertEquals(notes, []);
  type("/quit");
  assertEquals(notes.length, 1);
  assertEquals(await isSettled(asked), false);
  const [first, ...others] = WORDS;
  assertEquals(
    complete(`7-${first}-${first!.slice(0, -1)}`),
    `${first!.slice(-1)}-`,
  );
  const text = `7-${first}-${others.slice(0, 2).join("-")}`;
  type(text);
  assertEquals(await within(asked, "the code"), readCode(text));
  assertEquals([complete("/qu"), complete("")], ["it", ""]);
  notes.length = 0;
  type("hello");
  assertEquals(notes, ["Nobody is here yet: not sent"]);
});

Deno.test("what cannot be sent is said, and what says nothing is not", async () => {
  const nobody = typist([]);
  nobody.type("  ");
  assertEquals(nobody.notes, []);
  nobody.type("/send a");
  assertEquals(nobody.notes, ["Nobody is here yet: not sent"]);
  let sentCount = 0;
  const ann = {
    hasOtherEnded: false,
    sendText: () => sentCount++,
    sendItems: () => {
      sentCount++;
      return { outcomes: new Promise(() => {}) };
    },
  } as unknown as Conversation;
  const { notes, type } = typist([ann]);
  type("");
  assertEquals([notes, sentCount], [[], 0]);
  for (const text of ["/send", "/send -"]) {
    type(text);
    assertEquals(notes.splice(0), ["Which file? /send FILE"]);
  }
  type("/send /does/not/exist");
  await until(() => notes.length > 0, "a word about it");
  await turns();
  assertEquals([notes.length, sentCount], [1, 0]);
  type("hello");
  assertEquals([notes.length, sentCount], [1, 1]);
});
