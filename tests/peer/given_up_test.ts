// Files of an offer that their sender cannot go on with: both sides are told which, and why.
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { ByteOutput } from "../../src/peer/byte_output.ts";
import { FilePolicy } from "../../src/peer/file_policy.ts";
import { IncomingFiles } from "../../src/peer/incoming_files.ts";
import { Output } from "../../src/peer/output.ts";
import { OutputOffer } from "../../src/peer/output_offer.ts";
import { Reporter } from "../../src/peer/reporter.ts";
import type { Offer } from "../../src/talk/offer.ts";
import { type IncomingFile, recognize } from "../../src/talk/receive.ts";
import { encodeFile } from "../../src/talk/send_file.ts";
import { connectPair } from "../helpers/connection_pair.ts";
import type { TalkingSide } from "../helpers/conversation.ts";
import { within } from "../helpers/deadline.ts";
import { TalkingPair } from "../helpers/talking_pair.ts";

const CHANGED = "it was changed since it was offered";

function errorsOf({ events }: TalkingSide): unknown[] {
  return events().flatMap((each) =>
    each.event === "error" ? [[each.code, each.message, each.name]] : []
  );
}

Deno.test("both sides name each file that was changed behind the offer, and the others arrive", async () => {
  const root = await Deno.makeTempDir();
  const [from, to] = [join(root, "from"), join(root, "to")];
  Deno.mkdirSync(from);
  Deno.mkdirSync(to);
  for (const name of ["a", "b", "c", "d"]) {
    Deno.writeTextFileSync(join(from, name), name.repeat(5));
  }
  const pair = await TalkingPair.open({
    folder: to,
    word: "ask",
    answerTimeoutMs: 60_000,
    ask: () => {
      Deno.writeTextFileSync(join(from, "b"), "longer than it was");
      Deno.removeSync(join(from, "d"));
      return Promise.resolve(true);
    },
  });
  const [outcome] = await pair.send(from);
  assertEquals(outcome?.kind === "receipt" && outcome.receipt.ok, false);
  const gone = "there is no such file or folder";
  assertEquals(errorsOf(pair.alice), [
    ["FILE", `Cannot send from/b: ${CHANGED}`, "from/b"],
    ["FILE", `Cannot send from/d: ${gone}`, "from/d"],
  ]);
  const up = "its sender has given it up";
  assertEquals(errorsOf(pair.bob), [
    ["FILE", `Cannot take from/b: ${up}: ${CHANGED}`, "from/b"],
    ["FILE", `Cannot take from/d: ${up}: ${gone}`, "from/d"],
  ]);
  assertEquals(pair.bob.conversation.hasFailed, true);
  const arrived = Array.from(
    Deno.readDirSync(join(to, "from")),
    (each) => each.name,
  );
  assertEquals(arrived.sort(), ["a", "c"]);
  await pair.close();
  await Deno.remove(root, { recursive: true });
});

Deno.test("a file for standard output that its sender gives up is told of", async () => {
  const offer = {
    number: 1,
    entries: [{ kind: "file", path: "log" }],
  } as unknown as Offer;
  const faults: [number, string][] = [];
  const target = new OutputOffer(offer, new ByteOutput("-"), {
    onPlaced: () => {},
    onFault: (...fault) => faults.push(fault),
  });
  await target.giveUp(0, "it is gone");
  assertEquals(faults, [[0, "its sender has given it up: it is gone"]]);
  assertEquals(target.failed, faults);
});

Deno.test("a single file goes to the output that is named, whatever is said of files that are saved", async () => {
  const { alice, bob } = await connectPair();
  const { reporter, files } = sinks();
  const names: string[] = [];
  const output = {
    ready: () => Promise.resolve(),
    takeFile: async (file: IncomingFile) => {
      names.push(file.header.name);
      await file.body.cancel();
      return { path: "-", size: 4, sha256: "" };
    },
  } as unknown as ByteOutput;
  const faults: string[] = [];
  const incoming = new IncomingFiles({
    connection: bob,
    number: 1,
    reporter,
    files,
    output,
    onFault: (message) => faults.push(message),
  });
  const content = new Blob(["text"]).stream();
  alice.send(encodeFile({ name: "a", size: 4 }, content)).catch(() => {});
  const message = (await within(bob.receive(), "the file"))!;
  const talk = await recognize(message.body);
  assert(talk.kind === "file", talk.kind);
  await incoming.receive(message.id, talk.file);
  assertEquals([names, faults], [["a"], []]);
  await Promise.all([alice.abort(), bob.abort()]);
});

/** Tells nobody anything, and takes no file to be saved. */
function sinks(): { reporter: Reporter; files: FilePolicy } {
  const nobody = new Output({
    write: ({ length }) => Promise.resolve(length),
    writeSync: ({ length }) => length,
    isTerminal: () => false,
  });
  const [stdout, stderr] = [nobody, nobody];
  return {
    reporter: new Reporter({ program: "peer", isJson: true, stdout, stderr }),
    files: new FilePolicy({
      word: "none",
      folder: undefined,
      ask: () => Promise.resolve(false),
      answerTimeoutMs: 1_000,
    }),
  };
}
