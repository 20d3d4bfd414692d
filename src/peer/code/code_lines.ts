/**
 * What a person reads who gives a code away.
 *
 * @module
 */
import type { PeerEvent } from "../events.ts";
import type { StyledLine } from "../style.ts";

/**
 * The command for the other machine, and what holds for the code.
 *
 * @param event The code, and where it is known.
 * @param program What the command was called as.
 */
export function codeLines(
  { code, directory }: PeerEvent & { event: "code" },
  program: string,
): StyledLine[] {
  const command = `${program} receive ${code} --directory ${directory}`;
  return [
    { text: "On the other machine:", style: "quiet" },
    { text: `  ${command}`, style: "plain" },
    { text: "The code holds for ten minutes, and once.", style: "quiet" },
  ];
}
