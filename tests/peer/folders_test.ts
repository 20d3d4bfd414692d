// Several files and folders as one offer: what arrives, and what is told.
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import type { FileOutcome } from "../../src/peer/outgoing_files.ts";
import { encodeReceipt } from "../../src/talk/mod.ts";
import { readContent, recognize } from "../../src/talk/receive.ts";
import { offeredItem } from "../../src/peer/offered_items.ts";
import { withConversation } from "../helpers/conversation.ts";
import { within } from "../helpers/deadline.ts";
import { Prng } from "../helpers/prng.ts";
import {
  TalkingPair,
  type TalkingPairOptions,
} from "../helpers/talking_pair.ts";
import { makeTree, randomBytes, treeOf } from "../helpers/tree.ts";

/** Two fresh folders, removed behind the test. */
async function withFolders(
  run: (from: string, to: string) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir();
  const [from, to] = [join(root, "from"), join(root, "to")];
  Deno.mkdirSync(from);
  Deno.mkdirSync(to);
  try {
    await run(from, to);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

async function withTalk(
  options: TalkingPairOptions,
  run: (pair: TalkingPair) => Promise<void>,
): Promise<void> {
  const pair = await TalkingPair.open(options);
  await run(pair);
  await pair.close();
}

function names(folder: string): string[] {
  return Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
}

/** What became of each, in short: empty where it is safe. */
function reasons(outcomes: readonly FileOutcome[]): string[] {
  return outcomes.map((outcome) =>
    outcome.kind === "receipt"
      ? outcome.receipt.ok ? "" : outcome.receipt.reason ?? "?"
      : `${outcome.kind}: ${(outcome as { error?: Error }).error?.message}`
  );
}

Deno.test("a folder arrives as it is, with its times and permissions", async () => {
  const seed = Number(Deno.env.get("LEKT_SEED") ?? Date.now() % 1e9);
  console.log(`seed ${seed}`);
  await withFolders(async (from, to) => {
    const tree = join(from, "tree");
    Deno.mkdirSync(tree);
    const plan = { fileCount: 60, folderCount: 12, sizeMax: 150_000 };
    makeTree(tree, plan, new Prng(seed));
    await withTalk({ folder: to }, async (pair) => {
      assertEquals(reasons(await pair.send(tree)), [""]);
    });
    assertEquals(names(to), ["tree"]);
    assertEquals(treeOf(join(to, "tree")), treeOf(tree));
  });
});

Deno.test("several files and folders are one offer, and never take the place of what is there", async () => {
  await withFolders(async (from, to) => {
    for (const name of ["a", "b"]) {
      Deno.mkdirSync(join(from, name, "photos"), { recursive: true });
    }
    Deno.writeTextFileSync(join(from, "a", "photos", "x"), "first");
    Deno.writeTextFileSync(join(from, "b", "photos", "x"), "second");
    Deno.writeTextFileSync(join(from, "x.txt"), "single", { mode: 0o755 });
    Deno.writeTextFileSync(join(to, "x.txt"), "was here");
    await withTalk({ folder: to }, async (pair) => {
      const sent = await pair.send(
        join(from, "a", "photos"),
        join(from, "x.txt"),
        join(from, "b", "photos"),
        join(from, "x.txt"),
      );
      assertEquals(reasons(sent), ["", "", "", ""]);
      const told = pair.bob.events().map(({ event }) => event);
      assertEquals(told.filter((event) => event === "offer").length, 1);
    });
    assertEquals(names(to), [
      "photos",
      "photos (2)",
      "x (2).txt",
      "x (3).txt",
      "x.txt",
    ]);
    const read = (...path: string[]) =>
      Deno.readTextFileSync(join(to, ...path));
    assertEquals(read("photos", "x"), "first");
    assertEquals(read("photos (2)", "x"), "second");
    assertEquals([read("x.txt"), read("x (3).txt")], ["was here", "single"]);
    assertEquals(Deno.statSync(join(to, "x (2).txt")).mode! & 0o111, 0);
  });
});

Deno.test("what cannot be sent is named, and the rest arrives", async () => {
  await withFolders(async (from, to) => {
    const tree = join(from, "tree");
    Deno.mkdirSync(join(tree, "empty"), { recursive: true });
    Deno.writeTextFileSync(join(tree, "file"), "content");
    Deno.symlinkSync("/etc/passwd", join(tree, "link"));
    Deno.symlinkSync("..", join(tree, "up"));
    const socket = Deno.listen({
      transport: "unix",
      path: join(tree, "socket"),
    });
    await withTalk({ folder: to }, async (pair) => {
      assertEquals(reasons(await pair.send(tree)), [""]);
      const offer = pair.bob.events().find(({ event }) => event === "offer");
      assert(offer?.event === "offer");
      const leftOut = [
        { path: "tree/link", reason: "a symbolic link" },
        { path: "tree/socket", reason: "a socket" },
        { path: "tree/up", reason: "a symbolic link" },
      ];
      assertEquals(offer.leftOut, leftOut);
      assertEquals(
        pair.alice.events().filter(({ event }) => event === "leftOut"),
        [{ event: "leftOut", connection: 1, name: "tree", leftOut, more: 0 }],
      );
    });
    socket.close();
    assertEquals(names(join(to, "tree")), ["empty", "file"]);
  });
});

Deno.test("odd names get safe ones, which both sides hear of, and none is lost", async () => {
  await withFolders(async (from, to) => {
    const tree = join(from, "tree");
    Deno.mkdirSync(tree);
    const odd = [
      "a\\b",
      "tab\there",
      "a\u202eb",
      "ab",
      ".hidden",
      "...",
      "x".repeat(255),
      "größe",
    ];
    for (const name of odd) Deno.writeTextFileSync(join(tree, name), name);
    await withTalk({ folder: to }, async (pair) => {
      assertEquals(reasons(await pair.send(tree)), [""]);
    });
    const arrived = join(to, "tree");
    assertEquals(
      names(arrived),
      [
        "a_b",
        "tabhere",
        "ab",
        "ab (2)",
        ".hidden",
        "...",
        "x".repeat(255),
        "größe",
      ].sort(),
    );
    const contents = names(arrived).map((name) =>
      Deno.readTextFileSync(join(arrived, name))
    );
    assertEquals(contents.sort(), odd.toSorted());
  });
});

Deno.test("a deep tree arrives, and so do an empty folder and an empty file", async () => {
  await withFolders(async (from, to) => {
    const deep = Array.from({ length: 60 }, (_, level) => `d${level}`).join(
      "/",
    );
    Deno.mkdirSync(join(from, "deep", deep), { recursive: true });
    Deno.writeTextFileSync(join(from, "deep", deep, "bottom"), "here");
    Deno.mkdirSync(join(from, "empty"));
    Deno.writeTextFileSync(join(from, "nothing"), "");
    await withTalk({ folder: to }, async (pair) => {
      const paths = ["empty", "deep", "nothing"].map((name) =>
        join(from, name)
      );
      assertEquals(reasons(await pair.send(...paths)), ["", "", ""]);
      assertEquals(reasons(await pair.send(paths[0]!)), [""]);
    });
    assertEquals(names(to), ["deep", "empty", "empty (2)", "nothing"]);
    assertEquals(treeOf(join(to, "deep")), treeOf(join(from, "deep")));
    assertEquals(Deno.statSync(join(to, "nothing")).size, 0);
  });
});

Deno.test("an offer that there is no room for is refused before its content", async () => {
  await withFolders(async (from, to) => {
    Deno.writeFileSync(join(from, "large"), new Uint8Array(3_000_000));
    const freeSpace = () => Promise.resolve(2_000_000);
    await withTalk({ folder: to, freeSpace }, async (pair) => {
      const [outcome] = reasons(await pair.send(join(from, "large")));
      assertEquals(outcome, "there is no room for it");
      const error = pair.bob.events().find(({ event }) => event === "error");
      assert(error?.event === "error");
      assert(error.message.includes("there is no room for it"), error.message);
    });
    assertEquals(names(to), []);
  });
});

Deno.test("a person is asked once about an offer, and may say no", async () => {
  await withFolders(async (from, to) => {
    Deno.mkdirSync(join(from, "photos"));
    for (let count = 0; count < 13; count++) {
      Deno.writeTextFileSync(join(from, "photos", String(count)), "12345");
    }
    const long = `${"long name ".repeat(8)}.txt`;
    for (const name of ["a.txt", long, "c.txt"]) {
      Deno.writeTextFileSync(join(from, name), "x");
    }
    const asked: string[] = [];
    const options: TalkingPairOptions = {
      folder: to,
      word: "ask",
      freeSpace: () => Promise.resolve(80 * 2 ** 30),
      ask: (question) => {
        asked.push(question);
        return Promise.resolve(asked.length > 1);
      },
    };
    await withTalk(options, async (pair) => {
      const one = [join(from, "photos")];
      assertEquals(reasons(await pair.send(...one)), ["declined"]);
      const all = ["a.txt", long, "photos", "c.txt"].map((name) =>
        join(from, name)
      );
      assertEquals(reasons(await pair.send(...all)), ["", "", "", ""]);
      assertEquals(reasons(await pair.send(all[0]!)), [""]);
    });
    assertEquals(asked, [
      "alice sends the folder photos with 13 files (65 B, 80.0 GiB are free)",
      "alice sends a.txt, long name long name long...ng name .txt, photos/ and 1 more, 16 files in all (68 B, 80.0 GiB are free)",
      "alice sends the file a.txt (1 B, 80.0 GiB are free)",
    ]);
  });
});

Deno.test("a receiver of version 1.0 gets a file at a time", async () => {
  await withFolders(async (from, to) => {
    Deno.mkdirSync(join(from, "photos"));
    for (const name of ["a", "b"]) {
      Deno.writeTextFileSync(join(from, "photos", name), name);
    }
    Deno.writeTextFileSync(join(from, "c"), "c");
    await withTalk({ folder: to, versions: [1, 0] }, async (pair) => {
      const sent = await pair.send(join(from, "photos"), join(from, "c"));
      assertEquals(reasons(sent), ["", ""]);
      const told = pair.bob.events().map(({ event }) => event);
      assert(!told.includes("offer"), String(told));
    });
    assertEquals(names(to), ["a", "b", "c"]);
  });
});

Deno.test("a receiver of version 1.1 that knows no offers gets a file at a time, and no message that it does not know", async () => {
  await withFolders(async (from) => {
    Deno.mkdirSync(join(from, "photos"));
    for (const name of ["a", "b"]) {
      Deno.writeTextFileSync(join(from, "photos", name), name);
    }
    await withConversation(async ({ conversation, other }) => {
      const items = [await offeredItem(join(from, "photos"))];
      const { outcomes } = conversation.sendItems(items);
      for (const name of ["a", "b"]) {
        const message = (await within(other.receive(), "a file"))!;
        const talk = await recognize(message.body);
        assert(talk.kind === "file");
        assertEquals(talk.file.header.name, name);
        for await (const piece of readContent(talk.file)) {
          assertEquals(new TextDecoder().decode(piece), name);
        }
        await other.send(encodeReceipt({ id: message.id, ok: true }));
      }
      assertEquals(reasons(await outcomes), [""]);
    });
  });
});

Deno.test("what is sent with --zstd takes fewer bytes where that pays, and arrives as it is", async () => {
  await withFolders(async (from, to) => {
    const tree = join(from, "tree");
    Deno.mkdirSync(tree);
    const line = "all work and no play makes a folder that can be compressed\n";
    Deno.writeTextFileSync(join(tree, "long.txt"), line.repeat(40_000));
    Deno.writeTextFileSync(join(tree, "short.txt"), line.repeat(100));
    Deno.writeFileSync(join(tree, "noise"), randomBytes(300_000, new Prng(7)));
    await withTalk({ folder: to }, async (pair) => {
      assertEquals(reasons(await pair.sendPacked(tree)), [""]);
      assert(pair.sentSize < 400_000, `${pair.sentSize} bytes were sent`);
    });
    assertEquals(treeOf(join(to, "tree")), treeOf(tree));
  });
});
