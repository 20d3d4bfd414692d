/**
 * Many connections at once, each with a message that has begun: what they cost,
 * and whether another message gets through beside it on each.
 *
 * @module
 */
import { type Connection, listen } from "../../mod.ts";
import { TextLineStream } from "../attacks/lines.ts";
import { until, within } from "../helpers/deadline.ts";

/** On a busy machine it takes minutes, in milliseconds. */
const PATIENCE_MS = 1_200_000;

/** What they cost, in KiB each above what the process had before. */
export interface Crowd {
  acceptorKib: number;
  openerKib: number;
  throughCount: number;
}

/** What each program has before it has any connection, about, in bytes. */
const IDLE_RSS = 60 * 1024 * 1024;

/** Opens so many. */
export async function openMany(count: number): Promise<Crowd> {
  await using listener = await listen({
    nickname: "acceptor",
    methods: ["tcp://127.0.0.1:0"],
    accept: () => true,
  });
  const connections: Connection[] = [];
  let throughCount = 0;
  const serving = listener.serve(async (connection) => {
    connections.push(connection);
    for await (const message of connection) {
      if (await message.text() === "whole") throughCount++;
    }
  }, { onError: () => {} });
  const before = Deno.memoryUsage().rss;
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      new URL("crowd.ts", import.meta.url).pathname,
      listener.methods[0]!,
      String(count),
    ],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream()).getReader();
  const input = child.stdin.getWriter();
  const { value } = await within(lines.read(), "all of them", PATIENCE_MS);
  const opened: { rss: number } = JSON.parse(value!);
  const isBegun = (connection: Connection): boolean =>
    connection.stats().bytesBuffered >= 100;
  await until(() => connections.every(isBegun), "all to begin", PATIENCE_MS);
  const after = Deno.memoryUsage().rss;
  await input.write(new Uint8Array(1));
  await until(() => throughCount === count, "a message on each", PATIENCE_MS);
  await within(lines.read(), "the sender", PATIENCE_MS);
  await input.close();
  await child.status;
  await listener.shutdown();
  await serving;
  const kib = (bytes: number): number => Math.round(bytes / count / 1024);
  return {
    acceptorKib: kib(after - before),
    openerKib: kib(opened.rss - IDLE_RSS),
    throughCount,
  };
}
