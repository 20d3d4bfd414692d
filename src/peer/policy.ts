/**
 * Who may talk to us: what `--accept` says.
 *
 * @module
 */

/** The words of `--accept` that are not nicknames. */
export const POLICY_WORDS: ReadonlySet<string> = new Set([
  "ask",
  "all",
  "none",
]);

/** Who may talk to us. */
export interface AcceptPolicy {
  /** Everybody may. */
  readonly takesAll: boolean;
  /** A person is asked about those who are not on the list. */
  readonly asks: boolean;
  /** Those who may without question. */
  readonly nicknames: ReadonlySet<string>;
}

/** What a policy says about one nickname; a string is the reason of a rejection. */
export type Verdict = "accept" | "ask" | { readonly reason: string };

/**
 * Makes a policy of the entries of `--accept`: they add up, `none` adds nobody.
 *
 * @param entries `ask`, `all`, `none` and nicknames.
 * @return The policy.
 */
export function parsePolicy(entries: readonly string[]): AcceptPolicy {
  return {
    takesAll: entries.includes("all"),
    asks: entries.includes("ask"),
    nicknames: new Set(entries.filter((entry) => !POLICY_WORDS.has(entry))),
  };
}

/**
 * Judges a nickname; byte for byte, as nicknames are compared.
 *
 * @param policy Who may talk to us.
 * @param nickname Who wants to.
 * @return The verdict.
 */
export function judge(policy: AcceptPolicy, nickname: string): Verdict {
  if (policy.takesAll || policy.nicknames.has(nickname)) return "accept";
  if (policy.asks) return "ask";
  return {
    reason: policy.nicknames.size > 0
      ? "not among those who are accepted here"
      : "nobody is accepted here",
  };
}
