/**
 * Why a mutant may survive: what it changes makes no difference that anybody
 * could see.
 *
 * @module
 */

/** By the name of the mutant: `path: line before -> line after`. */
export const REASONS: Readonly<Record<string, string>> = {
  "src/base/text.ts: nickname.length * 3 > NICKNAME_SIZE_MAX && -> nickname.length * 3 >= NICKNAME_SIZE_MAX &&":
    "only whether it is encoded to find its size: the size is judged all the same",
};
