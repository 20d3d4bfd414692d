/**
 * What the person at this command can do about an error: the module's own
 * texts know nothing of its options.
 *
 * @module
 */

/** The sign of an error, and what to do about it; `program` is what the command was called as. */
type Advice = readonly [sign: RegExp, advice: (program: string) => string];

const ADVICE: readonly Advice[] = [
  [
    /^(?!.*gave you the code).*(?<!cannot be reached: )nothing listens there(?!; is the directory)/s,
    (program) => `Is the other side listening ("${program} listen")?`,
  ],
  [
    /Cannot reassemble message|breaks the protocol|Invalid WebSocket frame/,
    () => "The other side's program is at fault: tell whoever runs it",
  ],
  [
    /this side did not decide in time/,
    () => "--decision-timeout S gives you more time",
  ],
  [
    /pin its key|\(pinnedKey\)/,
    () => "lekt shows the key to whoever listens there; pin it by --pin KEY",
  ],
  [
    /the address is in use: something listens/,
    (program) =>
      `To talk to whoever listens there: "${program} connect" with that method`,
  ],
];

/** What to do about an error, as sentences to stand behind its text; nothing where there is no more to say. */
export function adviceOn(message: string, program: string): string {
  const found = ADVICE.find(([sign]) => sign.test(message));
  if (!found) return "";
  return `${message.endsWith("?") ? "" : "."} ${found[1](program)}`;
}

/** Reasons that this side gives by its own options, and what to do about them. */
const OWN_REASONS: Readonly<Record<string, string>> = {
  "nobody is accepted here": "--accept says who is",
  "not among those who are accepted here": "--accept says who is",
};

/** A rejection's reason as it is shown; of one of this side's own with what to do about it. */
export function shownReason(by: "local" | "remote", reason: string): string {
  if (reason === "") return "no reason was given";
  const advice = by === "local" ? OWN_REASONS[reason] : undefined;
  return advice === undefined ? reason : `${reason} (${advice})`;
}
