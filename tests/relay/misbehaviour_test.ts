// Who breaks the rules of a relay is told of, with the rule.
import { assertEquals } from "@std/assert";
import { type MisbehaviourReport, startRelay } from "@lekt/lekt/relay";
import { until } from "../helpers/deadline.ts";
import { openRawListener, RawLine, SUBPROTOCOL } from "../helpers/raw_relay.ts";
import { type FrameOptions, RawWebSocket } from "../helpers/raw_websocket.ts";
import { within } from "../transport/compliance.ts";

const TEXT = new TextEncoder().encode("text");

/** A relay, and what it reports of those who break its rules. */
async function startTelling(limits = {}) {
  const told: MisbehaviourReport[] = [];
  const relay = await startRelay({
    port: 0,
    limits,
    report: (event) => {
      if (event.event === "misbehaviour") told.push(event);
    },
  });
  return {
    relay,
    told,
    port: Number(new URL(relay.url).port),
    [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose](),
  };
}

/** A relay to which `act` does something; what it reports of that: codes and rules. */
async function toldOf(
  act: (port: number) => Promise<void>,
  limits = {},
): Promise<[code: string, ruleId: string | undefined][]> {
  await using telling = await startTelling(limits);
  const { told } = telling;
  await act(telling.port);
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

/** A call in which who calls sends a frame; what the relay reports. */
async function toldOfFrame(
  payload: Uint8Array,
  options: FrameOptions,
): Promise<Pick<MisbehaviourReport, "code" | "ruleId" | "rule">[]> {
  await using telling = await startTelling();
  const { relay, told, port } = telling;
  const { line, path } = await openRawListener({ port, relay });
  await using _ = line;
  const calling = RawWebSocket.request(port, path, SUBPROTOCOL);
  const { call } = await line.next();
  const [listener] = await RawWebSocket.request(
    port,
    `/relay/answer/${call}`,
    SUBPROTOCOL,
  );
  const [caller] = await calling;
  await caller.sendFrame(payload, options);
  // The other side's end comes behind the report, where there is one.
  if (options.opcode === "binary" && options.announcedSize === undefined) {
    await within(listener.receive(), "the message");
  } else await within(listener.receiveAll(), "the end");
  caller[Symbol.dispose]();
  listener[Symbol.dispose]();
  return told.map(({ code, ruleId, rule }) => ({
    code,
    ...(ruleId ? { ruleId } : {}),
    rule,
  }));
}

Deno.test("a relay reports messages of a call that must not be", async () => {
  assertEquals(await toldOfFrame(TEXT, { opcode: "text" }), [{
    code: "fault",
    ruleId: "Y-3",
    rule: "a text message, or one behind the end, has arrived",
  }]);
  assertEquals(
    await toldOfFrame(TEXT, { opcode: "binary", announcedSize: 65_537 }),
    [{ code: "fault", ruleId: "Y-5", rule: "Max payload size exceeded" }],
  );
  assertEquals(
    await toldOfFrame(TEXT, { opcode: "more", announcedSize: 4 }),
    [{ code: "fault", rule: "Invalid WebSocket frame: invalid opcode 0" }],
  );
});

Deno.test("a relay passes on a message of a call of 65,536 bytes, and reports nothing", async () => {
  assertEquals(
    await toldOfFrame(new Uint8Array(65_536), { opcode: "binary" }),
    [],
  );
});

Deno.test("a relay reports a listener's message of over 4,096 bytes", async () => {
  for (const [size, expected] of [[4_096, []], [4_097, ["Y-7"]]] as const) {
    await using telling = await startTelling();
    const { relay, told, port } = telling;
    const { line } = await openRawListener({ port, relay });
    line.send("x".repeat(size - 2));
    // Behind what nobody knows, which is skipped, comes what closes the line.
    line.send({ statement: "x" });
    await line.end();
    assertEquals(told.map(({ ruleId }) => ruleId).slice(0, expected.length), [
      ...expected,
    ]);
    assertEquals(told.some(({ ruleId }) => ruleId === "Y-7"), size > 4_096);
  }
});
