import { createServer } from "node:http";
import type { Duplex } from "node:stream";
import { createIdentity } from "@lekt/lekt/directory";
import { createRelay } from "@lekt/lekt/relay";
import { assert } from "@std/assert";
import { parseMethod, type RelayMethod } from "../../src/transport/method.ts";
import { RelayLine } from "../../src/transport/relay_line.ts";
import {
  ANSWER_PATH,
  CALL_MESSAGE_SIZE_MAX,
  CALL_PATH,
  LISTEN_PATH,
  RELAY_SUBPROTOCOL,
} from "../../src/transport/relay_wire.ts";
import { secureDialled } from "../../src/transport/tls.ts";
import {
  type ClientSource,
  type ClientStream,
  TlsListener,
} from "../../src/transport/tls_listener.ts";
import { TransportSocket } from "../../src/transport/transport_socket.ts";
import { openWebSocket } from "../../src/transport/websocket.ts";
import { WebSocketTransport } from "../../src/transport/websocket_stream.ts";
import { memoryPair } from "../helpers/memory_transport.ts";
import {
  alice,
  bob,
  PLENTY,
  RelayScene,
  signerOf,
} from "../helpers/relay_scene.ts";
import { testTransport, type TransportPair } from "../transport/compliance.ts";

const MIB = 1024 * 1024;
const ORIGIN = "http://relay.example";

testTransport(
  "relay",
  async () => {
    const scene = await RelayScene.open({
      listen: { ...bob, requireClientKey: (key) => key === alice.spki },
    });
    const [dialled, accepted] = await scene.call();
    return {
      dialled,
      accepted,
      close: () => scene[Symbol.asyncDispose](),
    };
  },
  {
    tellsCut: true,
    address: /^127\.0\.0\.1(?::\d+)?$/,
    bufferedSizeMax: 32 * MIB,
  },
);

/** A relay that is reached through memory alone. */
class MemoryRelay {
  readonly relay = createRelay({ origins: [ORIGIN], limits: PLENTY });
  readonly #http = createServer();
  #seed = 1;

  constructor() {
    this.relay.begin([]);
    this.#http.on("upgrade", (request, socket, head) => {
      this.relay.upgrade(request, socket as Duplex, head, "192.0.2.7");
    });
  }

  /** Opens a WebSocket to it. */
  open<T>(
    method: RelayMethod,
    path: string,
    wrap: Parameters<typeof openWebSocket<T>>[2],
  ): Promise<T> {
    const [near, far] = memoryPair({ seed: this.#seed++ });
    this.#http.emit("connection", new TransportSocket(far));
    return openWebSocket(near, {
      method,
      path,
      host: "relay.example",
      subprotocol: RELAY_SUBPROTOCOL,
      maxPayload: CALL_MESSAGE_SIZE_MAX,
      explain: ({ status }) => `status ${status}`,
      signal: undefined,
    }, wrap);
  }
}

/** What gives one client. */
function sourceOf(stream: Promise<ClientStream>): ClientSource {
  const over = Promise.withResolvers<null>();
  const accepts = [() => over.promise, () => stream];
  return {
    isClosed: false,
    accept: () => accepts.pop()!(),
    close() {
      over.resolve(null);
      return Promise.resolve();
    },
  };
}

/** A pair of ends by a relay, with nothing of the system in between. */
async function openInMemory(): Promise<TransportPair> {
  const relay = new MemoryRelay();
  const identity = await createIdentity();
  const uri = `relay+ws://relay.example/${identity.thumbprint}`;
  const method = parseMethod(uri) as RelayMethod;
  const stream = Promise.withResolvers<ClientStream>();
  const line = await relay.open(
    method,
    LISTEN_PATH,
    (socket) =>
      new RelayLine(socket, {
        method,
        signer: signerOf(identity),
        audience: ORIGIN,
        isYielding: false,
        async onCall({ call, from: address }) {
          const connection = await relay.open(
            method,
            ANSWER_PATH + call,
            (socket) => new WebSocketTransport(socket, { address }),
          );
          stream.resolve({ connection, address });
        },
      }),
  );
  await line.listening;
  const listener = new TlsListener(sourceOf(stream.promise), method, bob);
  const connection = await relay.open(
    method,
    CALL_PATH + identity.thumbprint,
    (socket) => new WebSocketTransport(socket, { address: "relay" }),
  );
  await stream.promise;
  const [dialled, accepted] = await Promise.all([
    secureDialled(
      { connection, address: "relay" },
      { method, host: "lekt.invalid" },
      { ...alice, pinnedKey: bob.spki },
    ),
    listener.accept(),
  ]);
  assert(accepted !== null);
  return {
    dialled,
    accepted,
    async close() {
      dialled.close();
      accepted.close();
      line.close();
      await listener.close();
      await relay.relay.close();
    },
  };
}

testTransport("relay in memory", openInMemory, {
  tellsCut: true,
  address: /^(?:192\.0\.2\.7|relay)$/,
  bufferedSizeMax: 4 * MIB,
});
