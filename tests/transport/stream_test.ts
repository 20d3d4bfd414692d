import { assert, assertEquals } from "@std/assert";
import { parseMethod } from "../../src/transport/method.ts";
import {
  dial,
  type DialOptions,
  listenOn,
  type TransportListenOptions,
} from "../../src/transport/dial.ts";
import { makeCertificate } from "../../src/transport/make_certificate.ts";
import { StreamTransport } from "../../src/transport/stream.ts";
import { assertClosed } from "../helpers/closed_transport.ts";
import { memoryPair } from "../helpers/memory_transport.ts";
import { testTransport, type TransportPair } from "./compliance.ts";

const MIB = 1024 * 1024;
const LOOPBACK = /^127\.0\.0\.1:\d+$/;
const bob = await makeCertificate();
const alice = await makeCertificate();

async function openPair(
  uri: string,
  dialOptions: DialOptions = {},
  listenOptions: TransportListenOptions = {},
): Promise<TransportPair> {
  const listener = await listenOn(parseMethod(uri), listenOptions);
  const [dialled, accepted] = await Promise.all([
    dial(listener.method, dialOptions),
    listener.accept(),
  ]);
  assert(accepted !== null);
  return {
    dialled,
    accepted,
    close() {
      dialled.close();
      accepted.close();
      listener.close();
    },
  };
}

testTransport("memory", () => {
  const [dialled, accepted] = memoryPair({ seed: 7, bufferSize: 10_000 });
  return Promise.resolve({
    dialled,
    accepted,
    close() {
      dialled.close();
      accepted.close();
    },
  });
}, { tellsCut: true, address: /^memory:[ab]$/, bufferedSizeMax: MIB });

testTransport("tcp", () => openPair("tcp://127.0.0.1:0"), {
  tellsCut: false,
  address: LOOPBACK,
  bufferedSizeMax: 32 * MIB,
});

testTransport("unix", async () => {
  const folder = await Deno.makeTempDir();
  const pair = await openPair(`unix:${folder}/s`);
  return {
    ...pair,
    async close() {
      await pair.close();
      await Deno.remove(folder);
    },
  };
}, { tellsCut: false, address: /^unix:\/.+\/s$/, bufferedSizeMax: 32 * MIB });

testTransport(
  "tls",
  () =>
    openPair("tls://127.0.0.1:0", { ...alice, pinnedKey: bob.spki }, {
      ...bob,
      requireClientKey: (key) => key === alice.spki,
    }),
  { tellsCut: true, address: LOOPBACK, bufferedSizeMax: 32 * MIB },
);

Deno.test("nothing is asked of a socket behind close(), and it is closed once", async () => {
  const asked: string[] = [];
  const note = <T>(what: string, value: T): T => {
    asked.push(what);
    return value;
  };
  const transport = new StreamTransport({
    read: () => note("read", Promise.resolve(1)),
    write: () => note("write", Promise.resolve(1)),
    closeWrite: () => note("closeWrite", Promise.resolve()),
    close: () => note("close", undefined),
  }, "192.0.2.7:7");
  transport.close();
  transport.close();
  await assertClosed(transport);
  assertEquals(asked, ["close"]);
});
