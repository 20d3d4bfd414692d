/**
 * Who breaks the rules of a directory, or of a relay: one report for each
 * address, and no more of them than a log can bear.
 *
 * @module
 */
import { LineLimit } from "../base/line_limit.ts";
import { harmless } from "../base/text.ts";
import { addressKey } from "../transport/address_key.ts";

/** Somebody broke a rule. An address (of IPv6 the first 64 bits) is told of once a minute, and of all together 30 are. */
export interface MisbehaviourReport {
  /** Tells this report from the others. */
  event: "misbehaviour";
  /** Where it came from. */
  address: string;
  /** What it was, for programs: the code of the answer, such as `bad-signature`. */
  code: string;
  /** What it did, in words, with nothing that could harm a terminal. */
  rule: string;
  /** The number of the rule in [PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md) that it broke, where there is one. */
  ruleId?: string;
  /** How many were left out since the last report. */
  leftOut: number;
}

/** What somebody did. */
export type Misbehaviour = Omit<MisbehaviourReport, "event" | "leftOut">;

/** Reports misbehaviour, as far as a log can bear that. */
export function misbehaviourReporter(
  report: (event: MisbehaviourReport) => void,
): (what: Misbehaviour) => void {
  const limit = new LineLimit();
  return (what) => {
    const leftOut = limit.take(addressKey(what.address), performance.now());
    if (leftOut === undefined) return;
    const rule = harmless(what.rule);
    report({ event: "misbehaviour", ...what, rule, leftOut });
  };
}
