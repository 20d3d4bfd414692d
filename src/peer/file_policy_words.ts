/**
 * What `--accept-files` takes.
 *
 * @module
 */

/** The words of `--accept-files`. */
export const FILE_POLICY_WORDS = ["all", "ask", "none"] as const;

/** What `--accept-files` says. */
export type FilePolicyWord = typeof FILE_POLICY_WORDS[number];

/** Tells whether a text is one of the words. */
export function isFilePolicyWord(text: string): text is FilePolicyWord {
  return (FILE_POLICY_WORDS as readonly string[]).includes(text);
}
