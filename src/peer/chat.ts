/**
 * What a person types at the prompt.
 *
 * @module
 */
import { messageOf } from "../base/errors.ts";
import { harmless } from "../base/text.ts";
import type { Conversation } from "./conversation.ts";
import { fileSource } from "./file_sources.ts";
import type { Reporter } from "./reporter.ts";

const ENCODER = new TextEncoder();

const HELP = [
  "What you type goes to the other side.",
  "/send FILE  send a file",
  "/quit       end",
  "//...       say something that begins with /",
];

/**
 * Does what a typed line says: most lines are texts for the other side.
 *
 * @param line The line.
 * @param conversation The conversation that it belongs to, where there is one.
 * @param reporter Tells the person what has become of it.
 */
export function say(
  line: string,
  conversation: Conversation | undefined,
  reporter: Reporter,
): void {
  const command = /^\/(?<word>[^/]\S*|$)\s*(?<rest>.*)$/.exec(line)?.groups;
  if (command?.word === "help") {
    for (const help of HELP) reporter.note(help);
  } else if (command && command.word !== "send") {
    reporter.note(`There is no command /${command.word}: try /help`);
  } else if (line.trim() === "") {
    // Somebody only wants to see the prompt.
  } else if (!conversation) {
    reporter.note("Nobody is here yet: not sent");
  } else if (command) {
    sendTyped(command.rest!.trim(), conversation, reporter);
  } else {
    const text = line.startsWith("//") ? line.slice(1) : line;
    conversation.sendText(ENCODER.encode(text));
  }
}

async function sendTyped(
  path: string,
  conversation: Conversation,
  reporter: Reporter,
): Promise<void> {
  if (path === "" || path === "-") {
    return reporter.note("Which file? /send FILE");
  }
  try {
    conversation.sendFile(await fileSource(path));
  } catch (error) {
    const why = harmless(messageOf(error));
    reporter.note(`Cannot send ${harmless(path)}: ${why}`, "error");
  }
}
