/**
 * What is attacked: a listener on several methods that echoes, and a directory,
 * with the default limits. Tells on standard output where it listens, and then,
 * again and again, how much memory it has.
 *
 * @module
 */
import { listen } from "../../mod.ts";
import { startDirectory } from "../../src/directory/mod.ts";
import { makeCertificate } from "../../src/transport/make_certificate.ts";

const REPORT_MS = 100;

const certificate = await makeCertificate();
const listener = await listen({
  nickname: "bob",
  methods: [
    "tcp://127.0.0.1:0",
    "tls://127.0.0.1:0",
    "ws://127.0.0.1:0/lekt",
  ],
  tls: certificate,
  accept: () => true,
});
const directory = await startDirectory({ port: 0 });
const [tcp, tls, ws] = listener.methods;
const ports = Object.fromEntries(
  Object.entries({ tcp, tls, ws, directory: directory.url }).map((
    [name, method],
  ) => [name, Number(/:(\d+)/.exec(method!)![1])]),
);
console.log(JSON.stringify({ ports, pinnedKey: certificate.spki }));
setInterval(() => {
  const rss = Deno.memoryUsage().rss;
  console.log(JSON.stringify({ rss }));
}, REPORT_MS);
await listener.serve(async (connection) => {
  for await (const message of connection) await connection.send(message.body);
}, { onError: () => {} });
