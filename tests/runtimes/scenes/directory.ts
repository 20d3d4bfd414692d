/**
 * Both sides of a directory, in whichever runtime: `serve FOLDER` runs one until
 * it is stopped, `use URL FOLDER` registers there, looks up, and connects.
 *
 * @module
 */
import { deepStrictEqual, fail } from "node:assert/strict";
import { stat } from "node:fs/promises";
import process from "node:process";
import { connect, listen } from "@lekt/lekt";
import { makeCertificate } from "@lekt/lekt/certificate";
import {
  createIdentity,
  DirectoryClient,
  openIdentity,
  PinFile,
  runDirectory,
} from "@lekt/lekt/directory";
import { shown } from "./shared.ts";

async function serve(folder: string): Promise<void> {
  await runDirectory({
    port: 0,
    store: `${folder}/directory.sqlite`,
    report: (event) => console.log(JSON.stringify(event)),
  });
}

async function use(url: string, folder: string): Promise<void> {
  const path = `${folder}/config/key.json`;
  const [identity, again] = await Promise.all([
    openIdentity(path),
    openIdentity(path),
  ]);
  deepStrictEqual(identity.thumbprint, again.thumbprint);
  deepStrictEqual((await stat(path)).mode & 0o777, 0o600);

  const certificate = await makeCertificate();
  const listener = await listen({
    nickname: "bob",
    methods: ["tls://127.0.0.1:0"],
    tls: certificate,
    accept: () => true,
  });
  const serving = listener.serve(async (connection) => {
    for await (const message of connection) await connection.send(message.body);
  });
  const client = new DirectoryClient(url, {
    pins: new PinFile(`${folder}/config/pins.json`),
  });
  const lease = await client.register(identity, {
    nickname: "bob",
    methods: listener.methods.map((uri, priority) => ({
      uri,
      priority,
      spki: certificate.spki,
    })),
  });
  const { thumbprint } = await client.lookup("bob");
  deepStrictEqual(thumbprint, identity.thumbprint);

  const stranger = await createIdentity();
  const taken = client.register(stranger, { nickname: "bob", methods: [] });
  const fault = await taken.then(() => fail("it is not taken"), shown);
  deepStrictEqual(fault, "REJECTED nickname taken");

  const bob = await connect("bob", { nickname: "alice", directory: client });
  deepStrictEqual(bob.remote.verified, true);
  await bob.send("hello");
  deepStrictEqual(await (await bob.receive())?.text(), "hello");
  await bob.close();

  await lease.unregister();
  const gone = client.lookup("bob").then(() => fail("it is there"), shown);
  deepStrictEqual(await gone, "UNREACHABLE");
  await listener.shutdown();
  await serving;
  console.log("found");
}

const [act, ...rest] = process.argv.slice(2);
if (act === "serve") await serve(rest[0]!);
else await use(rest[0]!, rest[1]!);
