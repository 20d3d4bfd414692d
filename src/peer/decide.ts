/**
 * Decides who may talk: by what the command line says, and where that says to
 * ask, by a person.
 *
 * @module
 */
import type { Accept } from "../../mod.ts";
import { hostKey } from "../transport/address_key.ts";
import { type AcceptPolicy, judge } from "./policy.ts";
import { describePeer, proofOf } from "./proof.ts";
import { placeOf } from "./relay_words.ts";
import type { Visitors } from "./visitors.ts";

/** What {@linkcode makeDecider} works with. */
export interface DeciderOptions {
  /** Who may talk. */
  readonly policy: AcceptPolicy;
  /** What the other side does: it asks, or it answers. */
  readonly action: string;
  /** Whether a directory tells who has proved to be who they say. */
  readonly knowsOthers: () => boolean;
  /** Where a person is asked; `undefined` where there is none. */
  readonly visitors: () => Visitors | undefined;
}

/** Makes the decision of one side. */
export function makeDecider(
  { policy, action, knowsOthers, visitors }: DeciderOptions,
): Accept {
  return async (remote, { signal }) => {
    const proof = proofOf(remote, knowsOthers());
    const verdict = judge(policy, remote.nickname, proof.thumbprint);
    if (verdict === "accept") return true;
    if (verdict !== "ask") return verdict.reason;
    const { nickname } = remote;
    const visitor = {
      nickname,
      description: describePeer({ nickname, ...proof }),
      address: placeOf(remote),
      host: hostKey(remote.address),
      action,
    };
    return await visitors()?.ask(visitor, signal) ?? "declined";
  };
}
