/**
 * Every bound of the directory, in one place, with its reason.
 *
 * @module
 */

/** The port of a directory where none is named. */
export const DIRECTORY_PORT = 15359;

/** Bytes of the longest registration or unregistration, signed and encoded: 16 methods of 300 characters fit. */
export const RECORD_SIZE_MAX = 8 * 1024;

/** Connection methods of one registration. */
export const RECORD_METHODS_MAX = 16;

/** Characters of one connection method's URI. */
export const RECORD_URI_SIZE_MAX = 512;

/** The highest `priority` of a connection method; the lowest is 0, and is tried first. */
export const PRIORITY_MAX = 65_535;

/** The shortest lease, in seconds: shorter ones would load the directory with refreshes. */
export const LEASE_MIN_S = 30;

/** The lease where a client asks for none, in seconds. */
export const LEASE_DEFAULT_S = 300;

/** The longest lease, in seconds: for so long a client that is gone may still be found. */
export const LEASE_MAX_S = 3_600;

/** How far the clocks of a client and a directory may be apart, in seconds. */
export const CLOCK_SKEW_MAX_S = 60;

/** How long a nickname stays its owner's after the last registration, in milliseconds: 30 days. */
export const CLAIM_MS = 30 * 24 * 3_600_000;

/** How long somebody can be reached by a code, in milliseconds. */
export const SLOT_MS = 600_000;

/** How long a command to a store may take, in milliseconds: the answer to the client is due within 1.5 s. */
export const STORE_DEADLINE_MS = 1_400;

/** How long a client may take to send the body of its request, in milliseconds. */
export const BODY_DEADLINE_MS = 10_000;

/** Bytes of the headers of a request: the longest unregistration stands in one. */
export const HEADER_SIZE_MAX = 16 * 1024;

/** Bytes of one read from a client: each connection has memory for it, and a relay's calls have two. */
export const HTTP_READ_SIZE = 32 * 1024;

/** How long a client may take to send its first header, in milliseconds. */
export const HEADER_DEADLINE_MS = 10_000;

/** How long a connection may wait for its next request, header included, in milliseconds: as long as nginx lets it. */
export const IDLE_DEADLINE_MS = 75_000;

/** How long a client may take no byte of its answer, in milliseconds. */
export const WRITE_DEADLINE_MS = 30_000;

/** How long a connection lives on behind its last answer for a client that is still sending, in milliseconds. */
export const LINGER_MS = 1_000;

/** Connections of one directory process, at most: all watchers, and room for questions. */
export const CONNECTIONS_MAX = 12_000;

/** How often a stream of events carries a comment, in milliseconds: proxies cut silent streams after 30 s or more. */
export const EVENT_COMMENT_MS = 20_000;

/** How long a client waits for the next event or comment before it takes the stream for dead, in milliseconds. */
export const EVENT_SILENCE_MS = 45_000;

/** Changes that wait for one slow watcher; beyond them only the latest counts. */
export const WATCH_BACKLOG_MAX = 16;

/** Watchers of one directory process, at most: 62 KB each. */
export const WATCHERS_MAX = 10_000;

/** Rows that one sweep of the SQLite store deletes at once, so that the event loop is held for less than 10 ms. */
export const SWEEP_ROWS_MAX = 500;

/** How long a directory takes to end, in milliseconds, whatever its clients and its store do. */
export const SHUTDOWN_MS = 5_000;

/** Relays of a directory that a client looks at: it needs one. */
export const RELAYS_MAX = 16;
