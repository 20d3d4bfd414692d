// The local network: what is announced, and what is believed.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { createSocket } from "node:dgram";
import { PinFile } from "@lekt/lekt/directory";
import { LektError } from "@lekt/lekt";
import { announce } from "../../src/peer/lan/announce.ts";
import { LAN_ORIGIN, LanLookup } from "../../src/peer/lan/lookup.ts";
import {
  announceHere,
  lookupHere,
  rememberHere,
} from "../../src/peer/lan/mod.ts";
import { isFault } from "../../src/peer/faults.ts";
import {
  type Announced,
  ANNOUNCED_NAME_SIZE_MAX,
  type DnsRecord,
  encodeAnnouncement,
  readAnnouncements,
} from "../../src/peer/lan/records.ts";
import {
  type LanHandlers,
  type LanSocket,
  type OpenLanSocket,
  openLanSocket,
} from "../../src/peer/lan/socket.ts";
import { Misuse, parseCommandLine } from "../../src/peer/options.ts";

const KEY = "k".repeat(43);
const OTHER_KEY = "o".repeat(43);
const BOB: Announced = { nickname: "bob", key: KEY, port: 15_358 };

function recordsOf(announced: Announced, instance = "i"): DnsRecord[] {
  return encodeAnnouncement(announced, { instance, addresses: ["192.0.2.1"] });
}

/** A network in memory: what is said is heard by all, with the address of who says it. */
class MemoryNetwork {
  readonly #members = new Set<LanHandlers>();

  /** A way in for somebody at this address. */
  at(address: string): OpenLanSocket {
    return (handlers): Promise<LanSocket> => {
      this.#members.add(handlers);
      return Promise.resolve({
        query: (name) => {
          for (const each of this.#members) each.onQuery?.([name]);
        },
        respond: (records) => this.say(address, records),
        close: () => {
          this.#members.delete(handlers);
          return Promise.resolve();
        },
      });
    };
  }

  /** Somebody answers, asked or not. */
  say(address: string, records: readonly DnsRecord[]): void {
    for (const each of this.#members) each.onResponse?.(records, { address });
  }

  /** Somebody answers each question. */
  answer(address: string, records: readonly DnsRecord[]): void {
    this.#members.add({ onQuery: () => this.say(address, records) });
  }
}

async function withPins(run: (pins: PinFile) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(new PinFile(`${folder}/pins.json`));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("who listens with --lan is found, at the address that answered", async () => {
  await withPins(async (pins) => {
    const network = new MemoryNetwork();
    const withdraw = await announce({
      announced: BOB,
      addresses: () => ["198.51.100.7"],
      open: network.at("192.0.2.7"),
    });
    const lookup = new LanLookup({ open: network.at("192.0.2.8"), pins });
    const found = {
      nickname: "bob",
      thumbprint: KEY,
      methods: [{ uri: "tls://192.0.2.7:15358", spki: KEY }],
    };
    assertEquals(await lookup.lookup("bob"), found);
    assertEquals(await lookup.lookup(`bob#${KEY}`), found);
    // Nothing is proved yet, so nothing is remembered.
    assertEquals(await pins.get(LAN_ORIGIN, "bob"), undefined);
    await withdraw();
    const late = new LanLookup({
      open: network.at("192.0.2.8"),
      pins,
      searchMs: 1,
    });
    const { code } = await assertRejects(() => late.lookup("bob"), LektError);
    assertEquals(code, "UNREACHABLE");
  });
});

/** A UDP port that nobody uses. */
async function freePort(): Promise<number> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}

Deno.test("who listens is found over real multicast, on the loopback", async () => {
  await withPins(async (pins) => {
    const place = { interface: "127.0.0.1", port: await freePort() };
    const open: OpenLanSocket = (handlers) => openLanSocket(handlers, place);
    const withdraw = await announce({
      announced: BOB,
      addresses: () => ["127.0.0.1"],
      open,
    });
    try {
      const lookup = new LanLookup({ open, pins, searchMs: 30_000 });
      const { methods } = await lookup.lookup(`bob#${KEY}`);
      assertEquals(methods, [{ uri: "tls://127.0.0.1:15358", spki: KEY }]);
    } finally {
      await withdraw();
    }
  });
});

Deno.test("of several with one nickname the one that was met before is meant, or nobody", async () => {
  await withPins(async (pins) => {
    const network = new MemoryNetwork();
    network.answer("192.0.2.66", recordsOf({ ...BOB, key: OTHER_KEY }, "e"));
    network.answer("192.0.2.7", recordsOf(BOB));
    const lookup = new LanLookup({ open: network.at("192.0.2.8"), pins });
    const { code, message } = await assertRejects(
      () => lookup.lookup("bob"),
      LektError,
    );
    assertEquals(code, "REJECTED");
    assert(message.includes(`bob#${KEY}`), message);
    await pins.check(LAN_ORIGIN, "bob", KEY);
    const { methods } = await lookup.lookup("bob");
    assertEquals(methods.map(({ uri }) => uri), ["tls://192.0.2.7:15358"]);
    // Alone, somebody else is not taken for bob either.
    const alone = new MemoryNetwork();
    alone.answer("192.0.2.66", recordsOf({ ...BOB, key: OTHER_KEY }));
    const there = new LanLookup({
      open: alone.at("192.0.2.8"),
      pins,
      searchMs: 50,
    });
    const refused = await assertRejects(() => there.lookup("bob"), LektError);
    assertEquals(refused.code, "UNREACHABLE");
  });
});

Deno.test("answers that are not as they should be say nothing", () => {
  const [pointer, service, text] = recordsOf(BOB) as [
    DnsRecord,
    DnsRecord,
    DnsRecord,
  ];
  const encoder = new TextEncoder();
  const strings = (...all: string[]) => all.map((each) => encoder.encode(each));
  const texts = (...all: string[]) => ({ ...text, data: strings(...all) });
  assertEquals(readAnnouncements([pointer, service, text]), [BOB]);
  const bad: DnsRecord[][] = [
    [],
    [pointer, service],
    [pointer, text],
    [{ ...service, ttl: 0 }, text],
    [{ ...service, name: "i._http._tcp.local" }, text],
    [{ ...service, data: undefined }, text],
    [{ ...service, data: { port: 0 } }, text],
    [{ ...service, data: { port: 65_536 } }, text],
    [{ ...service, data: { port: "1" } }, text],
    [service, { ...text, data: "v=1" }],
    [service, { ...text, data: [new Uint8Array([0xff])] }],
    [service, { ...text, name: "other" }],
    [service, texts("v=2", "n=bob", `k=${KEY}`)],
    [service, texts("v=1", "n=", `k=${KEY}`)],
    [service, texts("v=1", "n=b\u0007b", `k=${KEY}`)],
    [service, texts("v=1", "n=bob", "k=short")],
    [service, texts("v=1", `k=${KEY}`)],
    [service, texts(...Array(20).fill("x=1"), "v=1", "n=bob", `k=${KEY}`)],
    [...Array(64).fill(pointer), service, text],
  ];
  for (const records of bad) assertEquals(readAnnouncements(records), []);
  // The first string of a key counts.
  const twice = texts("v=1", "n=bob", "N=eve", `k=${KEY}`, `k=${OTHER_KEY}`);
  assertEquals(readAnnouncements([service, twice]), [BOB]);
});

Deno.test("a flood of answers costs a search nothing but its time", async () => {
  await withPins(async (pins) => {
    const network = new MemoryNetwork();
    const open = network.at("192.0.2.8");
    const lookup = new LanLookup({
      searchMs: 200,
      pins,
      open: async (handlers) => {
        const socket = await open(handlers);
        for (let index = 0; index < 5_000; index++) {
          const key = String(index).padStart(43, "x");
          network.say(`192.0.2.${index % 250}`, recordsOf({ ...BOB, key }));
        }
        return socket;
      },
    });
    const { code } = await assertRejects(() => lookup.lookup("bob"), LektError);
    assertEquals(code, "REJECTED");
    assertEquals(await pins.get(LAN_ORIGIN, "bob"), undefined);
  });
});

Deno.test("many questions get few answers", async () => {
  const network = new MemoryNetwork();
  let answerCount = 0;
  const listener = await network.at("192.0.2.9")({
    onResponse: () => answerCount++,
  });
  const withdraw = await announce({
    announced: BOB,
    addresses: () => [],
    open: network.at("192.0.2.7"),
  });
  for (let index = 0; index < 1_000; index++) {
    listener.query("_lekt._tcp.local");
  }
  await withdraw();
  await listener.close();
  // That it is there, and that it goes.
  assertEquals(answerCount, 2);
});

Deno.test("--lan listens for others with a key, and looks for nicknames", () => {
  const surroundings = { isTerminal: true, loginName: () => "ann" };
  const listening = parseCommandLine(["listen", "--lan"], surroundings);
  assert(typeof listening === "object" && listening.command === "listen");
  assertEquals([listening.isLan, listening.methods], [true, [
    "tls://0.0.0.0:15358",
  ]]);
  for (
    const args of [
      ["listen", "tcp://0.0.0.0:1", "--lan"],
      ["connect", "tls://192.0.2.7", "--lan"],
      ["receive", "--lan"],
    ]
  ) {
    let error: unknown;
    try {
      parseCommandLine(args, surroundings);
    } catch (caught) {
      error = caught;
    }
    assert(error instanceof Misuse, args.join(" "));
  }
});

Deno.test("a nickname that is too long to be announced is this side's fault", async () => {
  const { code, message } = await assertRejects(
    () =>
      announceHere({
        nickname: "b".repeat(ANNOUNCED_NAME_SIZE_MAX + 1),
        key: KEY,
        method: "tls://0.0.0.0:15358",
      }),
    LektError,
  );
  assertEquals(code, "INVALID_ARGUMENT");
  assert(message.includes(`${ANNOUNCED_NAME_SIZE_MAX + 1} bytes`), message);
});

Deno.test("who was met in the local network is remembered, told of once, and nobody else from then on", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const notes: string[] = [];
    const reporter = { note: (text: string) => notes.push(text) };
    const meet = (key: string): Promise<void> =>
      rememberHere(
        `${folder}/pins.json`,
        { nickname: "bob", key } as Parameters<typeof rememberHere>[1],
        reporter as unknown as Parameters<typeof rememberHere>[2],
      );
    await meet(KEY);
    await meet(KEY);
    assertEquals(notes.length, 1);
    assert(notes[0]!.includes(KEY), notes[0]);
    const changed = await assertRejects(() => meet(OTHER_KEY), LektError);
    assertEquals([changed.code, isFault(changed)], ["REJECTED", true]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Runs as on a machine with these addresses. */
async function withAddresses(
  addresses: readonly string[],
  run: () => Promise<void>,
): Promise<void> {
  const { networkInterfaces } = Deno;
  const { querySync } = Deno.permissions;
  Deno.permissions.querySync = () =>
    ({ state: "granted" }) as Deno.PermissionStatus;
  Deno.networkInterfaces = () =>
    addresses.map((address) => ({ address })) as Deno.NetworkInterfaceInfo[];
  try {
    await run();
  } finally {
    Deno.networkInterfaces = networkInterfaces;
    Deno.permissions.querySync = querySync;
  }
}

Deno.test("what is wrong with a search is told in full: whom to name, and that there is no network", async () => {
  const folder = await Deno.makeTempDir();
  const network = new MemoryNetwork();
  network.answer("192.0.2.1", recordsOf(BOB, "one"));
  network.answer("192.0.2.2", recordsOf({ ...BOB, key: OTHER_KEY }, "other"));
  const { lookup } = lookupHere(`${folder}/pins.json`, {
    open: network.at("192.0.2.9"),
    searchMs: 1_000,
  });
  const faultOf = async (name: string, says: string): Promise<LektError> => {
    const error = await assertRejects(() => lookup(name, {}), LektError);
    assert(isFault(error), "only the reason would be told");
    assert(error.message.includes(says), error.message);
    return error;
  };
  try {
    await withAddresses(["127.0.0.1", "::1", "192.0.2.9"], async () => {
      await faultOf("bob", `say which: bob#${KEY} or bob#${OTHER_KEY}`);
      const other = `bob#${"x".repeat(43)}`;
      const { reason } = await faultOf(other, "and another key are there");
      assertEquals(reason, undefined);
      const unknown = await faultOf("cyd", "nobody of that nickname");
      assertEquals(unknown.reason, "not-found");
      const pins = new PinFile(`${folder}/pins.json`);
      await pins.check(LAN_ORIGIN, "bob", "m".repeat(43));
      await faultOf("bob", `when the first one is taken out of ${pins.path}`);
    });
    await withAddresses(["127.0.0.1", "::1"], async () => {
      await faultOf(`bob#${"x".repeat(43)}`, "this machine has no IPv4");
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
