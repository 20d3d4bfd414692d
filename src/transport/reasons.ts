/**
 * Why somebody cannot be reached, why nobody can be listened for, and why a
 * byte stream broke off, in words that say what to do about it.
 *
 * @module
 */
import {
  deepest,
  fileReason,
  type Meaning,
  meaningOf,
  quoted,
  reasonOf,
  withDetail,
} from "../base/reasons.ts";
import { harmless } from "../base/text.ts";
import { CLOSED_EARLY } from "./faults.ts";
import type { Method } from "./method.ts";

/** Characters of an address that somebody else names. */
const ADDRESS_SHOWN_MAX = 200;

/** Why TCP does not lead there. */
export const NETWORK_MEANINGS: readonly Meaning[] = [
  [/\bECONNREFUSED\b|connection refused/i, "nothing listens there"],
  [
    /\bEAI_AGAIN\b|temporary failure in name resolution/i,
    "its name cannot be looked up at present; is this machine connected?",
  ],
  [
    /\bENOTFOUND\b|dns error|name or service not known|lookup address/i,
    "there is no host of that name; is it spelt right, and is this machine connected?",
  ],
  [
    /\bE(?:NETUNREACH|HOSTUNREACH|NETDOWN|ADDRNOTAVAIL)\b|network is unreachable|no route to host/i,
    "no network leads there; is this machine connected, and the address right?",
  ],
  [
    /\bETIMEDOUT\b|timed out/i,
    "it does not answer; is the machine on, and no firewall in between?",
  ],
  [
    /\b(?:ECONNRESET|ECONNABORTED|EPIPE)\b|reset by peer/i,
    "it cut the connection",
  ],
  [
    /\b(?:EACCES|EPERM)\b|permission denied/i,
    "the system does not let this program connect there",
  ],
];

/** Why TLS does not come about. */
export const TLS_MEANINGS: readonly Meaning[] = [
  [
    /ProtocolVersion|SupportedVersionsExtensionRequired|unsupported protocol/i,
    "it does not speak TLS 1.3, which lekt needs; whoever runs it can allow that",
  ],
  [
    /altnames|NotValidForName/i,
    "its certificate is for another name; is the host spelt as there?",
  ],
  [
    /certificate (?:has expired|is not yet valid)|certificate.*(?:Expired|NotValidYet)/i,
    "its certificate is not valid at this time; is the clock of this machine right?",
  ],
  [
    /self.signed|UnknownIssuer|verify the first certificate|issuer certificate/i,
    "its certificate is by nobody whom this machine trusts; pin its key, or name a file of further authorities in the environment variable DENO_CERT (Node and Bun: NODE_EXTRA_CA_CERTS)",
  ],
  [
    /fatal alert: (?:CertificateRequired|BadCertificate|CertificateUnknown|UnknownCA|AccessDenied)/i,
    "it lets nobody in without a certificate that it knows",
  ],
  [/fatal alert/i, "it refused the TLS handshake"],
  [
    /within the TLS handshake|before secure TLS connection/,
    "it closed the connection within the TLS handshake; does it speak TLS?",
  ],
];

/** What shows that the other side does not speak TLS. */
const NO_TLS = /InvalidContentType|wrong.version.number/i;

/** What shows that the other side does not speak HTTP. */
const NO_HTTP = /Expected HTTP\//;

const WEBSOCKET_MEANINGS: readonly Meaning[] = [
  [/subprotocol/i, "it speaks WebSocket, but not LEKT; is the path right?"],
  [
    /Sec-WebSocket-Accept|Upgrade header|Parse Error/i,
    "it does not speak WebSocket as it must; are path and port right?",
  ],
];

const LISTEN_MEANINGS: readonly Meaning[] = [
  [
    /\bEADDRINUSE\b/,
    "the address is in use: something listens there already; stop it, or take another port",
  ],
  [/\bEADDRNOTAVAIL\b/, "this machine has no such address"],
  [
    /\b(?:EACCES|EPERM)\b/,
    "the system does not let you; ports below 1024 are for its administrator",
  ],
  [
    /\b(?:EAI_AGAIN|ENOTFOUND)\b|lookup address|not known/i,
    "there is no host of that name",
  ],
];

const BREAK_MEANINGS: readonly Meaning[] = [
  [
    /closed with code 4001\b/,
    "the other side, or its connection to the relay, has gone",
  ],
  [
    /closed with code 4002\b/,
    "the relay ended the call, on which nothing came through for too long",
  ],
  [
    /closed with code 4003\b/,
    "the relay ended the call, which has had all the bytes that it grants; a directory may name a relay that grants more",
  ],
  [
    /closed with code 4004\b/,
    "the relay ended the call, for its places are taken; try again later",
  ],
  [/closed with code 1012\b/, "the relay is being restarted; try again"],
  [
    /\b(?:ECONNRESET|ECONNABORTED|EPIPE)\b/,
    "the other side, or something in between, cut the connection",
  ],
  [
    /\b(?:ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ENETDOWN)\b/,
    "the network leads to the other side no more",
  ],
  [
    /without a close_notify|WebSocket was closed/,
    CLOSED_EARLY,
  ],
  ...TLS_MEANINGS,
];

/** What shows that a client has left, without a fault of its own. */
const LEFT_MEANINGS: readonly Meaning[] = [
  [/within the TLS handshake/, "it left within the TLS handshake"],
  [
    /\b(?:ECONNRESET|ECONNABORTED|EPIPE)\b|without a close_notify/,
    "it cut the connection",
  ],
];

const CLIENT_MEANINGS: readonly Meaning[] = [
  [NO_TLS, "it does not speak TLS"],
  [
    /ProtocolVersion|SupportedVersionsExtensionRequired/i,
    "it does not speak TLS 1.3, which lekt needs",
  ],
  [
    /fatal alert: (?:UnknownCA|BadCertificate|CertificateUnknown|CertificateExpired)/i,
    "it does not trust the certificate that is shown here; it can pin the key",
  ],
  [/fatal alert/i, "it gave the TLS handshake up"],
  [/Header overflow/, "the headers of its request are too long"],
  [/Parse Error/, "it does not speak HTTP"],
  ...LEFT_MEANINGS,
];

/** What else may be meant where a scheme is not spoken. */
const PLAIN_SCHEME = {
  tcp: "tls",
  tls: "tcp",
  ws: "wss",
  wss: "ws",
  relay: "relay+ws",
  "relay+ws": "relay",
} as const;

/** What may be meant where HTTP is not spoken. */
const BARE_SCHEME = {
  tcp: "tls",
  tls: "tcp",
  ws: "tcp",
  wss: "tls",
  relay: "tls",
  "relay+ws": "tcp",
} as const;

/** Why a dial did not lead to the other side. */
export function dialReason(method: Method, cause: unknown): string {
  const { scheme } = method;
  if (scheme === "unix") return reasonOf(cause, UNIX_MEANINGS);
  return reasonOf(cause, [
    [
      NO_TLS,
      `what listens there does not speak TLS; is it ${
        PLAIN_SCHEME[scheme]
      }://, or another port?`,
    ],
    [
      NO_HTTP,
      `what listens there does not speak HTTP; is it ${
        BARE_SCHEME[scheme]
      }://, or another port?`,
    ],
    [
      /socket hang up/,
      `it closed the connection without an answer; is it ${
        PLAIN_SCHEME[scheme]
      }://, or another port?`,
    ],
    ...WEBSOCKET_MEANINGS,
    ...TLS_MEANINGS,
    ...NETWORK_MEANINGS,
  ]);
}

const UNIX_MEANINGS: readonly Meaning[] = [
  [/\bENOENT\b/, "nothing listens there, for there is no such file"],
  [/\bENOTDIR\b/, "a part of its path is a file, and not a folder"],
  [
    /\b(?:EACCES|EPERM)\b/,
    "its permissions, or those of its folder, forbid it",
  ],
  ...NETWORK_MEANINGS,
];

/** Why a dial did not even lead to the proxy that was to be gone through. */
export function proxyReason(proxy: string, cause: unknown): string {
  return `the proxy ${proxy} cannot be reached: ${
    reasonOf(cause, NETWORK_MEANINGS)
  }`;
}

/** Why a server that was asked for a WebSocket answered with this status. */
export function statusReason(status: number, location?: string): string {
  return withDetail(statusMeaning(status, location), `status ${status}`);
}

function statusMeaning(status: number, location?: string): string {
  if (status === 101) return "it does not speak WebSocket as it must";
  if (status >= 300 && status < 400 && location !== undefined) {
    const shown = harmless(location.slice(0, ADDRESS_SHOWN_MAX));
    return `it redirects to ${shown}; name that address`;
  }
  if (status === 401 || status === 407) {
    return "it asks for a password, and lekt has none to give";
  }
  if (status === 403) {
    return "it, or a proxy in front of it, does not let this side in";
  }
  if (status === 404) return "it has no listener at this path";
  if (status === 429) return "it is asked too often; try again later";
  if (status >= 500) {
    return "it fails, or what is behind it does not run; try again later";
  }
  return "it answers as a web server does, and not as a listener of lekt; are path and port right?";
}

/** Why a relay that was to pass a call on answered with this status. */
export function relayReason(status: number, retryAfter?: string): string {
  return relayStatusReason(RELAY_STATUS_MEANINGS[status], status, retryAfter);
}

/** Why a relay that was to let somebody listen answered with this status. */
export function relayLineReason(status: number, retryAfter?: string): string {
  const meaning = RELAY_LINE_MEANINGS[status] ?? RELAY_STATUS_MEANINGS[status];
  return relayStatusReason(meaning, status, retryAfter);
}

function relayStatusReason(
  meaning: string | undefined,
  status: number,
  retryAfter?: string,
): string {
  const seconds = Number(retryAfter);
  const later = seconds > 0 ? `in ${Math.ceil(seconds)} s` : "later";
  return meaning === undefined
    ? statusReason(status)
    : withDetail(meaning.replace("later", later), `status ${status}`);
}

const RELAY_STATUS_MEANINGS: Readonly<Record<number, string>> = {
  403: "the listener does not let web pages in that it does not know",
  404:
    "the relay answers, but nobody listens through it by that identity; is the other side online?",
  429:
    "the relay takes no further call of this side's at present; try again later",
  503: "the relay is ending, or has no place; try again later",
  504:
    "the other side is connected to the relay, but did not answer it; try again later",
};

const RELAY_LINE_MEANINGS: Readonly<Record<number, string>> = {
  404: "what answers there is no relay; is its address right?",
  429:
    "the relay takes no further listener of this side's at present; try again later",
};

/** Why the system lets nobody listen at an address. */
export function listenReason(cause: unknown): string {
  return reasonOf(cause, LISTEN_MEANINGS);
}

/** What file systems say that have no sockets, such as sshfs: rights that are missing are EACCES. */
const NO_SOCKETS = /^(?:EPERM|ENOSYS|EOPNOTSUPP|ENOTSUP)$/;

/** Why a socket file cannot be made. */
export function unixListenReason(cause: unknown): string {
  const code = codeOf(cause);
  if (code === "ENOENT") return "there is no folder for it";
  if (NO_SOCKETS.test(code)) {
    return "its file system takes no sockets; take a path in another one";
  }
  return /^(?:EADDRINUSE|EEXIST)$/.test(code)
    ? "the address is in use: something listens there already; stop it, or take another path"
    : fileReason(cause);
}

function codeOf(cause: unknown): string {
  return String((Object(deepest(cause)) as { code?: unknown }).code);
}

/** Why a byte stream broke off before its end. */
export function breakReason(cause: unknown): string {
  return reasonOf(cause, BREAK_MEANINGS);
}

/** Why a client is not let in. */
export function clientReason(cause: unknown): string {
  return reasonOf(cause, CLIENT_MEANINGS);
}

/** Whether a client was not let in because it has left. */
export function hasClientLeft(cause: unknown): boolean {
  const meaning = meaningOf(cause, CLIENT_MEANINGS);
  return LEFT_MEANINGS.some(([, left]) => left === meaning);
}

/** What Deno refuses for want of a flag, which its text names. */
export function permissionReason(cause: unknown): string {
  const text = quoted(cause);
  if (/Requires all access/.test(text)) return fileReason(cause);
  // All that is asked of the environment may be refused, but not by an error.
  return text.replace(
    /--allow-env flag/,
    "--allow-env flag, or with --ignore-env",
  );
}
