// Receipts for files, in both directions.
import { assert, assertEquals } from "@std/assert";
import {
  type Connection,
  type LektError,
  listen,
  type Message,
} from "../../mod.ts";
import { singleItem } from "../../src/peer/offered_items.ts";
import { OutgoingFiles } from "../../src/peer/outgoing_files.ts";
import type { PeerEvent } from "../../src/peer/events.ts";
import { encodeReceipt, parseReceipt } from "../../src/talk/mod.ts";
import { encodeFile } from "../../src/talk/send_file.ts";
import { withPair } from "../helpers/connection_pair.ts";
import { withConversation } from "../helpers/conversation.ts";
import { runPeerProcess } from "../helpers/peer_process.ts";
import { isSettled, turns, until, within } from "../helpers/deadline.ts";

const CONTENT = new TextEncoder().encode("content");

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** A file of a name and a few bytes. */
function source(name: string) {
  const open = () => Promise.resolve(once(CONTENT));
  return { name, size: CONTENT.length, open };
}

/** A file that goes on until it is aborted. */
function endlessSource(name: string) {
  async function* endless(): AsyncGenerator<Uint8Array> {
    while (true) yield new Uint8Array(1_000);
  }
  return { name, open: () => Promise.resolve(endless()) };
}

async function receiptFrom(connection: Connection) {
  const message = await within(connection.receive(), "a receipt");
  return parseReceipt((await message!.bytes()).subarray(8))!;
}

async function drain(message: Message): Promise<string | undefined> {
  try {
    for await (const _ of message.body);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Holds every `sync` of a file back, as a slow disk does. */
class SlowDisk implements Disposable {
  readonly #sync = Deno.FsFile.prototype.sync;
  #release = Promise.withResolvers<void>();
  waitingCount = 0;

  constructor() {
    const sync = this.#sync;
    // deno-lint-ignore no-this-alias -- `this` is the file below
    const disk = this;
    Deno.FsFile.prototype.sync = async function (): Promise<void> {
      disk.waitingCount++;
      await disk.#release.promise;
      disk.waitingCount--;
      return await sync.call(this);
    };
  }

  release(): void {
    this.#release.resolve();
  }

  [Symbol.dispose](): void {
    this.release();
    Deno.FsFile.prototype.sync = this.#sync;
  }
}

Deno.test("a disk that is slower than the sender holds it back, and loses none of 600 files", async () => {
  const FILE_COUNT = 600;
  const FILE_SIZE = 40_000;
  using disk = new SlowDisk();
  await withConversation(async ({ other, folder }) => {
    let sentCount = 0;
    const sending = (async () => {
      for (; sentCount < FILE_COUNT; sentCount++) {
        const header = { name: `${sentCount}`, size: FILE_SIZE };
        await other.send(encodeFile(header, once(new Uint8Array(FILE_SIZE))));
      }
    })();
    await until(() => disk.waitingCount >= 64, "64 files are at the disk");
    await turns(300);
    // Those that were on their way there when the 64th came are few.
    assert(disk.waitingCount < 80, `${disk.waitingCount} files at the disk`);
    disk.release();
    const receipts = [];
    for (let count = 0; count < FILE_COUNT; count++) {
      receipts.push(await receiptFrom(other));
    }
    await within(sending, "all files to be sent");
    assertEquals(receipts.filter(({ ok }) => !ok), []);
    assertEquals(
      new Set(receipts.map(({ name }) => name)).size,
      FILE_COUNT,
    );
    assertEquals([...Deno.readDirSync(folder)].length, FILE_COUNT);
  });
});

Deno.test("more files than may be at the disk, which arrive bit by bit side by side, all arrive", async () => {
  const FILE_COUNT = 300;
  await withConversation(async ({ other, folder }) => {
    const go = Promise.withResolvers<void>();
    async function* slowly(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(100_000);
      await go.promise;
      yield CONTENT;
    }
    const sending = Array.from(
      { length: FILE_COUNT },
      (_, index) => other.send(encodeFile({ name: `${index}` }, slowly())),
    );
    await until(
      () => other.stats().bytesSent > FILE_COUNT * 100_000,
      "all files have begun",
    );
    go.resolve();
    for (let count = 0; count < FILE_COUNT; count++) {
      const { ok, reason } = await receiptFrom(other);
      assertEquals([ok, reason], [true, undefined]);
    }
    await within(Promise.all(sending), "all files to be sent");
    assertEquals([...Deno.readDirSync(folder)].length, FILE_COUNT);
  });
});

Deno.test("who takes no receipts is held back, and gets all of them later", async () => {
  await withConversation(async ({ other, events }) => {
    const names = Array.from({ length: 100 }, (_, index) => `${index}`);
    for (const name of names) {
      await other.send(encodeFile({ name }, once(CONTENT)));
    }
    await until(
      () => events().filter(({ event }) => event === "file").length === 100,
      "all files are in their place",
    );
    const told = [];
    for (const _ of names) told.push((await receiptFrom(other)).name);
    assertEquals(told.toSorted(), names.toSorted());
  });
});

Deno.test("a receipt for another id does not disturb the file under way", async () => {
  await withPair(async ({ alice, bob }) => {
    const files = new OutgoingFiles(alice);
    const go = Promise.withResolvers<void>();
    async function* slowly(): AsyncGenerator<Uint8Array> {
      yield CONTENT;
      await go.promise;
      yield CONTENT;
    }
    const open = () => Promise.resolve(slowly());
    // One before the id of the file is known, one behind that.
    const { outcome } = files.send({ name: "a", open }, () => {});
    files.handleReceipt({ id: 4242, ok: false, reason: "not yours" });
    await until(() => alice.stats().bytesSent > 30, "the file has begun");
    await turns();
    files.handleReceipt({ id: 4243, ok: false, reason: "not yours" });
    go.resolve();
    const message = (await within(bob.receive(), "the file"))!;
    assertEquals(await drain(message), undefined);
    assertEquals(await isSettled(outcome), false);
    const receipt = { id: message.id, ok: true };
    files.handleReceipt(receipt);
    assertEquals(await outcome, { kind: "receipt", id: message.id, receipt });
    // Second ones and those for nothing change nothing.
    files.handleReceipt({ id: message.id, ok: false, reason: "second" });
    files.handleReceipt({ id: 99, ok: true });
    files.handleEnd();
  });
});

Deno.test("a refusal ends the file that it is about, wherever that is; the first receipt counts", async () => {
  await withPair(async ({ alice, bob }) => {
    const files = new OutgoingFiles(alice);
    const { sent, outcome } = files.send(endlessSource("endless"), () => {});
    const message = (await within(bob.receive(), "the file"))!;
    const reading = drain(message);
    const receipt = { id: message.id, ok: false, reason: "too large" };
    files.handleReceipt(receipt);
    files.handleReceipt({ id: message.id, ok: true });
    await within(sent, "the file to be given up");
    assertEquals(await outcome, { kind: "receipt", id: message.id, receipt });
    await within(reading, "the abort to arrive");
    files.handleEnd();
  });
});

Deno.test("why the other side wants no more of a file is told by the receipt that comes behind that", async () => {
  await withPair(
    async ({ alice, bob }) => {
      const files = new OutgoingFiles(alice);
      for (const isTold of [true, false]) {
        const { outcome } = files.send(endlessSource("endless"), () => {});
        const { id, body } = (await within(bob.receive(), "the file"))!;
        await body.cancel();
        // Behind this the sender has been told.
        await within(alice.probe(), "the line");
        await turns();
        assertEquals(await isSettled(outcome), false);
        const receipt = { id, ok: false, reason: "the disk is full" };
        if (isTold) files.handleReceipt(receipt);
        else files.handleEnd();
        const result = await within(outcome, "what became of it");
        if (isTold) assertEquals(result, { kind: "receipt", id, receipt });
        else {
          assert(result.kind === "unsent");
          assertEquals((result.error as LektError).code, "CANCELLED");
        }
      }
    },
    {},
    [[1, 1]],
  );
});

Deno.test("receipts that never come are waited for a bounded time; later ones are nothing", async () => {
  await withPair(async ({ alice, bob }) => {
    const files = new OutgoingFiles(alice, 50);
    const { sent, outcome } = files.send(source("a"), () => {});
    await within(sent, "the file");
    const result = await within(outcome, "the end of patience");
    assert(result.kind === "unconfirmed");
    const message = (await within(bob.receive(), "the file"))!;
    assertEquals(result.id, message.id);
    files.handleReceipt({ id: message.id, ok: true });
    // It works on, and settles at once behind the other side's end.
    const second = files.send(source("b"), () => {});
    await within(second.sent, "the second file");
    files.handleEnd();
    assertEquals((await second.outcome).kind, "unconfirmed");
  });
});

Deno.test("an id whose receipt is outstanding is not used for another file", async () => {
  const sentNames: string[] = [];
  /** Gives every message the same id, as a counter that has gone round does. */
  const connection = {
    async send(
      data: AsyncIterable<Uint8Array>,
      { signal, onId }: { signal: AbortSignal; onId: (id: number) => void },
    ): Promise<number> {
      onId(7);
      for await (const chunk of data) {
        signal.throwIfAborted();
        sentNames.push(new TextDecoder().decode(chunk));
      }
      return 7;
    },
  } as unknown as Connection;
  const files = new OutgoingFiles(connection);
  const first = files.send(source("first"), () => {});
  await first.sent;
  const second = files.send(source("second"), () => {});
  const outcome = await within(second.outcome, "the second file");
  assert(outcome.kind === "unsent");
  assertEquals(await isSettled(first.outcome), false);
  assert(!sentNames.join("").includes("second"));
  files.handleReceipt({ id: 7, ok: true });
  assertEquals((await first.outcome).kind, "receipt");
  const third = files.send(source("third"), () => {});
  files.handleEnd();
  assertEquals((await third.outcome).kind, "unconfirmed");
});

Deno.test("of receipts that come before the id of the file is known 64 are kept, and the first one for an id counts", async () => {
  for (const [id, isKept] of [[64, true], [65, false]] as const) {
    const known = Promise.withResolvers<void>();
    const connection = {
      async send(
        _data: unknown,
        { onId }: { onId: (id: number) => void },
      ): Promise<number> {
        await known.promise;
        onId(id);
        return id;
      },
    } as unknown as Connection;
    const files = new OutgoingFiles(connection);
    const { sent, outcome } = files.send(source("a"), () => {});
    await turns();
    for (let early = 1; early <= 65; early++) {
      files.handleReceipt({ id: early, ok: true });
    }
    files.handleReceipt({ id, ok: false, reason: "second" });
    known.resolve();
    await within(sent, "the file");
    assertEquals(await isSettled(outcome), isKept);
    files.handleEnd();
    assertEquals((await outcome).kind, isKept ? "receipt" : "unconfirmed");
  }
});

Deno.test("both sides say which file failed, by name and id", async () => {
  await withConversation(async ({ other, conversation, events }) => {
    const bad = encodeFile({ name: "half.bin", size: 3 }, once(CONTENT));
    async function* cut(): AsyncGenerator<Uint8Array> {
      for await (const chunk of bad) yield chunk.slice();
      yield CONTENT;
    }
    const id = await other.send(cut());
    const receipt = await receiptFrom(other);
    assertEquals([receipt.id, receipt.name, receipt.ok], [
      id,
      "half.bin",
      false,
    ]);
    const find = (event: PeerEvent["event"]) =>
      events().find((each) => each.event === event);
    const error = find("error");
    assert(error?.event === "error");
    assertEquals([error.id, error.name], [id, "half.bin"]);
    assert(error.message.includes(`half.bin (message ${id})`), error.message);

    const ours = singleItem(source("ours.txt"));
    const { outcomes } = conversation.sendItems([ours]);
    const file = (await within(other.receive(), "our file"))!;
    await drain(file);
    await other.send(encodeReceipt({ id: file.id, ok: false, reason: "no" }));
    await within(outcomes, "the receipt");
    assertEquals(find("receipt"), {
      event: "receipt",
      connection: 1,
      id: file.id,
      name: "ours.txt",
      ok: false,
      reason: "no",
    });

    const aborting = new AbortController();
    const started = Promise.withResolvers<number>();
    const { name, open } = endlessSource("given up");
    other.send(encodeFile({ name }, await open()), {
      signal: aborting.signal,
      onId: started.resolve,
    }).catch(() => {});
    await started.promise;
    await until(() => other.stats().bytesSent > 200_000, "it is under way");
    aborting.abort(new Error("no more"));
    await until(() => find("aborted") !== undefined, "it is told");
    const aborted = find("aborted");
    assert(aborted?.event === "aborted");
    assertEquals([aborted.name, aborted.reason], ["given up", "no more"]);
  });
});

Deno.test("peer send ends its stream behind the last file, whether or not receipts come, and ends with a list", async () => {
  const listener = await listen({
    nickname: "bob",
    methods: ["tcp://127.0.0.1:0"],
    accept: () => true,
  });
  const running = runPeerProcess([
    "send",
    listener.methods[0]!,
    new URL(import.meta.url).pathname,
    "-",
  ], "piped");
  const bob = (await listener[Symbol.asyncIterator]().next()).value!;
  const ids: number[] = [];
  // Not one receipt before the end of the stream: nobody may wait for them.
  for await (const message of bob) {
    ids.push(message.id);
    await drain(message);
  }
  await bob.send(encodeReceipt({ id: 77, ok: false, reason: "for nothing" }));
  await bob.send(encodeReceipt({ id: ids[1]!, ok: false, reason: "full" }));
  await bob.send(encodeReceipt({ id: ids[0]!, ok: true }));
  await bob.close();
  const { status, stderr } = await running;
  await listener.close();
  assertEquals(status, 1);
  const list = stderr.slice(stderr.indexOf("1 of 2 files are safe"));
  assert(/safe +receipts_test\.ts \(message \d+\)/.test(list), stderr);
  assert(/not safe +stdin \(message \d+\): full/.test(list), stderr);
});
