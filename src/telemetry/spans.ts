/**
 * Spans: one for each attempt, and one for each connection.
 *
 * @module
 */
import {
  type Attributes,
  context,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from "@opentelemetry/api";
import { harmless } from "../base/text.ts";
import type { DiagnosticEvents } from "../diagnostics/events.ts";
import { subscribe, type Subscription } from "../diagnostics/subscribe.ts";

/** Begins and ends spans as events tell it. */
export class Spans {
  readonly #tracer: Tracer;
  /** Of attempts and then of connections, by the number of the attempt. */
  readonly #open = new Map<number, Span>();
  readonly #subscriptions: readonly Subscription[];

  /** Listens from now on. */
  constructor(tracer: Tracer) {
    this.#tracer = tracer;
    this.#subscriptions = [
      subscribe(
        "lekt:connect",
        ({ attempt, target }) =>
          this.#begin(attempt, "lekt.connect", SpanKind.CLIENT, {
            "lekt.target": target.map((each) => harmless(String(each))),
          }),
      ),
      subscribe("lekt:handshake", (event) => this.#shake(event)),
      subscribe(
        "lekt:misbehaviour",
        ({ attempt, phase, rule }) =>
          this.#open.get(attempt)?.addEvent("lekt.misbehaviour", {
            "lekt.phase": phase,
            "lekt.rule": harmless(rule),
          }),
      ),
      subscribe("lekt:refused", (event) => this.#refuse(event)),
      subscribe("lekt:connection", (event) => this.#connect(event)),
      subscribe("lekt:close", (event) => this.#close(event)),
    ];
  }

  /** Listens no more; spans that are open end. */
  end(): void {
    for (const each of this.#subscriptions) each.unsubscribe();
    for (const span of this.#open.values()) span.end();
    this.#open.clear();
  }

  #begin(
    attempt: number,
    name: string,
    kind: SpanKind,
    attributes: Attributes,
  ): void {
    const span = this.#tracer.startSpan(name, { kind, attributes });
    this.#open.set(attempt, span);
  }

  #shake(event: DiagnosticEvents["lekt:handshake"]): void {
    const { attempt, role, method, address } = event;
    const where = { "lekt.method": method, "network.peer.address": address };
    if (role === "responder") {
      return this.#begin(attempt, "lekt.accept", SpanKind.SERVER, where);
    }
    this.#open.get(attempt)?.addEvent("lekt.handshake", where);
  }

  #refuse(event: DiagnosticEvents["lekt:refused"]): void {
    const { attempt, code, by, reason } = event;
    const span = this.#take(attempt);
    span?.setAttribute("error.type", code);
    if (by !== undefined) span?.setAttribute("lekt.rejected_by", by);
    span?.setStatus({
      code: SpanStatusCode.ERROR,
      message: harmless(reason || code),
    });
    span?.end();
  }

  /** The attempt has led to a connection, whose span is a child of the attempt's. */
  #connect(event: DiagnosticEvents["lekt:connection"]): void {
    const { attempt, method, address, nickname, version, verified } = event;
    const parent = this.#take(attempt);
    if (!parent) return;
    parent.setStatus({ code: SpanStatusCode.OK });
    parent.end();
    const attributes = {
      "lekt.method": method,
      "lekt.peer.nickname": harmless(nickname),
      "lekt.peer.version": version,
      "lekt.peer.verified": verified,
      "network.peer.address": address,
    };
    const span = this.#tracer.startSpan(
      "lekt.connection",
      { attributes },
      trace.setSpan(context.active(), parent),
    );
    this.#open.set(attempt, span);
  }

  #close(event: DiagnosticEvents["lekt:close"]): void {
    const span = this.#take(event.attempt);
    if (!span) return;
    const { clean, error } = event;
    span.setAttributes({
      "lekt.clean": clean,
      "lekt.messages.sent": event.messagesSent,
      "lekt.messages.received": event.messagesReceived,
      "lekt.bytes.sent": event.bytesSent,
      "lekt.bytes.received": event.bytesReceived,
    });
    if (error) {
      span.setAttribute("error.type", error.code);
      const message = harmless(error.message);
      span.setStatus({ code: SpanStatusCode.ERROR, message });
    }
    span.end();
  }

  #take(attempt: number): Span | undefined {
    const span = this.#open.get(attempt);
    this.#open.delete(attempt);
    return span;
  }
}
