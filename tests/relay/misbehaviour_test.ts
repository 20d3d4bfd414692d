// Who breaks the rules of a relay is told of, with the rule.
import { assertEquals } from "@std/assert";
import { type MisbehaviourReport, startRelay } from "@lekt/lekt/relay";
import { until } from "../helpers/deadline.ts";
import { openRawListener, RawLine, SUBPROTOCOL } from "../helpers/raw_relay.ts";
import { RawWebSocket } from "../helpers/raw_websocket.ts";
import type { RelayScene } from "../helpers/relay_scene.ts";
import { within } from "../transport/compliance.ts";

const TEXT = new TextEncoder().encode("text");

/** A relay to which `act` does something; what it reports of that: codes and rules. */
async function toldOf(
  act: (port: number) => Promise<void>,
  limits = {},
): Promise<[code: string, ruleId: string | undefined][]> {
  const told: MisbehaviourReport[] = [];
  await using relay = await startRelay({
    port: 0,
    limits,
    report: (event) => {
      if (event.event === "misbehaviour") told.push(event);
    },
  });
  await act(Number(new URL(relay.url).port));
  await until(() => told.length > 0, "a report");
  assertEquals(told.map(({ address }) => address), ["127.0.0.1"]);
  return told.map(({ code, ruleId }) => [code, ruleId]);
}

/** Asks for a WebSocket, and does no more. */
async function ask(
  port: number,
  path: string,
  headers: Record<string, string>,
): Promise<void> {
  const [raw] = await RawWebSocket.request(port, path, headers);
  raw[Symbol.dispose]();
}

Deno.test("a relay reports requests that break its rules, with the number of the rule", async () => {
  assertEquals(await toldOf((port) => ask(port, "/relay/listen", {})), [
    ["no-subprotocol", "Y-2"],
  ]);
  const page = { ...SUBPROTOCOL, origin: "https://x.example" };
  assertEquals(await toldOf((port) => ask(port, "/relay/listen", page)), [
    ["origin", "Y-18"],
  ]);
  const path = `/relay/call/${"A".repeat(43)}`;
  const callTwice = async (port: number): Promise<void> => {
    await ask(port, path, SUBPROTOCOL);
    await ask(port, path, SUBPROTOCOL);
  };
  assertEquals(await toldOf(callTwice, { callsPerMinute: 1 }), [
    ["too-many", undefined],
  ]);
});

Deno.test("a relay reports listeners that break its rules", async () => {
  const says = async (port: number, message: unknown): Promise<void> => {
    await using line = new RawLine({ port });
    await line.next();
    line.send(message);
    await line.end();
  };
  assertEquals(await toldOf((port) => says(port, { statement: "x" })), [
    ["bad-statement", "Y-10"],
  ]);
  const binary = async (port: number): Promise<void> => {
    const [raw] = await RawWebSocket.request(port, "/relay/listen", {
      ...SUBPROTOCOL,
    });
    await raw.sendFrame(TEXT, { opcode: "binary" });
    await within(raw.receiveAll(), "the end");
    raw[Symbol.dispose]();
  };
  assertEquals(await toldOf(binary), [["no-text", "Y-7"]]);
  const silent = async (port: number): Promise<void> => {
    await using line = new RawLine({ port });
    await line.next();
    assertEquals((await line.next()).error, "no-statement");
  };
  assertEquals(await toldOf(silent, { helloMs: 100 }), [
    ["no-statement", "Y-9"],
  ]);
});

Deno.test("a relay reports a text message in a call", async () => {
  const told: MisbehaviourReport[] = [];
  await using relay = await startRelay({
    port: 0,
    report: (event) => {
      if (event.event === "misbehaviour") told.push(event);
    },
  });
  const port = Number(new URL(relay.url).port);
  const scene = { port, relay } as unknown as RelayScene;
  const { line, path } = await openRawListener(scene);
  await using _ = line;
  const calling = RawWebSocket.request(port, path, SUBPROTOCOL);
  const { call } = await line.next();
  const [listener] = await RawWebSocket.request(
    port,
    `/relay/answer/${call}`,
    SUBPROTOCOL,
  );
  const [caller] = await calling;
  await caller.sendFrame(TEXT, { opcode: "text" });
  await until(() => told.length > 0, "a report");
  assertEquals(told.map(({ code, ruleId }) => [code, ruleId]), [
    ["fault", "Y-3"],
  ]);
  caller[Symbol.dispose]();
  listener[Symbol.dispose]();
});
