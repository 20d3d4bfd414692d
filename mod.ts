/**
 * LEKT: two programs talk to each other directly.
 *
 * @module
 */
export { LektError } from "./src/errors.ts";
