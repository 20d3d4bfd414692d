import { assertEquals, assertThrows } from "@std/assert";
import { userFiles } from "../../src/peer/user_folder.ts";
import { Misuse } from "../../src/peer/misuse.ts";

/** Runs something where these variables are set, and no others that name folders. */
function withVariables(
  variables: Record<string, string>,
  run: () => void,
): void {
  const names = ["APPDATA", "HOME", "XDG_CONFIG_HOME"];
  const before = names.map((name) => [name, Deno.env.get(name)] as const);
  for (const name of names) Deno.env.delete(name);
  try {
    for (const [name, value] of Object.entries(variables)) {
      Deno.env.set(name, value);
    }
    run();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
  }
}

const isWindows = Deno.build.os === "windows";

Deno.test({
  name:
    "userFiles() are in XDG_CONFIG_HOME, else in .config of the home folder",
  ignore: isWindows,
  fn() {
    const homes = [
      [{ HOME: "/home/ann" }, "/home/ann/.config/lekt"],
      [{ HOME: "/home/ann", XDG_CONFIG_HOME: "/etc/ann" }, "/etc/ann/lekt"],
      [{ XDG_CONFIG_HOME: "/etc/ann" }, "/etc/ann/lekt"],
      [{ HOME: "/home/ann", XDG_CONFIG_HOME: "a" }, "/home/ann/.config/lekt"],
      [{ HOME: "/home/ann", XDG_CONFIG_HOME: "" }, "/home/ann/.config/lekt"],
    ] as const;
    for (const [variables, folder] of homes) {
      withVariables(variables, () =>
        assertEquals(userFiles(), {
          identity: `${folder}/identity.json`,
          certificate: `${folder}/certificate.pem`,
          pins: `${folder}/pins.json`,
        }));
    }
  },
});

Deno.test("userFiles() is misuse where the environment names no folder", () => {
  const missing = isWindows ? "APPDATA" : "HOME";
  for (const variables of [{}, { [missing]: "not/absolute" }]) {
    withVariables(variables, () => {
      const error = assertThrows(userFiles, Misuse);
      assertEquals(
        error.message,
        `There is no folder to keep the own key in: the variable ${missing} names none`,
      );
    });
  }
});
