/**
 * A process that floods: `flooder.ts METHOD FLOOD COUNT`. Writes a line when
 * all of its connections are in, and sends until it is killed.
 *
 * @module
 */
import { constants, setPriority } from "node:os";
import { hello, packetOfHandshake } from "../../helpers/raw_peer.ts";
import { frame } from "../../helpers/raw_websocket.ts";
import { BARE_FLOOD, BARE_PROTOCOL, writeAll } from "./bare.ts";
import { blockOf, type Flood, FLOODS } from "./floods.ts";

const READ_SIZE = 64 * 1024;

async function dial(method: URL): Promise<Deno.Conn> {
  const hostname = "127.0.0.1";
  const port = Number(method.port);
  const isSecure = method.protocol === "tls:" || method.protocol === "wss:";
  if (!isSecure) return await Deno.connect({ hostname, port });
  return await Deno.connectTls({ hostname, port });
}

/** Reads whatever comes, and tells of the first bytes that contain `what`. */
function reading(socket: Deno.Conn): (what: string) => Promise<void> {
  let text = "";
  let onText: (() => void) | undefined;
  const decoder = new TextDecoder("latin1");
  (async () => {
    const into = new Uint8Array(READ_SIZE);
    for (;;) {
      const size = await socket.read(into);
      if (size === null) return;
      if (text.length < READ_SIZE) {
        text += decoder.decode(into.subarray(0, size));
      }
      onText?.();
    }
  })().catch(() => {});
  return async (what) => {
    while (!text.includes(what)) {
      await new Promise<void>((resolve) => onText = resolve);
    }
    onText = undefined;
  };
}

/** Opens one connection; returns what sends. */
async function enter(
  method: URL,
  flood: Flood,
): Promise<(bytes: Uint8Array) => Promise<void>> {
  const socket = await dial(method);
  if (method.protocol === BARE_PROTOCOL) {
    await writeAll(socket, Uint8Array.of(BARE_FLOOD));
    return (bytes) => writeAll(socket, bytes);
  }
  const seen = reading(socket);
  const isFramed = method.protocol.startsWith("ws");
  const send = (bytes: Uint8Array): Promise<void> =>
    writeAll(socket, isFramed ? frame(bytes, { opcode: "binary" }) : bytes);
  if (isFramed) {
    const head = [
      `GET ${method.pathname} HTTP/1.1`,
      "host: localhost",
      "connection: Upgrade",
      "upgrade: websocket",
      "sec-websocket-version: 13",
      "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
      "sec-websocket-protocol: lekt",
    ];
    await writeAll(
      socket,
      new TextEncoder().encode(`${head.join("\r\n")}\r\n\r\n`),
    );
    await seen("101");
  }
  const version = [1, flood.minor, 0];
  await send(hello(`flood ${flood.reading}`, version));
  await seen("LEKTA");
  await send(packetOfHandshake("A", "", version));
  return (bytes) => writeAll(socket, bytes);
}

if (import.meta.main) {
  // Flooders have machines of their own: they get what the others leave of this one.
  setPriority(constants.priority.PRIORITY_LOW);
  const [uri, name, count] = Deno.args;
  const [kind, isTiny] = name!.split("/");
  const method = new URL(uri!);
  const flood = FLOODS[kind!]!;
  const framing = !method.protocol.startsWith("ws")
    ? "none"
    : isTiny
    ? "tiny"
    : "whole";
  const bytes = blockOf(flood, framing);
  const sends = await Promise.all(
    Array.from({ length: Number(count) }, () => enter(method, flood)),
  );
  await Deno.stdout.write(new TextEncoder().encode("in\n"));
  await Promise.all(sends.map(async (send) => {
    for (;;) await send(bytes);
  }));
}
