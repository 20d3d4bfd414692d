/**
 * What a relay counts, as Prometheus reads it.
 *
 * @module
 */
import { REFUSAL_CODES, type RefusalCode } from "./refusal.ts";

/** How a call, or a wait for calls, came to its end. */
export type Ending =
  | "done"
  | "gone"
  | "fault"
  | "idle"
  | "spent"
  | "gave-way"
  | "closing";

const ENDINGS: readonly Ending[] = [
  "done",
  "gone",
  "fault",
  "idle",
  "spent",
  "gave-way",
  "closing",
];

/** Counts what a relay does. */
export class RelayMetrics {
  readonly #refusals = new Map<RefusalCode, number>(
    REFUSAL_CODES.map((code) => [code, 0]),
  );
  readonly #endings = new Map<Ending, number>(
    ENDINGS.map((ending) => [ending, 0]),
  );
  /** Calls that both sides have taken part in. */
  callCount = 0;
  /** Bytes that were passed on. */
  byteCount = 0;
  /** Statements that were not good. */
  badStatementCount = 0;

  /** Counts a request that was turned down. */
  countRefusal(code: RefusalCode): void {
    this.#refusals.set(code, this.#refusals.get(code)! + 1);
  }

  /** Counts the end of a call. */
  countEnding(ending: Ending): void {
    this.#endings.set(ending, this.#endings.get(ending)! + 1);
  }

  /** All of it in the text format of Prometheus; the gauges are what there is now. */
  toText(now: { listeners: number; calls: number }): string {
    return [
      ...metric("listeners", "gauge", "Listeners that calls may come to.", [
        ["", now.listeners],
      ]),
      ...metric("calls", "gauge", "Calls under way, unanswered ones too.", [
        ["", now.calls],
      ]),
      ...metric("calls_total", "counter", "Calls that were answered.", [
        ["", this.callCount],
      ]),
      ...metric("bytes_total", "counter", "Bytes that were passed on.", [
        ["", this.byteCount],
      ]),
      ...metric("bad_statements_total", "counter", "Bad statements.", [
        ["", this.badStatementCount],
      ]),
      ...metric(
        "refusals_total",
        "counter",
        "Requests that were turned down.",
        labelled("code", this.#refusals),
      ),
      ...metric(
        "ended_calls_total",
        "counter",
        "Answered calls that have ended.",
        labelled("how", this.#endings),
      ),
      "",
    ].join("\n");
  }
}

function labelled(
  label: string,
  counts: ReadonlyMap<string, number>,
): [string, number][] {
  return [...counts].map(([value, count]) => [`{${label}="${value}"}`, count]);
}

function metric(
  name: string,
  kind: "gauge" | "counter",
  help: string,
  values: readonly (readonly [label: string, value: number])[],
): string[] {
  const full = `lekt_relay_${name}`;
  return [
    `# HELP ${full} ${help}`,
    `# TYPE ${full} ${kind}`,
    ...values.map(([label, value]) => `${full}${label} ${value}`),
  ];
}
