import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "node:path";
import { LektError } from "../../mod.ts";
import type { ReadVariable } from "../../src/peer/environment.ts";
import { loginName } from "../../src/peer/login_name.ts";
import { openCertificate } from "../../src/peer/own_certificate.ts";
import { configFile, userFiles } from "../../src/peer/user_folder.ts";
import { Misuse } from "../../src/peer/misuse.ts";
import { refuse, replacing } from "../helpers/replaced_system.ts";

/** An environment with these variables, and no others. */
function reading(variables: Record<string, string>): ReadVariable {
  return (name) => variables[name];
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
      assertEquals(userFiles(reading(variables)), {
        identity: `${folder}/identity.json`,
        certificate: `${folder}/certificate.pem`,
        pins: `${folder}/pins.json`,
      });
    }
  },
});

Deno.test("userFiles() is misuse where the environment names no folder", () => {
  const missing = isWindows ? "APPDATA" : "HOME";
  for (const variables of [{}, { [missing]: "not/absolute" }]) {
    const error = assertThrows(() => userFiles(reading(variables)), Misuse);
    assertEquals(
      error.message,
      `There is no folder to keep the own key in: the variable ${missing} names none`,
    );
  }
});

Deno.test("configFile() is beside the own key, and nowhere where the environment names no folder", () => {
  const home = isWindows ? "C:\\Users\\ann" : "/home/ann";
  const variables = isWindows ? { APPDATA: home } : { XDG_CONFIG_HOME: home };
  const path = configFile(reading(variables))!;
  assertEquals(path, join(home, "lekt", "config"));
  assertEquals(configFile(reading({})), undefined);
});

Deno.test("loginName() is what the first variable names that can be a nickname", async () => {
  const variables: Record<string, string> = { USER: "\n", LOGNAME: "an\nn" };
  const env = { get: (name: string) => variables[name] } as typeof Deno.env;
  await replacing({ env }, () => {
    assertEquals(loginName(), "ann");
    return Promise.resolve();
  });
});

Deno.test("a certificate is made once, and a file that holds none is named with what is wrong with it", async () => {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "lekt", "certificate.pem");
  const made = await openCertificate(path);
  await replacing({ open: refuse, link: refuse }, async () => {
    assertEquals(await openCertificate(path), made);
  });
  const text = Deno.readTextFileSync(path);
  const refuses = async (says: string) => {
    const { code, message } = await assertRejects(
      () => openCertificate(path),
      LektError,
    );
    assertEquals(code, "INVALID_ARGUMENT");
    const start = `Cannot use the certificate file ${path}: ${says}`;
    assertEquals(message.slice(0, start.length), start);
  };
  const fill = (size: number) =>
    Deno.writeTextFileSync(path, text + "\n".repeat(size - text.length));
  fill(64 * 1024);
  assertEquals(await openCertificate(path), made);
  fill(64 * 1024 + 1);
  await refuses("it has 65537 bytes, expected at most 65536");
  for (const label of ["CERTIFICATE", "PRIVATE KEY"]) {
    Deno.writeTextFileSync(path, text.replaceAll(label, "OTHER"));
    await refuses("it does not hold a certificate and its key");
  }
  Deno.removeSync(path);
  Deno.mkdirSync(path);
  await refuses("it is not a file");
  await Deno.remove(folder, { recursive: true });
});
