/**
 * Who the other side is, and whether it has proved that.
 *
 * @module
 */
import type { Remote } from "../../mod.ts";
import { harmless } from "../base/text.ts";
import type { Proof } from "./events.ts";
import { relayIn } from "./relay_words.ts";

/** What is known of who somebody is; nothing where no directory is used. */
export function proofOf(remote: Remote, knowsOthers: boolean): Proof {
  if (!knowsOthers) return {};
  const { verified, thumbprint } = remote;
  return verified && thumbprint !== undefined
    ? { verified, thumbprint }
    : { verified: false };
}

/** Characters of an identity that are shown beside a nickname: for eyes that know it; `--accept NICKNAME#IDENTITY` compares all of it. */
const IDENTITY_SHOWN = 8;

/** Letters of these scripts look like those of another one; a name that mixes them, or any of them and Latin, is doubtful (UTS #39). */
const ALIKE_SCRIPTS = [
  /\p{Script=Latin}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Armenian}/u,
  /\p{Script=Cherokee}/u,
  /\p{Script=Coptic}/u,
];

/** What cannot be seen, or only as a blank. */
const INVISIBLE =
  /[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cn}\p{Co}\u115F\u1160\u2800\u3164\uFFA0]|(?! )\p{Zs}/u;

/**
 * Somebody as a person should see them: with the beginning of the identity
 * where it is proved. A nickname that only looks like a verified one, or like
 * another nickname, stands between quotes, the latter with its letters spelt
 * out.
 */
export function describePeer(
  { nickname, verified, thumbprint = "", hasCode }:
    & { nickname: string }
    & Proof,
): string {
  if (verified === false) {
    return `somebody who calls itself "${spelt(nickname)}"`;
  }
  const shown = shownNickname(nickname);
  if (hasCode) return `${shown}, who has the code`;
  if (verified === undefined) return shown;
  return `${shown}#${thumbprint.slice(0, IDENTITY_SHOWN)}…, verified`;
}

/** A nickname in front of what somebody says: between quotes where it may pass for another one, or for more than a nickname. */
export function shownNickname(nickname: string): string {
  const name = spelt(nickname);
  return isDoubtful(nickname) || /[",#:]/.test(name) ? `"${name}"` : name;
}

function spelt(nickname: string): string {
  return isDoubtful(nickname) ? spellOut(nickname) : harmless(nickname);
}

/**
 * Whether a nickname may pass for another one. Nicknames are compared byte for
 * byte; this judges what eyes compare: it is not as RFC 8266 (PRECIS) would
 * write it (but for capital letters), holds something invisible, or mixes
 * scripts whose letters look alike.
 */
export function isDoubtful(nickname: string): boolean {
  const scripts = ALIKE_SCRIPTS.filter((script) => script.test(nickname));
  return scripts.length > 1 || INVISIBLE.test(nickname) ||
    nickname !== nickname.normalize("NFKC") || nickname !== nickname.trim() ||
    nickname.includes("  ");
}

/** All that is not printable ASCII, and blanks at either end, as escapes. */
function spellOut(nickname: string): string {
  return nickname.replace(
    /[^ -~]|^ +| +$/gu,
    (text) =>
      [...text].map((one) => `\\u{${one.codePointAt(0)!.toString(16)}}`).join(
        "",
      ),
  );
}

/** What a person is told of a connection: with whom, and by which way. */
export function connectedLine(
  peer: { nickname: string; method: string } & Proof,
): string {
  return `Connected with ${describePeer(peer)} (${connectedWay(peer.method)})`;
}

/** By which way somebody is reached, a relay in between above all. */
export function connectedWay(method: string): string {
  const relay = relayIn(method);
  return relay === undefined
    ? harmless(method)
    : `through the relay ${relay}, which sees only ciphertext`;
}
