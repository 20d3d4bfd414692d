// Offers of programs that are wrong, or lie: clear words, and nothing under a final name.
import { assert, assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import { zstdCompressSync } from "node:zlib";
import { withConversation } from "../helpers/conversation.ts";
import { until } from "../helpers/deadline.ts";
import {
  answerFrom,
  block,
  content,
  faultsOf,
  head,
  HI,
  offerOf,
  resultFrom,
  visibleNames,
  whole,
} from "../helpers/raw_offers.ts";

const ENCODER = new TextEncoder();

const BAD_OFFERS: [what: string, offer: Uint8Array, says: string][] = [
  [
    "a path that leads up",
    offerOf(head(2), { path: "a", folder: true }, {
      path: "a/../../x",
      size: 0,
    }),
    "leads out of its folder",
  ],
  ["a path that is ..", offerOf(head(1), { path: "..", size: 0 }), "leads out"],
  [
    "a path from the top",
    offerOf(head(1), { path: "/etc/x", size: 0 }),
    "names",
  ],
  ["an empty path", offerOf(head(1), { path: "", size: 0 }), "names with /"],
  [
    "a path of 4097 bytes",
    offerOf(head(1), { path: "x".repeat(4097), size: 0 }),
    "longer than 4096 bytes",
  ],
  [
    "a file in a folder that was not named",
    offerOf(head(1), { path: "a/b", size: 0 }),
    "does not stand before it",
  ],
  [
    "a file in a file",
    offerOf(head(2), { path: "a", size: 0 }, { path: "a/b", size: 0 }),
    "does not stand before it",
  ],
  [
    "a path twice",
    offerOf(
      head(3),
      { path: "a", folder: true },
      { path: "a/b", size: 0 },
      { path: "a/b", folder: true },
    ),
    "twice",
  ],
  [
    "a thousand million entries",
    offerOf(head(1_000_000_000)),
    "1000000000 files and folders, and 250000 are the most",
  ],
  ["fewer entries", offerOf(head(2), { path: "a", size: 0 }), "1 of the 2"],
  [
    "more entries",
    offerOf(head(1), { path: "a", size: 0 }, { path: "b", size: 0 }),
    "more entries than it announces",
  ],
  ["a wrong total", offerOf(head(1, 9), { path: "a", size: 3 }), "its total"],
  ["a negative size", offerOf(head(1), { path: "a", size: -1 }), "no number"],
  [
    "sizes beyond all numbers",
    offerOf(
      head(2, Number.MAX_SAFE_INTEGER),
      { path: "a", size: Number.MAX_SAFE_INTEGER },
      { path: "b", size: 1 },
    ),
    "no sum",
  ],
  ["no path", offerOf(head(1), { size: 1 }), "no path"],
  ["a line that is no JSON", offerOf(head(1), "{path}"), "no JSON object"],
  [
    "a line without end",
    concat([offerOf(head(1)), new Uint8Array(40_000).fill(0x20)]),
    "too long",
  ],
  [
    "a last line without end",
    concat([offerOf(head(1)), ENCODER.encode('{"path":"a","size":0}')]),
    "no end",
  ],
];

Deno.test("an offer that leads out, or lies about itself, is refused with words, and the next one is taken", async () => {
  await withConversation(async (scene) => {
    const { other, folder } = scene;
    for (const [what, offer, says] of BAD_OFFERS) {
      await other.send(new Uint8Array(offer));
      const answer = await answerFrom(other);
      assert(answer.kind === "no", what);
      assert(answer.reason.includes(says), `${what}: ${answer.reason}`);
      assertEquals(answer.number, 1);
    }
    await other.send(new Uint8Array(offerOf({ count: 0, total: 0 })));
    await until(
      () => faultsOf(scene).length > BAD_OFFERS.length,
      "an offer without a number is told",
    );
    assertEquals(faultsOf(scene).length, BAD_OFFERS.length + 1);
    assertEquals(Array.from(Deno.readDirSync(folder)), []);
    await other.send(
      new Uint8Array(offerOf(head(1, 3), { path: "a", size: 3 })),
    );
    assertEquals((await answerFrom(other)).kind, "yes");
  });
});

Deno.test("a block in Zstandard that becomes too large, or is none, is refused", async () => {
  await withConversation(async ({ other, folder }) => {
    const bomb = zstdCompressSync(new Uint8Array(50_000_000));
    for (const packed of [bomb, HI]) {
      const offer = offerOf(
        { ...head(1, 50_000_000), zstd: true },
        { path: "a", size: 50_000_000 },
      );
      await other.send(new Uint8Array(offer));
      const answer = await answerFrom(other);
      assert(answer.kind === "yes" && answer.zstd);
      await other.send(
        new Uint8Array(content((writer) => {
          writer.begin(0, 0);
          writer.compressed(packed);
        })),
      );
      const { ok, reason } = await resultFrom(other);
      assertEquals(ok, false);
      assert(reason!.includes("not in Zstandard as agreed"), reason);
    }
    assertEquals(visibleNames(folder), []);
  });
});

/** The content of offer 1. */
const LARGE_SIZE = 200_000;

/** Entry 0 is a folder, 1 a file of 3 bytes, 2 one of 200,000 in it, 3 one of 3 beside it. */
const OFFER = offerOf(
  head(4, LARGE_SIZE + 6),
  { path: "f", folder: true },
  { path: "f/a", size: 3 },
  { path: "f/b", size: LARGE_SIZE },
  { path: "c", size: 3 },
);

const BAD_CONTENTS: [what: string, content: Uint8Array, says: string][] = [
  [
    "more bytes than were offered",
    content((writer) => whole(writer, 1, ENCODER.encode("hi\nx"))),
    '"f/a" has more than the 3 bytes',
  ],
  [
    "more bytes, in many blocks",
    content((writer) => {
      writer.begin(2, 0);
      block(writer, new Uint8Array(150_000));
      block(writer, new Uint8Array(150_000));
    }),
    '"f/b" has more than the 200000 bytes',
  ],
  [
    "fewer bytes",
    content((writer) => whole(writer, 1, ENCODER.encode("h"))),
    '"f/a" has 1 bytes instead of 3',
  ],
  [
    "a wrong digest of a small file",
    content((writer) => {
      writer.begin(1, 0);
      block(writer, HI);
      writer.end(new Uint8Array(32));
    }),
    'the digest of "f/a" is wrong',
  ],
  [
    "a wrong digest of a large file",
    content((writer) => {
      writer.begin(2, 0);
      block(writer, new Uint8Array(LARGE_SIZE));
      writer.end(new Uint8Array(32));
    }),
    'the digest of "f/b" is wrong',
  ],
  ["a folder", content((writer) => whole(writer, 0)), "not offered"],
  ["an entry beyond", content((writer) => whole(writer, 4)), "not offered"],
  [
    "a file twice",
    content((writer) => {
      whole(writer, 1);
      whole(writer, 1);
    }),
    "not offered",
  ],
  [
    "a file that goes on where nothing is",
    content((writer) => {
      writer.begin(2, 1_000);
      block(writer, HI);
    }),
    "where nothing is yet",
  ],
  [
    "a file that goes on behind its end",
    content((writer) => {
      writer.begin(1, 4);
      block(writer, HI);
    }),
    "behind its end",
  ],
  [
    "a block in Zstandard that was not agreed on",
    content((writer) => {
      writer.begin(1, 0);
      writer.compressed(HI);
    }),
    "not in Zstandard as agreed",
  ],
  [
    "a block that is too long",
    concat([
      content((writer) => writer.begin(2, 0)),
      Uint8Array.of(0x00, 0x10, 0x00, 0x01),
    ]),
    "longer than 1048576 bytes",
  ],
  [
    "an end in the middle",
    content((writer) => {
      writer.begin(2, 0);
      block(writer, HI);
    }),
    "ends in the middle of a file",
  ],
];

Deno.test("content that is not what was offered leaves nothing under a final name, and both sides say why", async () => {
  await withConversation(async (scene) => {
    const { other, folder } = scene;
    for (const [what, bytes, says] of BAD_CONTENTS) {
      await other.send(new Uint8Array(OFFER));
      assertEquals((await answerFrom(other)).kind, "yes", what);
      await other.send(new Uint8Array(bytes)).catch(() => {});
      const result = await resultFrom(other);
      assertEquals(result.ok, false, what);
      assert(result.reason!.includes(says), `${what}: ${result.reason}`);
      assert(faultsOf(scene).at(-1)!.includes(says), what);
      assertEquals(visibleNames(folder), [], what);
    }
    // An honest sender is not held to account for it.
    await other.send(new Uint8Array(OFFER));
    assertEquals((await answerFrom(other)).kind, "yes");
    await other.send(
      new Uint8Array(content((writer) => {
        whole(writer, 1);
        whole(writer, 2, new Uint8Array(LARGE_SIZE));
        whole(writer, 3);
      })),
    );
    const result = await resultFrom(other);
    assertEquals([result.ok, result.failed], [true, []]);
    assertEquals(visibleNames(folder).sort(), ["c", "f"]);
  });
});

Deno.test("what a sender gives up or leaves out is not here, and the rest is", async () => {
  await withConversation(async ({ other, folder }) => {
    await other.send(new Uint8Array(OFFER));
    await answerFrom(other);
    await other.send(
      new Uint8Array(content((writer) => {
        whole(writer, 1);
        writer.begin(2, 0);
        block(writer, HI);
        writer.giveUp("the disk has failed");
      })),
    );
    const result = await resultFrom(other);
    assertEquals(result.ok, true);
    assertEquals(result.failed, [
      [2, "its sender has given it up: the disk has failed"],
      [3, "it has not come"],
    ]);
    assertEquals(visibleNames(folder), ["f"]);
    assertEquals(
      Array.from(Deno.readDirSync(`${folder}/f`), ({ name }) => name),
      ["a"],
    );
  });
});

Deno.test("of the files that a sender gives up twenty are told of by name, and the result has all of them", async () => {
  await withConversation(async (scene) => {
    const { other } = scene;
    const paths = Array.from({ length: 23 }, (_, index) => `f/${index}`);
    const lines = paths.map((path) => ({ path, size: 0 }));
    await other.send(
      new Uint8Array(offerOf(head(24), { path: "f", folder: true }, ...lines)),
    );
    await answerFrom(other);
    await other.send(
      new Uint8Array(content((writer) => {
        for (const index of paths.keys()) {
          writer.begin(index + 1, 0);
          writer.giveUp("it is gone");
        }
      })),
    );
    const { failed } = await resultFrom(other);
    assertEquals(failed.length, 23);
    const told = [...paths.slice(0, 20), "f/20 and others"];
    assertEquals(
      faultsOf(scene),
      told.map((what) =>
        `Cannot take ${what}: its sender has given it up: it is gone`
      ),
    );
  });
});
