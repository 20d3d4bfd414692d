/**
 * The longer ways, in whichever runtime: keys shown by both sides, a proxy, a
 * relay by TLS, a directory by HTTPS. `serve FOLDER` offers them until its
 * standard input ends, `use` goes them.
 *
 * @module
 */
import { deepStrictEqual } from "node:assert/strict";
import type { Buffer } from "node:buffer";
import { writeFile } from "node:fs/promises";
import { type AddressInfo, connect as open, createServer } from "node:net";
import process from "node:process";
import { connect, listen, type TlsConnectOptions } from "@lekt/lekt";
import { makeCertificate } from "@lekt/lekt/certificate";
import {
  createIdentity,
  DirectoryClient,
  startDirectory,
} from "@lekt/lekt/directory";
import { startRelay } from "@lekt/lekt/relay";
import { digest, pattern } from "./shared.ts";

/** Bytes of a message that takes several windows. */
const SIZE = 2_000_000;

/** What the one who uses the ways is told. */
interface Ways {
  /** By their names: the methods. */
  methods: Record<string, string>;
  /** The key to pin. */
  spki: string;
  /** The certificate of relay and directory. */
  cert: string;
  /** The directory. */
  directory: string;
}

async function serve(folder: string): Promise<void> {
  const certificate = await makeCertificate({
    hosts: ["localhost", "127.0.0.1"],
  });
  const { cert, key, spki } = certificate;
  await writeFile(`${folder}/ca.pem`, cert);
  const relay = await startRelay({
    port: 0,
    hostname: "localhost",
    tls: { cert, key },
  });
  const directory = await startDirectory({
    port: 0,
    hostname: "localhost",
    tls: { cert, key },
  });
  const listener = await listen({
    nickname: "bob",
    methods: ["tls://127.0.0.1:0", "wss://127.0.0.1:0/lekt"],
    relay: { url: relay.url, caCerts: [cert] },
    tls: { cert, key, requireClientKey: true },
    accept: () => true,
  });
  listener.serve(async (connection) => {
    await connection.send(connection.remote.key ?? "no key");
    for await (const message of connection) {
      await connection.send(await digest(message));
    }
  });
  const [tls = "", wss = "", relayed = ""] = listener.methods;
  const ways: Ways = {
    methods: { tls, wss, relay: relayed },
    spki,
    cert,
    directory: directory.url,
  };
  console.log(JSON.stringify(ways));
  process.stdin.resume();
  await new Promise((resolve) => process.stdin.once("end", resolve));
  await listener.shutdown();
  await directory.close();
  await relay.close();
}

/** Both prove their keys, and talk. */
async function talk(
  method: string,
  spki: string,
  more: { tls: TlsConnectOptions; proxy?: string },
  ownKey: string,
): Promise<void> {
  const connection = await connect(method, { nickname: "alice", ...more });
  deepStrictEqual(connection.remote.key, spki);
  deepStrictEqual(await (await connection.receive())?.text(), ownKey);
  const sent = pattern(SIZE);
  const sending = connection.send(sent, { confirm: true });
  const answer = await (await connection.receive())?.text();
  await sending;
  const body = new Response(sent).body!;
  deepStrictEqual(answer, await digest({ body }));
  await connection.closeWrite();
  deepStrictEqual(await connection.receive(), null);
  await connection.close();
  deepStrictEqual((await connection.closed).clean, true);
}

async function use({ methods, spki, cert, directory }: Ways): Promise<void> {
  const own = await makeCertificate();
  const tls = {
    pinnedKey: spki,
    cert: own.cert,
    key: own.key,
    caCerts: [cert],
  };
  for (const method of Object.values(methods)) {
    await talk(method, spki, { tls }, own.spki);
  }
  const proxy = await startProxy();
  await talk(methods.tls!, spki, { tls, proxy: proxy.url }, own.spki);
  await talk(methods.relay!, spki, { tls, proxy: proxy.url }, own.spki);
  deepStrictEqual(proxy.count(), 2);
  proxy.close();

  const client = new DirectoryClient(directory, { allowLocal: true });
  const identity = await createIdentity();
  const lease = await client.register(identity, {
    nickname: "carol",
    methods: [{ uri: methods.tls!, priority: 0, spki }],
  });
  const { thumbprint } = await client.lookup("carol");
  deepStrictEqual(thumbprint, identity.thumbprint);
  await lease.unregister();
  console.log("all ways lead there");
}

/** A proxy that speaks the part of SOCKS5 that is needed; counts whom it has led on. */
async function startProxy(): Promise<
  { url: string; count(): number; close(): void }
> {
  let count = 0;
  const server = createServer({ allowHalfOpen: true }, (client) => {
    client.on("error", () => {});
    client.once("data", () => {
      client.write(Uint8Array.of(5, 0));
      client.once("data", (request: Buffer) => {
        const isName = request[3] === 3;
        const end = isName ? 5 + request[4]! : 8;
        const host = isName
          ? request.toString("latin1", 5, end)
          : request.subarray(4, end).join(".");
        const target = open({
          host,
          port: request.readUInt16BE(end),
          allowHalfOpen: true,
        }, () => {
          count++;
          client.write(Uint8Array.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0));
          client.pipe(target).pipe(client);
        });
        target.on("error", () => client.destroy());
        client.on("close", () => target.destroy());
      });
    });
  });
  await new Promise<void>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve())
  );
  const { port } = server.address() as AddressInfo;
  return {
    url: `socks5://127.0.0.1:${port}`,
    count: () => count,
    close: () => void server.close(),
  };
}

const [act, argument = ""] = process.argv.slice(2);
if (act === "serve") await serve(argument);
else await use(JSON.parse(argument));
