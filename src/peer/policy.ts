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

/** A nickname and the thumbprint that has to be proved, 43 characters of base64url. */
const IDENTITY = /#[A-Za-z0-9_-]{43}$/;

/** Who may talk to us. */
export interface AcceptPolicy {
  /** Everybody may. */
  readonly takesAll: boolean;
  /** A person is asked about those who are not on the list. */
  readonly asks: boolean;
  /** Those who may without question. */
  readonly nicknames: ReadonlySet<string>;
  /** Those who may where they have proved who they are, as `nickname#thumbprint`. */
  readonly identities: ReadonlySet<string>;
}

/** What a policy says about one nickname; a string is the reason of a rejection. */
export type Verdict = "accept" | "ask" | { readonly reason: string };

/**
 * Makes a policy of the entries of `--accept`: they add up, `none` adds nobody.
 *
 * @param entries `ask`, `all`, `none`, nicknames, and `nickname#thumbprint`.
 * @return The policy.
 */
export function parsePolicy(entries: readonly string[]): AcceptPolicy {
  const names = entries.filter((entry) => !POLICY_WORDS.has(entry));
  return {
    takesAll: entries.includes("all"),
    asks: entries.includes("ask"),
    nicknames: new Set(names.filter((name) => !IDENTITY.test(name))),
    identities: new Set(names.filter((name) => IDENTITY.test(name))),
  };
}

/**
 * Judges a nickname; byte for byte, as nicknames are compared.
 *
 * @param policy Who may talk to us.
 * @param nickname Who wants to.
 * @param thumbprint The identity that they have proved; left out where they have not.
 * @return The verdict.
 */
export function judge(
  policy: AcceptPolicy,
  nickname: string,
  thumbprint?: string,
): Verdict {
  const { takesAll, nicknames, identities } = policy;
  if (takesAll || nicknames.has(nickname)) return "accept";
  if (thumbprint && identities.has(`${nickname}#${thumbprint}`)) {
    return "accept";
  }
  if (policy.asks) return "ask";
  return {
    reason: nicknames.size + identities.size > 0
      ? "not among those who are accepted here"
      : "nobody is accepted here",
  };
}
