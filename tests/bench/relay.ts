/**
 * How fast a relay is, beside `wss` without one: `deno task bench:relay`. Both
 * ends and the relay are processes of their own, on this machine.
 *
 * @module
 */
import { connect, listen } from "../../mod.ts";
import { makeCertificate } from "../../src/transport/make_certificate.ts";
import { startRelay } from "../../src/relay/mod.ts";
import { runBareTask } from "../helpers/task.ts";

/** Bytes of one run. */
const SIZE = 64 * 1024 * 1024;

/** Runs of each way, in turns. */
const RUN_COUNT = 3;

const WAYS = ["tls", "wss", "relay+ws", "relay"] as const;

type Way = typeof WAYS[number];

/** What a process prints when it is ready. */
interface Ready {
  methods: string[];
  key: string;
  cert: string;
}

const SELF = new URL(import.meta.url).pathname;

/** Starts this program as another process, and waits for its first line. */
async function start(
  role: string,
  ...args: string[]
): Promise<{ child: Deno.ChildProcess; line: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", SELF, role, ...args],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`${role} has ended`);
    text += value;
  }
  return { child, line: text.split("\n")[0]! };
}

async function runRelay(isSecure: boolean): Promise<void> {
  const tls = await makeCertificate({ hosts: ["127.0.0.1"] });
  const relay = await startRelay({
    port: 0,
    limits: { bytesPerSecond: 0, bytesPerCall: 0 },
    ...(isSecure ? { tls } : {}),
  });
  console.log(JSON.stringify({ url: relay.url, cert: tls.cert }));
}

async function runListener(way: Way, relay: string): Promise<void> {
  const tls = await makeCertificate({ hosts: ["127.0.0.1"] });
  const { url, cert } = JSON.parse(relay || "{}");
  const listener = await listen({
    nickname: "bob",
    methods: url ? [] : [`${way}://127.0.0.1:0`],
    ...(url ? { relay: { url, caCerts: [cert] } } : {}),
    tls,
    accept: () => true,
  });
  const { methods } = listener;
  console.log(JSON.stringify({ methods, key: tls.spki, cert }));
  await listener.serve(async (connection) => {
    for await (const message of connection) {
      let size = 0;
      for await (const chunk of message.body) size += chunk.byteLength;
      await connection.send(String(size));
    }
  });
}

/** Megabytes a second from this process to a listener. */
async function measure({ methods, key, cert }: Ready): Promise<number> {
  const connection = await connect(methods, {
    nickname: "alice",
    tls: { pinnedKey: key, ...(cert ? { caCerts: [cert] } : {}) },
  });
  const startedMs = performance.now();
  await connection.send(blocks());
  const answer = await connection.receive();
  const seconds = (performance.now() - startedMs) / 1_000;
  if (await answer?.text() !== String(SIZE)) throw new Error("bytes are lost");
  await connection.close();
  return SIZE / 1e6 / seconds;
}

async function* blocks(): AsyncGenerator<Uint8Array> {
  const block = new Uint8Array(256 * 1024);
  for (let size = 0; size < SIZE; size += block.length) yield block;
}

async function main(): Promise<number> {
  const relays = new Map<Way, string>();
  const children: Deno.ChildProcess[] = [];
  try {
    for (const way of ["relay+ws", "relay"] as const) {
      const { child, line } = await start("relay", String(way === "relay"));
      children.push(child);
      relays.set(way, line);
    }
    const rates = new Map<Way, number[]>(WAYS.map((way) => [way, []]));
    for (let run = 1; run <= RUN_COUNT; run++) {
      for (const way of WAYS) {
        const { child, line } = await start(
          "listen",
          way,
          relays.get(way) ?? "",
        );
        children.push(child);
        const rate = await measure(JSON.parse(line));
        rates.get(way)!.push(rate);
        // Each at once: on a busy machine the next takes a while to start.
        console.log(`run ${run}, ${way}: ${rate.toFixed(0)} MB/s`);
        child.kill();
        await child.status;
      }
    }
    for (const [way, each] of rates) {
      console.log(
        `${way.padEnd(9)} ${Math.max(...each).toFixed(0)} MB/s at best`,
      );
    }
    return 0;
  } finally {
    for (const child of children) {
      try {
        child.kill();
      } catch {
        // It has ended.
      }
    }
  }
}

if (import.meta.main) {
  const [role, ...args] = Deno.args;
  if (role === "relay") await runRelay(args[0] === "true");
  else if (role === "listen") await runListener(args[0] as Way, args[1]!);
  else await runBareTask("deno task bench:relay", main);
}
