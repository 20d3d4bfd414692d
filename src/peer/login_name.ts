/**
 * The nickname of somebody who has given none.
 *
 * @module
 */
import { userInfo } from "node:os";
import { nicknameFault } from "../base/text.ts";
import { system } from "../runtime/system.ts";

const VARIABLES = ["USER", "LOGNAME", "USERNAME"];

/** Who we are where the system does not tell. */
const NOBODY = "someone";

/** The user's login name, as far as it can be a nickname. */
export function loginName(): string {
  const names = [
    ...VARIABLES.map((name) => system.env.get(name)),
    systemName(),
  ];
  for (const name of names) {
    const usable = [...(name ?? "")].filter((character) =>
      nicknameFault(character) === undefined
    ).join("").slice(0, 60);
    if (nicknameFault(usable) === undefined) return usable;
  }
  return NOBODY;
}

function systemName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    // A user without an entry in the system's table.
    return undefined;
  }
}
