/**
 * Why a handshake came to nothing, for people: with whom, and what to do. The
 * state machine knows bytes and times alone.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";
import { deepest, type Meaning, quoted, withDetail } from "../base/reasons.ts";
import type { Role } from "../handshake/mod.ts";

const PREFIX = "Cannot complete the handshake: ";

/** What the first byte of somebody shows who speaks something else. */
const OTHER_PROTOCOLS: readonly Meaning[] = [
  [/^byte 0 is 0x1[456],/, "it speaks TLS; is tls:// or wss:// meant?"],
  [/^byte 0 is 0x4[78],/, "it speaks HTTP; is ws:// meant, or another port?"],
  [/^byte 0 is 0x53,/, "it may be an SSH server; is another port meant?"],
  [/^byte [0-3] is /, "it does not speak LEKT; is another port meant?"],
];

/** Where a handshake has failed. */
interface Place {
  /** The connection method, as a URI. */
  readonly method: string;
  /** Who is on the other side. */
  readonly remote: { readonly address: string };
}

/** The error of a handshake with the words that a person needs; any other error as it is. */
export function explainFault(
  error: LektError,
  role: Role,
  { method, remote }: Place,
): LektError {
  const { message, code, by, reason, cause, ruleId } = error;
  if (!message.startsWith(PREFIX)) return error;
  const where = role === "initiator" ? method : remote.address;
  const state = message.slice(PREFIX.length);
  return new LektError(
    code,
    `Cannot complete the handshake with ${where}: ${
      explain(state, role, error)
    }`,
    {
      by,
      reason,
      ...(cause === undefined ? {} : { cause }),
      ruleId,
    },
  );
}

function explain(state: string, role: Role, error: LektError): string {
  const other = OTHER_PROTOCOLS.find(([sign]) => sign.test(state))?.[1];
  if (other !== undefined) {
    // Whoever is called cannot change what the caller meant.
    const [what] = other.split("; ", 1);
    return withDetail(role === "initiator" ? other : what!, state);
  }
  if (/^byte \d/.test(state)) return `it breaks the protocol: ${state}`;
  if (/^nickname /.test(state)) return `its ${state}`;
  if (state.includes("is not compatible with version")) {
    return `${state}; whoever has the older program must update it`;
  }
  if (error.code !== "CLOSED") return state;
  const said = error.cause === undefined
    ? ""
    : ` (${quoted(deepest(error.cause))})`;
  const advice = role === "initiator"
    ? "; does lekt listen there, and by this very method?"
    : "";
  return `${state}${said}${advice}`;
}
