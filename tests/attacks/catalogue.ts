/**
 * All attacks.
 *
 * @module
 */
import type { Attack } from "./attack.ts";
import { PEER_ATTACKS } from "./peer_attacks.ts";
import { STRANGER_ATTACKS } from "./stranger_attacks.ts";
import { WEB_ATTACKS } from "./web_attacks.ts";

/** In the order in which they are run. */
export const CATALOGUE: readonly Attack[] = [
  ...STRANGER_ATTACKS,
  ...PEER_ATTACKS,
  ...WEB_ATTACKS,
];
