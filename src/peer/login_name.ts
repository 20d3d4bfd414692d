/**
 * The nickname of somebody who has given none.
 *
 * @module
 */
import { nicknameFault } from "../base/text.ts";
import { builtin } from "../runtime/node_builtin.ts";
import { system } from "../runtime/system.ts";

const VARIABLES = ["USER", "LOGNAME", "USERNAME"];

/** Who we are where the system does not tell. */
const NOBODY = "someone";

/** The user's login name, as far as it can be a nickname. */
export function loginName(): string {
  for (const name of namesOfUser()) {
    const usable = [...(name ?? "")].filter((character) =>
      nicknameFault(character) === undefined
    ).join("").slice(0, 60);
    if (nicknameFault(usable) === undefined) return usable;
  }
  return NOBODY;
}

/** The system is asked where no variable tells, for that takes longer than all else at the start. */
function* namesOfUser(): Generator<string | undefined> {
  for (const name of VARIABLES) yield system.env.get(name);
  yield systemName();
}

function systemName(): string | undefined {
  try {
    return builtin("node:os").userInfo().username;
  } catch {
    // A user without an entry in the system's table.
    return undefined;
  }
}
