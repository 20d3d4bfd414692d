// A relay is not trusted: whatever it does with the bytes of a call, nobody gets a wrong one.
import { assert, assertEquals } from "@std/assert";
import { LektError } from "../../src/base/errors.ts";
import { dial } from "../../src/transport/dial.ts";
import type { Method, RelayMethod } from "../../src/transport/method.ts";
import { dialRelayInBrowser } from "../../src/transport/relay_in_browser.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { HostileRelay, type Meddling } from "../helpers/hostile_relay.ts";
import { seededRandom } from "../helpers/memory_transport.ts";
import { alice, bob, listenAt } from "../helpers/relay_scene.ts";
import { within, writeAll } from "../transport/compliance.ts";

/** Bytes that each side sends. */
const SIZE = 200_000;

/** Calls with each kind of meddling. */
const CALL_COUNT = 8;

/** Messages of one call, about: six of the TLS handshake, then bytes. */
const MESSAGE_COUNT = 30;

/** How long a relay holds a message back, in milliseconds. */
const DELAY_MS = 20;

/** What a relay does with one message, by what is to be called what. */
const KINDS: Readonly<
  Record<string, (random: () => number) => Meddling>
> = {
  flips: (random) => (message, pass) => {
    const copy = message.slice();
    const at = Math.floor(random() * copy.byteLength);
    if (copy.byteLength > 0) copy[at]! ^= 1 << Math.floor(random() * 8);
    pass(copy);
  },
  drops: () => () => {},
  repeats: () => (message, pass) => {
    pass(message);
    pass(message);
  },
  shortens: (random) => (message, pass) => {
    const size = 1 + Math.floor(random() * message.byteLength);
    pass(message.slice(0, size));
  },
  "makes up": (random) => (message, pass) => {
    pass(message);
    pass(Uint8Array.from({ length: 100 }, () => random() * 256));
  },
};

/** Meddles with one message, that with this number. */
function once(number: number, meddling: Meddling): Meddling {
  let count = 0;
  return (message, pass) => {
    if (count++ === number) meddling(message, pass);
    else pass(message);
  };
}

/** Holds all messages from one on back for a while. */
function delayed(number: number): Meddling {
  let count = 0;
  let held: (() => void)[] | undefined;
  return (message, pass) => {
    if (count++ === number) {
      held = [];
      setTimeout(() => {
        for (const send of held!) send();
        held = undefined;
      }, DELAY_MS);
    }
    if (held) held.push(() => pass(message));
    else pass(message);
  };
}

function pattern(seed: number): Uint8Array {
  const random = seededRandom(seed);
  return Uint8Array.from({ length: SIZE }, () => random() * 256);
}

const FORTH = pattern(1);
const BACK = pattern(2);

/** Reads to the end, or to where it breaks; only all of it may end in order. */
async function readSome(transport: Transport): Promise<Uint8Array> {
  const bytes = new Uint8Array(2 * SIZE);
  let size = 0;
  try {
    let read: number | null;
    while ((read = await transport.read(bytes.subarray(size))) !== null) {
      size += read;
    }
  } catch (error) {
    assert(error instanceof LektError, String(error));
    assert(["TRUNCATED", "CLOSED"].includes(error.code), error.message);
    transport.close();
    return bytes.subarray(0, size);
  }
  assertEquals(size, SIZE, "an end in order");
  return bytes.subarray(0, size);
}

async function send(transport: Transport, bytes: Uint8Array): Promise<void> {
  try {
    await writeAll(transport, bytes);
    await transport.closeWrite();
  } catch (error) {
    assert(error instanceof LektError, String(error));
    transport.close();
  }
}

function callByProgram(method: Method): Promise<Transport> {
  return dial(method, { ...alice, pinnedKey: bob.spki });
}

function callByPage(method: Method): Promise<Transport> {
  return dialRelayInBrowser(method as RelayMethod, { pinnedKey: bob.spki });
}

/** Who calls, and how often with each kind of meddling. */
const CALLERS = [
  ["nobody", callByProgram, CALL_COUNT],
  ["no page", callByPage, CALL_COUNT / 2],
] as const;

/** One call through a relay that meddles: how many bytes arrived, all of them right. `cuts` says whether the relay ends the call when all is sent. */
async function callThrough(
  meddle: Meddling,
  cuts: boolean,
  call: (method: Method) => Promise<Transport> = callByProgram,
): Promise<number> {
  await using relay = await HostileRelay.start();
  relay.meddle = meddle;
  const listener = await listenAt(relay.url, {
    listen: { ...bob, handshakeTimeoutMs: 3_000 },
  });
  const accepting = listener.accept();
  try {
    let dialled: Transport;
    try {
      dialled = await call(listener.method);
    } catch (error) {
      assert(error instanceof LektError, String(error));
      assertEquals(error.code, "UNREACHABLE", error.message);
      return 0;
    }
    const ends = [begin(dialled, FORTH)];
    // TLS may be whole on this side and broken on the other: then this side hears of that.
    const accepted = await Promise.race([
      accepting,
      ends[0]!.received.then(() => null),
    ]);
    if (accepted !== null) ends.push(begin(accepted, BACK));
    await Promise.all(ends.map(({ sent }) => sent));
    if (cuts) relay.cut();
    const [back, forth] = await Promise.all(
      ends.map(({ received }) => received),
    );
    assertEquals(back, BACK.subarray(0, back!.byteLength));
    assertEquals(forth, forth && FORTH.subarray(0, forth.byteLength));
    await Promise.all([dialled.close(), accepted?.close()]);
    return back!.byteLength + (forth?.byteLength ?? 0);
  } finally {
    await listener.close();
    // It may have been let in when this side had lost it already.
    await (await accepting)?.close();
  }
}

/** One side sends and reads at once. */
function begin(
  transport: Transport,
  bytes: Uint8Array,
): { sent: Promise<void>; received: Promise<Uint8Array> } {
  return { sent: send(transport, bytes), received: readSome(transport) };
}

for (const [name, makeMeddling] of Object.entries(KINDS)) {
  for (const [whom, callBy, count] of CALLERS) {
    Deno.test(`a relay that ${name} a message gives ${whom} a wrong byte`, async () => {
      const seed = Math.floor(Math.random() * 2 ** 32);
      const random = seededRandom(seed);
      for (let call = 0; call < count; call++) {
        const number = Math.floor(random() * MESSAGE_COUNT);
        const what = `seed ${seed}, call ${call}, message ${number}`;
        await within(
          callThrough(once(number, makeMeddling(random)), true, callBy),
          what,
        ).catch((cause) => {
          throw new Error(what, { cause });
        });
      }
    });
  }
}

Deno.test("a relay that holds messages back delays them, and no more", async () => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  const random = seededRandom(seed);
  for (let call = 0; call < CALL_COUNT / 2; call++) {
    const number = Math.floor(random() * MESSAGE_COUNT);
    const what = `seed ${seed}, call ${call}, message ${number}`;
    const size = await within(callThrough(delayed(number), false), what);
    assertEquals(size, 2 * SIZE, what);
  }
});

Deno.test("a relay that does not meddle passes all on", async () => {
  const meddle: Meddling = (message, pass) => pass(message);
  assertEquals(await within(callThrough(meddle, false), "the call"), 2 * SIZE);
});
