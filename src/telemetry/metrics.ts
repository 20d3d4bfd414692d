/**
 * Metrics: counts and durations of attempts and connections. No attribute has
 * more values than the code names, so strangers cannot make series of their own.
 *
 * @module
 */
import type { Meter } from "@opentelemetry/api";
import type { DiagnosticEvents } from "../diagnostics/events.ts";
import { subscribe, type Subscription } from "../diagnostics/subscribe.ts";

/** Records as events tell it. */
export class Metrics {
  readonly #instruments: Instruments;
  /** When attempts began, and which are connections by now: those that began before this are not counted. */
  readonly #beginMs = new Map<number, number>();
  readonly #connected = new Set<number>();
  readonly #subscriptions: readonly Subscription[];

  /** Listens from now on. */
  constructor(meter: Meter) {
    this.#instruments = makeInstruments(meter);
    const { misbehaviours, aborts } = this.#instruments;
    this.#subscriptions = [
      subscribe("lekt:connect", ({ attempt }) => this.#begin(attempt)),
      subscribe("lekt:handshake", ({ attempt }) => this.#begin(attempt)),
      subscribe("lekt:refused", (event) => this.#settle(event, event.code)),
      subscribe("lekt:connection", (event) => {
        this.#settle(event, "connected");
        this.#connected.add(event.attempt);
        this.#instruments.open.add(1, { "lekt.role": event.role });
      }),
      subscribe("lekt:close", (event) => this.#close(event)),
      subscribe(
        "lekt:abort",
        ({ role, error }) =>
          aborts.add(1, { "lekt.role": role, "error.type": error.code }),
      ),
      subscribe(
        "lekt:misbehaviour",
        ({ role, phase, code }) =>
          misbehaviours.add(1, {
            "lekt.role": role,
            "lekt.phase": phase,
            "error.type": code,
          }),
      ),
    ];
  }

  /** Listens no more. */
  end(): void {
    for (const each of this.#subscriptions) each.unsubscribe();
  }

  #begin(attempt: number): void {
    if (this.#beginMs.has(attempt)) return;
    this.#beginMs.set(attempt, performance.now());
  }

  #settle(
    { attempt, role }: DiagnosticEvents["lekt:refused" | "lekt:connection"],
    outcome: string,
  ): void {
    const attributes = { "lekt.role": role, "lekt.outcome": outcome };
    this.#instruments.attempts.add(1, attributes);
    const beginMs = this.#beginMs.get(attempt);
    if (beginMs === undefined) return;
    this.#beginMs.delete(attempt);
    const seconds = (performance.now() - beginMs) / 1_000;
    this.#instruments.attemptDuration.record(seconds, attributes);
  }

  #close(event: DiagnosticEvents["lekt:close"]): void {
    const { open, connectionDuration, messages, bytes } = this.#instruments;
    const role = { "lekt.role": event.role };
    if (this.#connected.delete(event.attempt)) open.add(-1, role);
    connectionDuration.record(event.durationMs / 1_000, {
      ...role,
      "lekt.clean": event.clean,
    });
    const sent = { ...role, "network.io.direction": "transmit" };
    const received = { ...role, "network.io.direction": "receive" };
    messages.add(event.messagesSent, sent);
    messages.add(event.messagesReceived, received);
    bytes.add(event.bytesSent, sent);
    bytes.add(event.bytesReceived, received);
  }
}

type Instruments = ReturnType<typeof makeInstruments>;

function makeInstruments(meter: Meter) {
  return {
    attempts: meter.createCounter("lekt.attempts", {
      description: "Attempts of this side and clients of listeners, by outcome",
      unit: "{attempt}",
    }),
    attemptDuration: meter.createHistogram("lekt.attempt.duration", {
      description: "From the beginning of an attempt to its outcome",
      unit: "s",
    }),
    open: meter.createUpDownCounter("lekt.connections.open", {
      description: "Connections that are open",
      unit: "{connection}",
    }),
    connectionDuration: meter.createHistogram("lekt.connection.duration", {
      description: "How long connections lasted",
      unit: "s",
    }),
    aborts: meter.createCounter("lekt.connection.aborts", {
      description: "Connections that broke off, by the code of the error",
      unit: "{connection}",
    }),
    misbehaviours: meter.createCounter("lekt.misbehaviours", {
      description: "Rules that other sides broke",
      unit: "{misbehaviour}",
    }),
    messages: meter.createCounter("lekt.messages", {
      description: "Messages that went over connections that are closed",
      unit: "{message}",
    }),
    bytes: meter.createCounter("lekt.io", {
      description: "Bytes that went over connections that are closed",
      unit: "By",
    }),
  };
}
