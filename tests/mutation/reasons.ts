/**
 * Why a mutant may survive: what it changes makes no difference that anybody
 * could see.
 *
 * @module
 */

/** By the name of the mutant: `path: line before -> line after`. */
export const REASONS: Readonly<Record<string, string>> = {};
