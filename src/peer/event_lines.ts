/**
 * What a person reads of some events: one line each.
 *
 * @module
 */
import { harmless } from "../base/text.ts";
import type { PeerEvent } from "./events.ts";
import { count } from "./offer_words.ts";
import { connectedWay } from "./proof.ts";
import { formatSize, formatTime } from "./progress.ts";

type Event<Name extends PeerEvent["event"]> = PeerEvent & { event: Name };

/** What the local network is told. */
export function announcedLine({ nickname }: Event<"announced">): string {
  return `Announced in the local network as ${
    harmless(nickname)
  }: everybody there can see that, and your key`;
}

/** What a directory is told. */
export function registeredLine(
  { directory, nickname, thumbprint }: Event<"registered">,
): string {
  return `Registered at ${directory} as ${harmless(nickname)}#${thumbprint}`;
}

/** A file of which nothing moves. */
export function stalledLine(
  who: string,
  { direction, name, seconds }: Event<"stalled">,
): string {
  const verb = direction === "to" ? "taken" : "sent";
  return `${who} has ${verb} nothing of ${name} for ${seconds} s`;
}

/** A message that its sender gave up. */
export function abortedLine(
  who: string,
  { name, reason }: Event<"aborted">,
): string {
  const what = name === undefined ? "a message" : `the file ${harmless(name)}`;
  return `${who} gave ${what} up: ${harmless(reason)}`;
}

/** What has come of what broke off. */
export function keptLine({ name }: Event<"kept">): string {
  return `What has come of ${
    harmless(name)
  } is kept: sent again, it goes on from there`;
}

/** A file that is in its place. */
export function fileLine(
  who: string,
  { name, bytes, path }: Event<"file">,
): string {
  const where = path === "-"
    ? "written to standard output"
    : `saved as ${harmless(path)}`;
  return `${who} sent the file ${name}: ${formatSize(bytes)}, ${where}`;
}

/** What the other side says of a file or a folder that was sent. */
export function receiptLine(
  who: string,
  { id, name, ok, reason = "", files }: Event<"receipt">,
): string {
  const what = `${files === undefined ? "file" : "folder"} ${harmless(name)}`;
  if (ok) {
    const content = files === undefined ? "" : ` with ${count(files, "file")}`;
    return `${who} has the ${what}${content}`;
  }
  const whole = files === undefined ? "" : "whole ";
  return `${who} does not have the ${whole}${what} (message ${id}): ${
    harmless(reason)
  }`;
}

/** A folder that has its place. */
export function folderLine(
  who: string,
  { name, files, bytes, path }: Event<"folder">,
): string {
  return `${who} sent the folder ${name}: ${count(files, "file")}, ${
    formatSize(bytes)
  }, saved as ${harmless(path)}`;
}

/** A connection that is lost. */
export function lostLine(
  who: string,
  { reason, seconds, isWaiting }: Event<"lost">,
): string {
  const what = isWaiting
    ? `waiting for ${who} to come back`
    : `looking for ${who} again`;
  const why = harmless(reason.replace(/^The connection broke: /, ""));
  return `The connection with ${who} is lost (${why}): ${what}, for up to ${
    formatTime(seconds)
  }; what you say is kept`;
}

/** A conversation that goes on. */
export function resumedLine(
  who: string,
  { method, seconds, known, repeated }: Event<"resumed">,
): string {
  const what = !known
    ? ", but knows nothing more of the conversation"
    : repeated === 0
    ? ""
    : `; sent again what was not confirmed: ${count(repeated, "text")}`;
  return `${who} is back after ${seconds} s (${connectedWay(method)})${what}`;
}

/** A conversation that is over. */
export function closedLine(who: string, { reason }: Event<"closed">): string {
  const why = reason ? `: ${harmless(reason)}` : "";
  return `The conversation with ${who} has ended${why}`;
}
