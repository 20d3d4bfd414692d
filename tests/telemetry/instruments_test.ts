// Spans and metrics of attempts that began before anybody listened, and of those that begin twice.
import { assertEquals } from "@std/assert";
import type { Meter, Tracer } from "@opentelemetry/api";
import { publish } from "../../src/diagnostics/channels.ts";
import type { CloseEvent } from "../../src/diagnostics/events.ts";
import { openDiagnostics } from "../../src/diagnostics/open.ts";
import { Metrics } from "../../src/telemetry/metrics.ts";
import { Spans } from "../../src/telemetry/spans.ts";
import { turns } from "../helpers/deadline.ts";
import { inTime } from "../helpers/in_time.ts";

await openDiagnostics();

/** No attempt of this process comes so far. */
const ATTEMPT = 1_000_000_000;

const ATTEMPTED = { attempt: ATTEMPT, role: "initiator" } as const;
const CLOSED: CloseEvent = {
  ...ATTEMPTED,
  method: "tcp://127.0.0.1:1",
  address: "127.0.0.1:1",
  nickname: "bob",
  version: "1.1",
  verified: false,
  clean: true,
  durationMs: 2_000,
  messagesSent: 1,
  messagesReceived: 2,
  bytesSent: 3,
  bytesReceived: 4,
};

/** A meter that notes what is measured. */
class Measured {
  readonly all: [name: string, value: number][] = [];
  readonly meter = {
    createCounter: (name: string) => this.#instrument(name),
    createUpDownCounter: (name: string) => this.#instrument(name),
    createHistogram: (name: string) => this.#instrument(name),
  } as unknown as Meter;

  #instrument(name: string): Record<"add" | "record", (n: number) => void> {
    const note = (value: number): void => void this.all.push([name, value]);
    return { add: note, record: note };
  }
}

function begin(): void {
  publish("lekt:connect", () => ({ ...ATTEMPTED, target: ["bob"] }));
}

function shake(): void {
  const { method, address } = CLOSED;
  publish("lekt:handshake", () => ({ ...ATTEMPTED, method, address }));
}

function refuse(): void {
  const error = new Error("no");
  publish("lekt:refused", () => ({ ...ATTEMPTED, code: "CLOSED", error }));
}

Deno.test("an attempt lasts from its beginning, however many handshakes it has", async () => {
  const { all, meter } = new Measured();
  const metrics = new Metrics(meter);
  await inTime((time) => {
    time.at(1_000, begin);
    time.at(2_000, shake);
    time.at(3_000, shake);
    time.at(4_000, refuse);
  });
  metrics.end();
  assertEquals(all, [["lekt.attempts", 1], ["lekt.attempt.duration", 3]]);
});

Deno.test("of what began before anybody listened no duration is told, and no place in the count of the open", () => {
  const { all, meter } = new Measured();
  const metrics = new Metrics(meter);
  refuse();
  publish("lekt:close", () => CLOSED);
  metrics.end();
  assertEquals(all, [
    ["lekt.attempts", 1],
    ["lekt.connection.duration", 2],
    ["lekt.messages", 1],
    ["lekt.messages", 2],
    ["lekt.io", 3],
    ["lekt.io", 4],
  ]);
});

Deno.test("what began before anybody listened has no span", async () => {
  const names: string[] = [];
  const tracer = {
    startSpan: (name: string) => {
      names.push(name);
      return {};
    },
  } as unknown as Tracer;
  const spans = new Spans(tracer);
  shake();
  refuse();
  publish("lekt:connection", () => CLOSED);
  publish("lekt:close", () => CLOSED);
  spans.end();
  // What a listener throws is an error of the program then.
  await turns(1);
  assertEquals(names, []);
});
