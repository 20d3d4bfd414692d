/**
 * The rooms of the code, as `tests/architecture_test.ts` checks them.
 *
 * @module
 */

/** A folder of the code, or `mod.ts`. */
export interface Room {
  /** The folder, or `mod.ts`, which is a room of its own. */
  name: string;
  /** A room imports from rooms on lower floors only. */
  floor: number;
  /** The rooms that its files may import from. */
  mayImport: string[];
  /** Whether its files may reach beyond the process: `Deno.`, sockets, packages that do. */
  mayDoIo?: boolean;
  /** Whether its files hold state and rules alone: nothing asynchronous, no clock, no randomness. */
  isSansIo?: boolean;
}

/** The rooms from the top floor to the bottom. A file may import from its own room too. */
export const ROOMS: Room[] = [
  {
    name: "src/peer",
    floor: 7,
    mayImport: [
      "mod.ts",
      "src/base",
      "src/directory",
      "src/relay",
      "src/runtime",
      "src/talk",
      "src/transport",
    ],
    mayDoIo: true,
  },
  {
    name: "mod.ts",
    floor: 6,
    mayImport: [
      "src/base",
      "src/connect",
      "src/connection",
      "src/handshake",
    ],
  },
  {
    name: "src/browser",
    floor: 6,
    mayImport: [
      "src/base",
      "src/connect",
      "src/connection",
      "src/directory",
      "src/handshake",
      "src/transport",
    ],
  },
  {
    name: "src/connect",
    floor: 5,
    mayImport: [
      "src/base",
      "src/connection",
      "src/diagnostics",
      "src/directory",
      "src/handshake",
      "src/session",
      "src/transport",
    ],
  },
  {
    name: "src/connection",
    floor: 4,
    mayImport: [
      "src/base",
      "src/handshake",
      "src/session",
      "src/transport",
    ],
  },
  {
    name: "src/relay",
    floor: 4,
    mayImport: ["src/base", "src/directory", "src/transport"],
    mayDoIo: true,
  },
  {
    name: "src/session",
    floor: 3,
    mayImport: ["asm", "src/base", "src/framing", "src/handshake"],
    isSansIo: true,
  },
  {
    name: "src/directory",
    floor: 3,
    mayImport: ["src/base", "src/runtime", "src/transport"],
    mayDoIo: true,
  },
  {
    name: "src/telemetry",
    floor: 4,
    mayImport: ["src/base", "src/diagnostics"],
    mayDoIo: true,
  },
  {
    name: "src/diagnostics",
    floor: 3,
    mayImport: ["src/base", "src/runtime", "src/transport"],
  },
  {
    name: "src/framing",
    floor: 2,
    mayImport: ["asm", "src/base"],
    isSansIo: true,
  },
  {
    name: "src/handshake",
    floor: 2,
    mayImport: ["src/base"],
    isSansIo: true,
  },
  {
    name: "src/transport",
    floor: 2,
    mayImport: ["src/base", "src/runtime"],
    mayDoIo: true,
  },
  { name: "src/talk", floor: 2, mayImport: ["src/base"] },
  { name: "src/runtime", floor: 1, mayImport: [], mayDoIo: true },
  { name: "src/base", floor: 1, mayImport: [], isSansIo: true },
  { name: "asm", floor: 1, mayImport: [], isSansIo: true },
];
