import { assert } from "@std/assert";
import { parseMethod } from "../../src/transport/method.ts";
import { makeCertificate } from "../../src/transport/make_certificate.ts";
import {
  dial,
  type DialOptions,
  listenOn,
  type TransportListenOptions,
} from "../../src/transport/dial.ts";
import { dialNativeWebSocket } from "../../src/transport/websocket_native.ts";
import { testTransport, type TransportPair } from "./compliance.ts";

const MIB = 1024 * 1024;
const OPTIONS = {
  tellsCut: true,
  address: /^127\.0\.0\.1:\d+$/,
  bufferedSizeMax: 32 * MIB,
};
const bob = await makeCertificate();
const alice = await makeCertificate();

/** Turns of the event loop in which both Close frames and the ends of TCP go over loopback, many times over. */
const CLOSING_TURNS = 50;

/** Where both have ended, the Close frames take their way behind close(), which tells nobody when they are there. */
async function closeFramesExchanged(): Promise<void> {
  for (let turn = 0; turn < CLOSING_TURNS; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

async function openPair(
  uri: string,
  dialOptions: DialOptions = {},
  listenOptions: TransportListenOptions = {},
  dialer: typeof dial = dial,
): Promise<TransportPair> {
  const listener = await listenOn(parseMethod(uri), listenOptions);
  const [dialled, accepted] = await Promise.all([
    dialer(listener.method, dialOptions),
    listener.accept(),
  ]);
  assert(accepted !== null);
  return {
    dialled,
    accepted,
    async close() {
      dialled.close();
      accepted.close();
      await listener.close();
      await closeFramesExchanged();
    },
  };
}

testTransport("ws", () => openPair("ws://127.0.0.1:0/lekt"), OPTIONS);

testTransport(
  "wss",
  () =>
    openPair("wss://127.0.0.1:0/lekt", { ...alice, pinnedKey: bob.spki }, {
      ...bob,
      requireClientKey: true,
    }),
  OPTIONS,
);

testTransport(
  "native WebSocket",
  () =>
    openPair("ws://127.0.0.1:0/lekt", {}, { origins: ["*"] }, (method) => {
      assert(method.scheme === "ws");
      return dialNativeWebSocket(method);
    }),
  { ...OPTIONS, address: /^(ws:\/\/)?127\.0\.0\.1:\d+(\/lekt)?$/ },
);
