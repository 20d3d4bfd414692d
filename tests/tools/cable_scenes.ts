/**
 * What the two sides of `cable_pull.ts` do, and what they say of it.
 *
 * @module
 */

/** What is under way when the cable is pulled; the nickname of the client names it. */
export const SCENES = [
  "idle",
  "message to bob",
  "message to alice",
  "decision of bob",
  "decision of alice",
] as const;

/** One of them. */
export type Scene = typeof SCENES[number];

/** What a side is started with. */
export interface Settings {
  /** Who it is: bob listens. */
  role: "alice" | "bob";
  /** Where bob listens, or where alice connects. */
  methods: string[];
  /** Bob's. */
  certificate: { cert: string; key: string; spki: string };
}

/** What a side says: where it listens, that a scene is in its middle, or that it knows that it is over. */
export interface Report {
  kind: "listening" | "ready" | "over";
  role: Settings["role"];
  method: string;
  scene: Scene;
  /** The code of the error. */
  code: string;
  /** When, in milliseconds since 1970. */
  atMs: number;
}
