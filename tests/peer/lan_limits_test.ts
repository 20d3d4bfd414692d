// What is read of the local network, and how often it is answered, at each limit.
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { PinFile } from "@lekt/lekt/directory";
import { LektError } from "@lekt/lekt";
import { announce } from "../../src/peer/lan/announce.ts";
import { LanLookup } from "../../src/peer/lan/lookup.ts";
import {
  type Announced,
  ANNOUNCED_NAME_SIZE_MAX,
  type DnsRecord,
  encodeAnnouncement,
  readAnnouncements,
  SERVICE,
} from "../../src/peer/lan/records.ts";
import type { LanHandlers, OpenLanSocket } from "../../src/peer/lan/socket.ts";
import { inTime } from "../helpers/in_time.ts";

const KEY = "k".repeat(43);
const BOB: Announced = { nickname: "bob", key: KEY, port: 15_358 };
const OTHER: Announced = { ...BOB, key: "o".repeat(43) };
const EVE: Announced = { ...OTHER, nickname: "eve" };

function recordsOf(announced: Announced): DnsRecord[] {
  return encodeAnnouncement(announced, { instance: "i", addresses: [] });
}

/** A network that gives these answers to the first question. */
function answering(answers: readonly Announced[]): OpenLanSocket {
  return (handlers) => {
    let rest = answers;
    return Promise.resolve({
      query() {
        for (const each of rest) {
          handlers.onResponse?.(recordsOf(each), { address: "192.0.2.7" });
        }
        rest = [];
      },
      respond() {},
      close: () => Promise.resolve(),
    });
  };
}

/** What looking for bob's key comes to: their port, or why there is none. */
async function search(answers: readonly Announced[]): Promise<string> {
  const folder = await Deno.makeTempDir();
  const lookup = new LanLookup({
    open: answering(answers),
    pins: new PinFile(`${folder}/pins.json`),
    searchMs: 10,
  });
  try {
    const { methods } = await lookup.lookup(`bob#${KEY}`);
    return methods.map(({ uri }) => uri).join();
  } catch (error) {
    return (error as LektError).message;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("512 answers of the local network are read, and 64 of a nickname remembered", async () => {
  const found = "tls://192.0.2.7:15358";
  const nobody = "nobody of that nickname answers there";
  const others = "only others with that nickname and another key are there";
  assertStringIncludes(await search([]), nobody);
  for (const [count, outcome] of [[511, found], [512, nobody]] as const) {
    const answers = Array.from({ length: count }, () => EVE);
    assertStringIncludes(await search([...answers, BOB]), outcome);
  }
  for (const [count, outcome] of [[63, found], [64, others]] as const) {
    const answers = Array.from(
      { length: count },
      (_, index) => ({ ...OTHER, port: 1 + index }),
    );
    assertStringIncludes(await search([...answers, BOB]), outcome);
  }
});

Deno.test("who listens in the local network answers questions about that, and once a second at most", async () => {
  const answeredMs: number[] = [];
  await inTime((time) => {
    let handlers: LanHandlers | undefined;
    announce({
      announced: BOB,
      addresses: () => [],
      open: (given) => {
        handlers = given;
        return Promise.resolve({
          query() {},
          respond: () => answeredMs.push(time.nowMs),
          close: () => Promise.resolve(),
        });
      },
    });
    const ask = (atMs: number, ...names: string[]): void =>
      time.at(atMs, () => handlers!.onQuery!(names));
    ask(2_000, "_http._tcp.local");
    ask(3_000, "_http._tcp.local", SERVICE);
    ask(3_100, SERVICE);
    ask(3_200, SERVICE);
    ask(6_000, SERVICE);
  });
  assertEquals(answeredMs, [0, 3_000, 4_000, 6_000]);
});

Deno.test("a nickname that has no room is not announced, and one that just has room is", async () => {
  for (const size of [ANNOUNCED_NAME_SIZE_MAX, ANNOUNCED_NAME_SIZE_MAX + 1]) {
    const announcing = announce({
      announced: { ...BOB, nickname: "n".repeat(size) },
      addresses: () => [],
      open: answering([]),
    });
    if (size === ANNOUNCED_NAME_SIZE_MAX) await (await announcing)();
    else await assertRejects(() => announcing, LektError, "has room for 253");
  }
});

Deno.test("a port is one from 1 to 65,535", () => {
  for (const port of [0, 1, 65_535, 65_536]) {
    const isPort = port === 1 || port === 65_535;
    const read = readAnnouncements(recordsOf({ ...BOB, port }));
    assertEquals(read.length, isPort ? 1 : 0, `${port}`);
  }
});

Deno.test("the longest nickname that has room is read as it was announced", () => {
  const nickname = "n".repeat(ANNOUNCED_NAME_SIZE_MAX);
  assertEquals(readAnnouncements(recordsOf({ ...BOB, nickname })), [
    { ...BOB, nickname },
  ]);
  const long = recordsOf({ ...BOB, nickname: `${nickname}n` });
  assertEquals(readAnnouncements(long), []);
});
