// However one side goes, neither claims a clean end unless all that was taken
// over was handed to the other application: on all methods, in both roles.
import { assert, assertEquals } from "@std/assert";
import { type Connection, LektError, type Limits } from "../../mod.ts";
import { establish } from "../../src/connect/establish.ts";
import { resolveLimits } from "../../src/base/limits.ts";
import { dial, listenOn } from "../../src/transport/dial.ts";
import { makeCertificate } from "../../src/transport/make_certificate.ts";
import { parseMethod } from "../../src/transport/method.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { until, within } from "../helpers/deadline.ts";
import { failureOf, pattern, receive } from "../helpers/messages.ts";
import { header } from "../helpers/raw_peer.ts";
import { TlsTerminator } from "../helpers/tls_terminator.ts";

const certificate = await makeCertificate({ hosts: ["127.0.0.1"] });

/** The initiator dials `tls`, the responder listens on `tcp`, and a program in between passes bytes on. */
const ENDED_TLS = "tls that ends on the way:";

const METHODS = [
  "tcp://127.0.0.1:0",
  "unix:",
  "tls://127.0.0.1:0",
  ENDED_TLS,
  "ws://127.0.0.1:0/lekt",
  "wss://127.0.0.1:0/lekt",
];

/** The transport of the side that goes, on which a test can make faults. */
class FaultyTransport implements Transport {
  readonly address: string;
  readonly tellsCut: boolean;
  #below: Transport;
  #fault = Promise.withResolvers<(into: Uint8Array) => number>();
  #reading: Promise<number | null> | undefined;
  #roomSize = Infinity;
  #closed = Promise.withResolvers<never>();

  constructor(below: Transport) {
    this.#below = below;
    this.#closed.promise.catch(() => {});
    this.address = below.address;
    this.tellsCut = below.tellsCut;
  }

  /** What the next read gives in place of what comes from the other side. */
  inject(fault: (into: Uint8Array) => number): void {
    this.#fault.resolve(fault);
  }

  async read(into: Uint8Array): Promise<number | null> {
    this.#reading = this.#below.read(into);
    this.#reading.catch(() => {});
    const fault = this.#fault.promise.then((make) => make(into));
    return await Promise.race([this.#reading, fault]);
  }

  async write(bytes: Uint8Array): Promise<number> {
    if (this.#roomSize === 0) await this.#closed.promise;
    const size = await this.#below.write(bytes.subarray(0, this.#roomSize));
    this.#roomSize -= size;
    return size;
  }

  /** Takes so many bytes more, as where the other side reads no more. */
  fill(roomSize: number): void {
    this.#roomSize = roomSize;
  }

  closeWrite(): Promise<void> {
    return this.#below.closeWrite();
  }

  close(): void | Promise<void> {
    this.#closed.reject(new LektError("CLOSED", "The transport is closed"));
    return this.#below.close();
  }
}

interface Scene {
  /** The side that goes. */
  going: Connection;
  /** The side that is to be told. */
  staying: Connection;
  /** Below `going`. */
  transport: FaultyTransport;
  /** Resolves when a program in between is done. */
  relayed: Promise<void>;
}

interface WayOut {
  name: string;
  /** Limits of the side that goes. */
  goingLimits?: Partial<Limits>;
  /** Makes it go. */
  go(scene: Scene): Promise<unknown>;
}

const WAYS_OUT: WayOut[] = [
  {
    name: "finds a broken rule",
    go({ transport, going }) {
      transport.inject((into) => {
        into.set(header(6, 1, 0));
        return 12;
      });
      return going.closed;
    },
  },
  {
    name: "crashes inside",
    go({ transport, going }) {
      transport.inject((into) => into.length + 1);
      return going.closed;
    },
  },
  {
    name: "reaches a limit",
    goingLimits: {
      maxBufferedBytes: 20_000,
      stallTimeoutMs: 30,
      maxVersionMinor: 0,
    },
    async go({ going, staying }) {
      for (let i = 0; i < 5; i++) await receive(going);
      staying.send(pattern(3_000_000)).catch(() => {});
      await receive(going);
      // Waits for what is behind the message that it does not read.
      assertEquals((await failureOf(() => going.receive())).code, "LIMIT");
      return await going.closed;
    },
  },
  {
    name: "closes with messages unread",
    async go({ going }) {
      await until(() => going.stats().messagesReceived === 5, "they are there");
      await going.close();
    },
  },
  {
    name: "closes while a message arrives",
    async go({ going, staying }) {
      for (let i = 0; i < 5; i++) await going.receive();
      const source = new TransformStream<Uint8Array, Uint8Array>();
      const writer = source.writable.getWriter();
      staying.send(source.readable).catch(() => {});
      await writer.write(pattern(100_000));
      await receive(going);
      await going.close();
    },
  },
  {
    name: "gives up to close, for the other side takes nothing",
    goingLimits: { closeTimeoutMs: 10 },
    async go({ going, transport }) {
      for (let i = 0; i < 5; i++) await receive(going);
      transport.fill(1_000);
      for (let i = 0; i < 10; i++) await going.send(pattern(300));
      await going.close();
    },
  },
  {
    name: "gives the connection up",
    go: ({ going }) => going.abort(new Error("no more")),
  },
];

async function openTransports(
  uri: string,
  folder: string,
): Promise<[Transport, Transport, Promise<void>]> {
  const isEnded = uri === ENDED_TLS;
  const method = parseMethod(
    uri === "unix:" ? `unix:${folder}/s` : isEnded ? "tcp://127.0.0.1:0" : uri,
  );
  const listener = await listenOn(method, certificate);
  let target = listener.method;
  let relayed = Promise.resolve();
  if (isEnded) {
    assert(target.scheme === "tcp");
    const relay = new TlsTerminator(target.port, certificate);
    target = parseMethod(`tls://127.0.0.1:${relay.port}`);
    relayed = relay.done;
  }
  const [dialled, accepted] = await Promise.all([
    dial(target, { pinnedKey: certificate.spki }),
    listener.accept(),
  ]);
  listener.close();
  return [dialled, accepted!, relayed];
}

async function openScene(
  uri: string,
  isInitiator: boolean,
  way: WayOut,
  folder: string,
): Promise<Scene> {
  const [dialled, accepted, relayed] = await openTransports(uri, folder);
  const transport = new FaultyTransport(isInitiator ? dialled : accepted);
  const below = isInitiator ? [transport, accepted] : [dialled, transport];
  const [initiator, responder] = await within(
    Promise.all(
      (["initiator", "responder"] as const).map((role, index) =>
        establish(below[index]!, {
          role,
          nickname: role,
          method: uri,
          accept: () => true,
          limits: resolveLimits(
            below[index] === transport ? way.goingLimits : {},
          ),
        }).connection
      ),
    ),
    "both to connect",
  );
  return isInitiator
    ? { going: initiator!, staying: responder!, transport, relayed }
    : { going: responder!, staying: initiator!, transport, relayed };
}

/** Receives to the end, and tells how it came; what is whole is read. */
async function receiveAll(connection: Connection): Promise<string> {
  try {
    for await (const message of connection) await message.bytes();
    return "in order";
  } catch (error) {
    return (error as { code: string }).code;
  }
}

for (const uri of METHODS) {
  for (const way of WAYS_OUT) {
    Deno.test(`over ${uri.replace(/:.*/, "")} neither side claims a clean end where one ${way.name}`, async () => {
      const folder = await Deno.makeTempDir();
      try {
        for (const isInitiator of [true, false]) {
          const scene = await openScene(uri, isInitiator, way, folder);
          const { going, staying, relayed } = scene;
          for (let i = 0; i < 5; i++) await staying.send(`${i}`);
          await going.send("whole");
          assertEquals(await (await receive(staying)).text(), "whole");
          await within(way.go(scene), "the side to go", 20_000);
          const heard = await within(receiveAll(staying), "the end", 20_000);
          assertEquals(heard, "TRUNCATED", `initiator: ${isInitiator}`);
          await within(staying.close(), "close()");
          for (const each of [going, staying]) {
            const { clean } = await within(each.closed, "closed");
            assertEquals(clean, false, `initiator: ${isInitiator}`);
            assertEquals((await each.ended).clean, false);
          }
          await within(relayed, "the relay to end");
        }
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    });
  }

  Deno.test(`over ${uri.replace(/:.*/, "")} both sides that drop what the other one sent say so`, async () => {
    const folder = await Deno.makeTempDir();
    const way: WayOut = { name: "", go: () => Promise.resolve() };
    const { going, staying, relayed } = await openScene(uri, true, way, folder);
    for (let i = 0; i < 5; i++) {
      await going.send(`${i}`);
      await staying.send(`${i}`);
    }
    for (const each of [going, staying]) {
      await until(() => each.stats().messagesReceived === 5, "they are there");
    }
    await within(Promise.all([going.close(), staying.close()]), "both");
    assertEquals(await going.closed, { clean: false });
    assertEquals(await staying.closed, { clean: false });
    await within(relayed, "the relay to end");
    await Deno.remove(folder, { recursive: true });
  });

  Deno.test(`over ${uri.replace(/:.*/, "")} a side that closed hears that the other one dropped its messages`, async () => {
    const folder = await Deno.makeTempDir();
    const way: WayOut = { name: "", go: () => Promise.resolve() };
    const { going, staying, relayed } = await openScene(
      uri,
      false,
      way,
      folder,
    );
    for (let i = 0; i < 10; i++) await staying.send(`${i}`);
    const closing = staying.close();
    await until(() => going.stats().messagesReceived === 10, "they are there");
    assertEquals(await (await receive(going)).text(), "0");
    await going.close();
    await within(closing, "close()");
    assertEquals((await staying.closed).clean, false);
    assertEquals((await going.closed).clean, false);
    assertEquals((await failureOf(() => staying.receive())).code, "CLOSED");
    await within(relayed, "the relay to end");
    await Deno.remove(folder, { recursive: true });
  });
}
