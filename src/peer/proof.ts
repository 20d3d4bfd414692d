/**
 * Who the other side is, and whether it has proved that.
 *
 * @module
 */
import type { Remote } from "../../mod.ts";
import { harmless } from "../base/text.ts";
import type { Proof } from "./events.ts";

/** What is known of who somebody is; nothing where no directory is used. */
export function proofOf(remote: Remote, knowsOthers: boolean): Proof {
  if (!knowsOthers) return {};
  const { verified, thumbprint } = remote;
  return verified && thumbprint !== undefined
    ? { verified, thumbprint }
    : { verified: false };
}

/**
 * Somebody as a person should see them. A nickname that only looks like a
 * verified one stands between quotes.
 */
export function describePeer(
  { nickname, verified }: { nickname: string } & Proof,
): string {
  const name = harmless(nickname);
  if (verified === undefined) return /[",]/.test(name) ? `"${name}"` : name;
  return verified ? `${name}, verified` : `somebody who calls itself "${name}"`;
}
