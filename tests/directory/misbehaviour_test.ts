// Who breaks the rules of a directory is told of, and not more often than a log can bear.
import { assert, assertEquals } from "@std/assert";
import { LINE_LIMITS } from "../../src/base/line_limit.ts";
import { misbehaviourReporter } from "../../src/directory/misbehaviour.ts";
import {
  type DirectoryServer,
  type MisbehaviourReport,
  startDirectory,
} from "../../src/directory/mod.ts";
import { within } from "../helpers/deadline.ts";

const HEADER = "x-forwarded-for";

/** A directory behind a proxy, and what it reports of those who misbehave. */
async function start(
  limits = {},
): Promise<{ directory: DirectoryServer; told: MisbehaviourReport[] }> {
  const told: MisbehaviourReport[] = [];
  const directory = await startDirectory({
    port: 0,
    addressHeader: HEADER,
    limits,
    report: (event) => {
      if (event.event === "misbehaviour") told.push(event);
    },
  });
  return { directory, told };
}

/** Sends bytes as they are, and waits for the end. */
async function sendRaw({ url }: DirectoryServer, text: string): Promise<void> {
  const { hostname, port } = new URL(url);
  using socket = await Deno.connect({ hostname, port: Number(port) });
  await socket.write(new TextEncoder().encode(text));
  const buffer = new Uint8Array(1_024);
  while (
    await within(socket.read(buffer).catch(() => null), "the end") !== null
  );
}

Deno.test("a directory reports who speaks no HTTP, with the address", async () => {
  for (const text of ["nonsense\r\n\r\n", "\x16\x03\x01\0\xa5\x01aaaaaa"]) {
    const { directory, told } = await start();
    await sendRaw(directory, text);
    assertEquals(told.map(({ code, address }) => [code, address]), [
      ["no-http", "127.0.0.1"],
    ]);
    await directory.close();
  }
});

Deno.test("a directory reports requests and records that break its rules, each with the address that the proxy tells", async () => {
  const { directory, told } = await start({ readsPerAddress: 1 });
  const jwt = { "content-type": "application/jwt" };
  const requests: [code: string, path: string, init: RequestInit][] = [
    ["wrong-type", "/v1/peers/bob", { method: "PUT", body: "x" }],
    ["malformed", "/v1/peers/bob", { method: "PUT", body: "x", headers: jwt }],
    ["too-large", "/v1/peers/bob", {
      method: "PUT",
      body: "x".repeat(8_193),
      headers: jwt,
    }],
    ["malformed", "/v1/slots", {
      method: "POST",
      body: "x",
      headers: { "content-type": "application/json" },
    }],
    ["too-many", "/v1", {}],
  ];
  for (const [index, [_, path, init]] of requests.entries()) {
    const headers = { ...init.headers, [HEADER]: `192.0.2.${index}` };
    for (let count = 0; count < 2; count++) {
      const answer = await fetch(directory.url + path, { ...init, headers });
      await answer.body?.cancel();
    }
  }
  assertEquals(
    told.map(({ code, address }) => [code, address]),
    requests.map(([code], index) => [code, `192.0.2.${index}`]),
  );
  await directory.close();
});

Deno.test("honest requests that fail are no misbehaviour", async () => {
  const { directory, told } = await start();
  for (const path of ["/v1/peers/nobody", "/nothing", "/v1/slots/1"]) {
    const answer = await fetch(directory.url + path);
    assertEquals(answer.status, 404);
    await answer.body?.cancel();
  }
  await fetch(directory.url, { method: "DELETE" }).then((answer) =>
    answer.body?.cancel()
  );
  assertEquals(told, []);
  await directory.close();
});

Deno.test("reports of misbehaviour are bounded, one for an address, and harmless", () => {
  const told: MisbehaviourReport[] = [];
  const blame = misbehaviourReporter((report) => told.push(report));
  const what = { code: "malformed", rule: "a\nb\x1b[2J" };
  for (let index = 0; index < LINE_LIMITS.count + 2; index++) {
    for (let count = 0; count < 2; count++) {
      blame({ ...what, address: `192.0.2.${index}` });
    }
  }
  assertEquals(told.length, LINE_LIMITS.count);
  assertEquals(told.map(({ leftOut }) => leftOut).slice(0, 3), [0, 1, 1]);
  assert(told.every(({ rule }) => !/[^\x20-\x7e]/.test(rule)));
});
