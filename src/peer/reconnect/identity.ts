/**
 * Who somebody is beyond doubt, as far as a connection proves it.
 *
 * @module
 */
import type { Remote } from "../../../mod.ts";
import { hasMethodScheme } from "../../transport/method.ts";

/** What one side has proved: the identity behind its nickname, or else its key. */
export interface ProvenIdentity {
  readonly nickname: string;
  readonly thumbprint?: string;
  readonly key: string;
}

/** What somebody has proved; `undefined` where the connection proves nothing. */
export function provenIdentity(remote: Remote): ProvenIdentity | undefined {
  const { nickname, key, verified, thumbprint } = remote;
  if (key === undefined) return undefined;
  return verified && thumbprint !== undefined
    ? { nickname, key, thumbprint }
    : { nickname, key };
}

/**
 * Whether it is the same one: with the same identity where one was proved, also
 * with another key; otherwise with the same key. A nickname alone is nobody.
 */
export function isSame(before: ProvenIdentity, remote: Remote): boolean {
  const now = provenIdentity(remote);
  if (!now || now.nickname !== before.nickname) return false;
  return before.thumbprint === undefined
    ? now.key === before.key
    : now.thumbprint === before.thumbprint;
}

/** What is to be dialled for somebody: the target as it was typed, or a nickname with the identity behind it. */
export function targetOf(
  { nickname, thumbprint }: ProvenIdentity,
  target: string,
): string {
  return thumbprint === undefined || hasMethodScheme(target)
    ? target
    : `${nickname}#${thumbprint}`;
}
