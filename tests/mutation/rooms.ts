/**
 * The rooms, and which tests each has.
 *
 * @module
 */

/** Folders with the tests of each room, in the order in which they are tried; the later ones only where the ones before notice nothing. */
export const ROOMS: Readonly<Record<string, readonly string[]>> = {
  "src/handshake": ["tests/handshake"],
  "src/framing": ["tests/framing", "tests/session"],
  "asm": ["tests/framing", "tests/session"],
  "src/base": ["tests/base", "tests/handshake", "tests/diagnostics"],
  "src/session": ["tests/session", "tests/connection", "tests/fuzz"],
  "src/talk": ["tests/talk", "tests/fuzz", "tests/peer"],
  "src/connection": ["tests/connection", "tests/simulation", "tests/faults"],
  "src/connect": ["tests/connect"],
  "src/transport": ["tests/transport", "tests/relay"],
  "src/directory": ["tests/directory"],
  "src/relay": ["tests/relay"],
  "src/diagnostics": ["tests/diagnostics"],
  "src/telemetry": ["tests/telemetry"],
  "src/runtime": ["tests/runtime", "tests/directory"],
  "src/peer": ["tests/peer"],
};
