// What is told of what was sent: folders as folders, and nothing as perhaps arrived that was only offered.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { receiptLine } from "../../src/peer/event_lines.ts";
import type { FileReport, PeerEvent } from "../../src/peer/events.ts";
import { type OfferedItem, singleItem } from "../../src/peer/offered_items.ts";
import type { Reporter } from "../../src/peer/reporter.ts";
import { SendingReports } from "../../src/peer/sending_reports.ts";
import { summaryLines } from "../../src/peer/summary.ts";
import { until, within } from "../helpers/deadline.ts";
import {
  type JsonLine,
  runPeerProcess,
  startListener,
} from "../helpers/peer_process.ts";
import { TalkingPair } from "../helpers/talking_pair.ts";

async function* pieces(...bytes: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* bytes;
}

function file(name: string): OfferedItem {
  return singleItem({ name, open: () => Promise.resolve(pieces()) });
}

function headline(...files: FileReport[]): string {
  return summaryLines(files)[0]!.text;
}

Deno.test("send tells a person and a program that a folder is one, and how many files are in it", async () => {
  const root = await Deno.makeTempDir();
  const folder = join(root, "photos");
  Deno.mkdirSync(join(folder, "more"), { recursive: true });
  for (const name of ["a", "more/b"]) {
    Deno.writeTextFileSync(join(folder, name), name);
  }
  const save = join(root, "to");
  const { peer, method } = await startListener([
    ...["--accept", "all", "--save", save],
  ]);
  await using _ = peer;
  const told = await runPeerProcess(["send", method, folder]);
  assertEquals(told.status, 0, told.stderr);
  assertStringIncludes(told.stderr, "has the folder photos with 2 files\n");
  assertStringIncludes(told.stderr, "1 of 1 folder is safe");
  assertStringIncludes(told.stderr, "safe      photos/ (2 files, message ");

  const { stdout } = await runPeerProcess([
    ...["send", method, folder, join(folder, "a"), "--json"],
  ]);
  const lines: JsonLine[] = stdout.trim().split("\n").map((line) =>
    JSON.parse(line)
  );
  const of = (name: string) => lines.filter(({ event }) => event === name);
  assertEquals(of("receipt").map(({ files }) => files), [2, undefined]);
  const [summary] = of("summary");
  const listed = summary!["files"] as { files?: number }[];
  assertEquals(listed.map(({ files }) => files), [2, undefined]);
  await Deno.remove(root, { recursive: true });
});

Deno.test("what is left out is told once of each item, and items have a title together", () => {
  const titles: string[] = [];
  const events: PeerEvent[] = [];
  const reports = new SendingReports(
    {
      emit: (event: PeerEvent) => void events.push(event),
      startTransfer: (_to: string, _number: number, title: string) =>
        void titles.push(title),
    } as unknown as Reporter,
    1,
    () => {},
  );
  const whole = file("a");
  reports.begin([whole]);
  assertEquals(events, []);
  for (const [count, more] of [[10, 0], [11, 1]] as const) {
    const left = Array.from({ length: count }, (_, index) => ({
      entry: { kind: "left", path: `b/${index}`, reason: "a pipe" },
    }));
    const item = { ...whole, entries: [...whole.entries, ...left] };
    for (let time = 0; time < 2; time++) {
      reports.begin([item as OfferedItem, whole]);
    }
    const [told, ...others] = events.splice(0);
    assert(told?.event === "leftOut");
    assertEquals([told.leftOut.length, told.more], [10, more]);
    assertEquals(others, []);
  }
  assertEquals(titles.slice(0, 2), ["a", "a and 1 more"]);
});

Deno.test("a list says that what has arrived is not sent twice, where that is so", () => {
  const advice = "Send the same again: what has arrived is not sent twice";
  const cut: FileReport = { name: "a", state: "failed", reason: "it broke" };
  const lines = (file: FileReport) =>
    summaryLines([file]).map(({ text }) => text).slice(2);
  assertEquals(lines({ ...cut, resumable: true }), [advice]);
  assertEquals(lines(cut), []);
});

Deno.test("a list names 20 files that are safe, and of more only their number", () => {
  const one: FileReport = { name: "a", state: "safe" };
  for (const [count, lineCount] of [[20, 21], [21, 1]] as const) {
    assertEquals(summaryLines(Array(count).fill(one)).length, lineCount);
  }
});

Deno.test("a list with folders names them as such", () => {
  const one: FileReport = { name: "a", state: "safe" };
  const folder: FileReport = { name: "f", state: "failed", files: 1_200 };
  assertEquals(headline(one), "1 of 1 file is safe with the other side");
  assertEquals(headline(one, one), "2 of 2 files are safe with the other side");
  assertEquals(headline(folder), "0 of 1 folder is safe with the other side");
  assertEquals(
    headline(folder, folder),
    "0 of 2 folders are safe with the other side",
  );
  assertEquals(
    headline(one, folder),
    "1 of 2 files and folders are safe with the other side",
  );
  assertEquals(
    summaryLines([{ ...folder, reason: "f/x: gone" }])[1]!.text,
    "not safe  f/ (1,200 files): f/x: gone",
  );
  const receipt: PeerEvent & { event: "receipt" } = {
    event: "receipt",
    connection: 1,
    id: 2,
    name: "f",
    ok: false,
    reason: "f/x: gone",
  };
  assertEquals(
    receiptLine("bob", receipt),
    "bob does not have the file f (message 2): f/x: gone",
  );
  assertEquals(
    receiptLine("bob", { ...receipt, files: 3 }),
    "bob does not have the whole folder f (message 2): f/x: gone",
  );
});

Deno.test("of what was only offered when the other side left it is told that it is not sent", async () => {
  const folder = await Deno.makeTempDir();
  const answer = Promise.withResolvers<boolean>();
  let askedCount = 0;
  const pair = await TalkingPair.open({
    folder,
    word: "ask",
    // Only after the first one it is known that offers are taken.
    ask: () => askedCount++ === 1 ? answer.promise : Promise.resolve(true),
    answerTimeoutMs: 60_000,
  });
  const { conversation, events } = pair.alice;
  await within(conversation.sendItems([file("first")]).outcomes, "the first");
  const { outcomes } = conversation.sendItems([file("second")]);
  await until(() => askedCount === 2, "the question");
  pair.cut();
  const [outcome] = await within(outcomes, "the second");
  assertEquals(outcome?.kind === "unconfirmed" && outcome.isUnsent, true);
  const faults = events().flatMap((each) =>
    each.event === "error" && each.name === "second" ? [each.message] : []
  );
  assertEquals(faults, ["Cannot send second: no answer came"]);
  answer.resolve(false);
  await pair.close();
  await Deno.remove(folder, { recursive: true });
});
