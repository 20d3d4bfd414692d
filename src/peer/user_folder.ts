/**
 * Where the user's own key, certificate and pins are kept.
 *
 * @module
 */
import { isAbsolute, join } from "node:path";
import { system } from "../runtime/system.ts";
import { type ReadVariable, readVariable } from "./environment.ts";
import { Misuse } from "./misuse.ts";

/** The files that this user's identity consists of. */
export interface UserFiles {
  /** The key that registrations are signed with. */
  readonly identity: string;
  /** The certificate for `tls` and `wss`, with its key. */
  readonly certificate: string;
  /** The keys of others, as they were first met. */
  readonly pins: string;
}

/**
 * Names the files; nothing is made yet. They are in the folder `lekt` of
 * `XDG_CONFIG_HOME`, else of `.config` in the home folder; on Windows of
 * `APPDATA`.
 *
 * @throws {Misuse} Where the environment names no such folder.
 */
export function userFiles(read: ReadVariable = readVariable): UserFiles {
  const folder = join(configFolder(read), "lekt");
  return {
    identity: join(folder, "identity.json"),
    certificate: join(folder, "certificate.pem"),
    pins: join(folder, "pins.json"),
  };
}

/** The file of options that is read where none is named; `undefined` where the environment names no folder for it. */
export function configFile(
  read: ReadVariable = readVariable,
): string | undefined {
  try {
    return join(configFolder(read), "lekt", "config");
  } catch (error) {
    if (error instanceof Misuse) return undefined;
    throw error;
  }
}

/** The folder of their own that received files go to: `Downloads/lekt` of the user's; `undefined` where the environment names none. */
export function receivedFilesFolder(
  read: ReadVariable = readVariable,
): string | undefined {
  const isWindows = system.build.os === "windows";
  const named = namedFolder(isWindows ? "APPDATA" : "HOME", read);
  if (named === undefined) return undefined;
  // `AppData/Roaming` is two below the user's own folder.
  const home = isWindows ? join(named, "..", "..") : named;
  return join(home, "Downloads", "lekt");
}

function configFolder(read: ReadVariable): string {
  if (system.build.os === "windows") {
    return namedFolder("APPDATA", read) ?? missing("APPDATA");
  }
  const home = namedFolder("HOME", read);
  return namedFolder("XDG_CONFIG_HOME", read) ??
    (home === undefined ? missing("HOME") : join(home, ".config"));
}

/** A folder that a variable names; one that is not absolute is ignored, as the XDG specification asks. */
function namedFolder(
  variable: string,
  read: ReadVariable,
): string | undefined {
  const folder = read(variable);
  return folder && isAbsolute(folder) ? folder : undefined;
}

function missing(variable: string): never {
  throw new Misuse(
    `There is no folder to keep the own key in: the variable ${variable} names none`,
  );
}
